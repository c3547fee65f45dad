"""Memory laid out for lanes: rows with named columns, tables of such rows, and matrices.

A row reads like an agent: `partner.commitment` loads the number of every lane, `partner.commitment = x` stores
it. The last axis of every array is the lane, so a load is one contiguous vector; an index may itself differ by
lane (`partners[other]`, `trust[i, other]`), which gathers and scatters. Interpreted, and at width 1, these are
plain numbers. This module knows nothing of partnerships.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.extending import (
    intrinsic,
    lower_builtin,
    lower_getattr_generic,
    lower_setattr_generic,
    models,
    overload,
    register_model,
    typeof_impl,
)
from numba.core.imputils import lower_constant
from numba.core.typing.templates import AbstractTemplate, AttributeTemplate, infer_getattr, infer_global, signature

from sim.lanes import INLINE, Lanes, LanesType, Vector
from sim.places import BYTES, Scattered, View, at, gather, load, scatter, store

ALIGNMENT, CELL = 64, "cell"


def aligned_zeros(*shape: int) -> np.ndarray:
    """A float64 array of zeros that starts on a cache line, so that a vector never straddles two."""
    size = int(np.prod(shape))
    raw = np.zeros(size + ALIGNMENT // BYTES, dtype=np.float64)
    start = (-raw.ctypes.data % ALIGNMENT) // BYTES
    return raw[start : start + size].reshape(shape)


# -- plain Python: one run --------------------------------------------------------------------------------


class Schema:
    """The names of a row's columns, in the order of memory."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.place = {name: place for place, name in enumerate(names)}

    def __len__(self) -> int:
        return len(self.names)


class Row:
    """One row of named numbers: a view, so that assigning writes through."""

    __slots__ = ("_place", "_values")
    _place: dict[str, int]
    _values: np.ndarray

    def __init__(self, schema: Schema, values: np.ndarray) -> None:
        object.__setattr__(self, "_place", schema.place)
        object.__setattr__(self, "_values", values)

    def __getattr__(self, name: str) -> float:
        try:
            return float(self._values[self._place[name]])
        except KeyError:
            raise AttributeError(f"no column '{name}'; columns are {', '.join(self._place)}") from None

    def __setattr__(self, name: str, value: float) -> None:
        if name not in self._place:
            raise AttributeError(f"no column '{name}'; columns are {', '.join(self._place)}")
        self._values[self._place[name]] = value


class Table:
    """Rows of the same columns."""

    def __init__(self, schema: Schema, values: np.ndarray) -> None:
        self.schema, self.values = schema, values

    def __getitem__(self, index: int) -> Row:
        return Row(self.schema, self.values[index])


class Matrix:
    """Numbers by row and column."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def __getitem__(self, index: tuple[int, int]) -> float:
        return float(self.values[index])

    def __setitem__(self, index: tuple[int, int], value: float) -> None:
        self.values[index] = value


def row(lanes: Lanes, schema: Schema, values: np.ndarray) -> Row:
    """View an array (columns, lanes) as a row."""
    return Row(schema, values[:, 0])


def table(lanes: Lanes, schema: Schema, values: np.ndarray) -> Table:
    """View an array (rows, columns, lanes), or (rows * columns, lanes), as a table."""
    return Table(schema, values[..., 0].reshape(-1, len(schema)))


def matrix(lanes: Lanes, values: np.ndarray) -> Matrix:
    """View an array (rows, columns, lanes) as a matrix."""
    return Matrix(values[:, :, 0])


def in_lane(view: Any, index: int) -> Any:
    """The part of a row, table or matrix that belongs to one lane, as a view for one run."""
    return view


# -- compiled: types --------------------------------------------------------------------------------------


class SchemaType(types.Dummy):  # type: ignore[misc]
    """The type of a schema: its column names, which are known when code is compiled."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        super().__init__(name=f"Schema{names}")


@typeof_impl.register(Schema)
def _typeof_schema(value: Schema, context: Any) -> SchemaType:
    return SchemaType(value.names)


register_model(SchemaType)(models.OpaqueModel)


@lower_constant(SchemaType)
def _constant_schema(context: Any, builder: Any, ty: Any, value: Any) -> Any:
    return context.get_dummy_value()


class RowType(View):
    """A row whose columns are read and written by name."""

    pass


class ScatteredRowType(View):
    """The row of a table that an index differing by lane points to."""


class TableType(View):
    """Rows by their index."""

    pass


class MatrixType(View):
    """Cells by row and column."""

    pass


POINTER = types.CPointer(types.float64)


def model(view: type, *members: Any) -> None:
    """Register how values of a type are laid out: a struct of these members."""

    class Model(models.StructModel):  # type: ignore[misc]
        def __init__(self, dmm: Any, fe_type: Any) -> None:
            extra = [(name, kind(fe_type)) for name, kind in members]
            super().__init__(dmm, fe_type, [("data", POINTER), *extra])

    register_model(view)(Model)


model(RowType)
model(TableType)
model(MatrixType, ("columns", lambda view: types.int64))
model(ScatteredRowType, ("index", lambda view: view.indices))


def place_of(view: View, name: str) -> Any:
    """The place of a column, as an LLVM constant."""
    return ir.IntType(64)(view.names.index(name))


# -- compiled: columns of a row ---------------------------------------------------------------------------


@infer_getattr
class RowAttributes(AttributeTemplate):  # type: ignore[misc]
    """The columns of a row, as attributes."""

    key = RowType

    def generic_resolve(self, view: View, name: str) -> Any:
        """The type of a column, if there is one of that name."""
        return view.number if name in view.names else None


@infer_getattr
class ScatteredRowAttributes(RowAttributes):
    """The columns of a row whose lanes stand in different rows."""

    key = ScatteredRowType


@lower_getattr_generic(RowType)
def _get_column(context: Any, builder: Any, view: Any, value: Any, name: str) -> Any:
    data = cgutils.create_struct_proxy(view)(context, builder, value=value).data
    return load(context, builder, view, name, at(builder, data, place_of(view, name), view.stride))


@lower_setattr_generic(RowType)
def set_column(context: Any, builder: Any, sig: Any, args: Any, name: str) -> None:
    """Write a column."""
    view, value = sig.args[0], args[1]
    data = cgutils.create_struct_proxy(view)(context, builder, value=args[0]).data
    store(context, builder, view, name, at(builder, data, place_of(view, name), view.stride), value)


def _scattered_column(context: Any, builder: Any, view: Any, row_value: Any, name: str) -> Scattered:
    proxy = cgutils.create_struct_proxy(view)(context, builder, value=row_value)
    return Scattered(proxy.data, proxy.index, ir.IntType(64)(len(view.names)), place_of(view, name))


@lower_getattr_generic(ScatteredRowType)
def _get_scattered(context: Any, builder: Any, view: Any, value: Any, name: str) -> Any:
    return gather(context, builder, view, name, _scattered_column(context, builder, view, value, name))


@lower_setattr_generic(ScatteredRowType)
def _set_scattered(context: Any, builder: Any, sig: Any, args: Any, name: str) -> None:
    scatter(builder, sig.args[0], name, _scattered_column(context, builder, sig.args[0], args[0], name), args[1])


# -- compiled: rows of a table, cells of a matrix ----------------------------------------------------------


@infer_global(operator.getitem)
class TableItem(AbstractTemplate):  # type: ignore[misc]
    """A row of a table, by an index that is plain or differs by lane."""

    def generic(self, args: Any, kws: Any) -> Any:
        """The type of the row: scattered where the index is a vector."""
        view, index = args
        if not isinstance(view, TableType):
            return None
        if isinstance(index, types.Integer):
            return signature(RowType(view.names, view.width, view.stride), view, types.int64)
        if isinstance(index, Vector) and index.dtype is types.int64:
            return signature(ScatteredRowType(view.names, view.width, view.stride), view, index)
        return None


@lower_builtin(operator.getitem, TableType, types.Integer)
def _get_row(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    view = sig.args[0]
    result = cgutils.create_struct_proxy(sig.return_type)(context, builder)
    data = cgutils.create_struct_proxy(view)(context, builder, value=args[0]).data
    result.data = at(builder, data, builder.mul(args[1], ir.IntType(64)(len(view.names))), view.stride)
    return result._getvalue()


@lower_builtin(operator.getitem, TableType, Vector)
def _get_scattered_row(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    result = cgutils.create_struct_proxy(sig.return_type)(context, builder)
    result.data = cgutils.create_struct_proxy(sig.args[0])(context, builder, value=args[0]).data
    result.index = args[1]
    return result._getvalue()


@infer_global(operator.getitem)
class MatrixItem(AbstractTemplate):  # type: ignore[misc]
    """A cell of a matrix, read."""

    def generic(self, args: Any, kws: Any) -> Any:
        """The type of the cell."""
        return signature(args[0].number, *args) if isinstance(args[0], MatrixType) else None


@infer_global(operator.setitem)
class MatrixSet(AbstractTemplate):  # type: ignore[misc]
    """A cell of a matrix, written."""

    def generic(self, args: Any, kws: Any) -> Any:
        """Nothing is returned."""
        return signature(types.none, *args[:2], args[0].number) if isinstance(args[0], MatrixType) else None


def cell(context: Any, builder: Any, view: Any, value: Any, kinds: Any, index: Any) -> Any:
    """The address of a cell, or that it is scattered if an index differs by lane."""
    proxy = cgutils.create_struct_proxy(view)(context, builder, value=value)
    down, across = (
        item if isinstance(kind, Vector) else context.cast(builder, item, kind, types.int64)
        for item, kind in zip(cgutils.unpack_tuple(builder, index, 2), kinds, strict=True)
    )
    if any(isinstance(kind, Vector) for kind in kinds):
        return Scattered(proxy.data, down, proxy.columns, across)
    return at(builder, proxy.data, builder.add(builder.mul(down, proxy.columns), across), view.stride)


@lower_builtin(operator.getitem, MatrixType, types.BaseTuple)
def _get_cell(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    view = sig.args[0]
    place = cell(context, builder, view, args[0], sig.args[1].types, args[1])
    if isinstance(place, Scattered):
        return gather(context, builder, view, CELL, place)
    return load(context, builder, view, CELL, place)


@lower_builtin(operator.setitem, MatrixType, types.BaseTuple, types.Any)
def _set_cell(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    view = sig.args[0]
    place = cell(context, builder, view, args[0], sig.args[1].types, args[1])
    if isinstance(place, Scattered):
        scatter(builder, view, CELL, place, args[2])
    else:
        store(context, builder, view, CELL, place, args[2])
    return context.get_dummy_value()


# -- compiled: making views -------------------------------------------------------------------------------


def view_of(kind: type, names: tuple[str, ...], lanes: LanesType, array: Any) -> Any:
    """Signature and code that see a C-contiguous float64 array as a view."""
    result = kind(names, lanes.width, lanes.width)

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        proxy = cgutils.create_struct_proxy(result)(context, builder)
        source = context.make_array(array)(context, builder, args[-1])
        proxy.data = source.data
        if kind is MatrixType:
            proxy.columns = cgutils.unpack_tuple(builder, source.shape, 3)[1]
        return proxy._getvalue()

    return result, emit


@intrinsic  # type: ignore[untyped-decorator]
def _row(typingctx: Any, lanes: Any, schema: Any, array: Any) -> Any:
    result, emit = view_of(RowType, schema.names, lanes, array)
    return signature(result, lanes, schema, array), emit


@intrinsic  # type: ignore[untyped-decorator]
def _table(typingctx: Any, lanes: Any, schema: Any, array: Any) -> Any:
    result, emit = view_of(TableType, schema.names, lanes, array)
    return signature(result, lanes, schema, array), emit


@intrinsic  # type: ignore[untyped-decorator]
def _matrix(typingctx: Any, lanes: Any, array: Any) -> Any:
    result, emit = view_of(MatrixType, (), lanes, array)
    return signature(result, lanes, array), emit


@intrinsic  # type: ignore[untyped-decorator]
def _in_lane(typingctx: Any, view: Any, index: Any) -> Any:
    result = type(view)(view.names, 1, view.stride)

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        before = cgutils.create_struct_proxy(view)(context, builder, value=args[0])
        after = cgutils.create_struct_proxy(result)(context, builder)
        after.data = builder.gep(before.data, [args[1]], inbounds=True)
        if isinstance(view, MatrixType):
            after.columns = before.columns
        return after._getvalue()

    return signature(result, view, types.int64), emit


@overload(row, jit_options=INLINE)
def _row_overload(lanes, schema, values):
    return lambda lanes, schema, values: _row(lanes, schema, values)


@overload(table, jit_options=INLINE)
def _table_overload(lanes, schema, values):
    return lambda lanes, schema, values: _table(lanes, schema, values)


@overload(matrix, jit_options=INLINE)
def _matrix_overload(lanes, values):
    return lambda lanes, values: _matrix(lanes, values)


@overload(in_lane, jit_options=INLINE)
def _in_lane_overload(view, index):
    return lambda view, index: _in_lane(view, index)
