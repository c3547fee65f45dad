"""Where the lanes of a number stand in memory, and how they are read and written there.

The last axis of every array is the lane, so the lanes of a number stand side by side, and one instruction moves them
all. Where each lane wants another row, as when every run meets another partner, they are gathered and scattered.
This module writes LLVM code for `sim.tables` and knows nothing of partnerships.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.extending import intrinsic, overload
from numba.core.typing.templates import signature

from sim.lanes import INLINE, Lanes, broadcast, vector

BYTES = 8
"""Size of a number."""


class View(types.Type):  # type: ignore[misc]
    """Memory of `stride` lanes, of which a view reads `width`: all of them, or one."""

    def __init__(self, names: tuple[str, ...], width: int, stride: int) -> None:
        self.names, self.width, self.stride = names, width, stride
        super().__init__(name=f"{type(self).__name__}({names}, {width}, {stride})")

    @property
    def number(self) -> Any:
        """The type of a value read here: a float, or a vector of them."""
        return vector(types.float64, self.width)

    @property
    def indices(self) -> Any:
        """The type of an index here: an integer, or a vector of them."""
        return vector(types.int64, self.width)


def apart(builder: Any, instruction: Any, view: View, name: str) -> Any:
    """Tell the optimiser that a column shares no memory with any other column, nor with a matrix.

    This is LLVM's type-based alias analysis with a "type" for each column. Without it every store might
    change every parameter, and nothing could stay in a register.
    """
    module = builder.module
    root = module.add_metadata(["columns"])
    kind = module.add_metadata([f"{' '.join(view.names)}: {name}", root, ir.IntType(64)(0)])
    instruction.set_metadata("tbaa", module.add_metadata([kind, kind, ir.IntType(64)(0)]))
    return instruction


def load(context: Any, builder: Any, view: View, name: str, pointer: Any) -> Any:
    """All lanes at a place. Alignment is promised to 8 bytes only: aligned or not costs the same."""
    if view.width > 1:
        pointer = builder.bitcast(pointer, context.get_value_type(view.number).as_pointer())
    return apart(builder, builder.load(pointer, align=BYTES), view, name)


def store(context: Any, builder: Any, view: View, name: str, pointer: Any, value: Any) -> None:
    """Write all lanes at a place."""
    if view.width > 1:
        pointer = builder.bitcast(pointer, context.get_value_type(view.number).as_pointer())
    apart(builder, builder.store(value, pointer, align=BYTES), view, name)


def at(builder: Any, data: Any, offset: Any, stride: int) -> Any:
    """The address of lane 0 of the number `offset` places on."""
    return builder.gep(data, [builder.mul(offset, ir.IntType(64)(stride))], inbounds=True)


def part(builder: Any, value: Any, index: int) -> Any:
    """One lane of an index that differs by lane, or an index that does not."""
    if isinstance(value.type, ir.VectorType):
        return builder.extract_element(value, ir.IntType(32)(index))
    return value


class Scattered(NamedTuple):
    """Numbers of which each lane has its own place: `down` or `across`, or both, are indices that differ by lane."""

    data: Any
    down: Any
    columns: Any
    across: Any


def steps(builder: Any, view: View, scattered: Scattered) -> list[tuple[Any, Any]]:
    """How to walk to a number: how many steps of which length, those common to all lanes first, to be walked once."""
    length = ir.IntType(64)(view.stride)
    walk = [(scattered.down, builder.mul(scattered.columns, length)), (scattered.across, length)]
    return sorted(walk, key=lambda step: isinstance(step[0].type, ir.VectorType))


def addresses(builder: Any, view: View, scattered: Scattered) -> list[Any]:
    """Where each lane's own number stands, worked out in scalars."""
    pointers = []
    for index in range(view.width):
        place = scattered.data
        for count, length in steps(builder, view, scattered):
            place = builder.gep(place, [builder.mul(part(builder, count, index), length)], inbounds=True)
        pointers.append(builder.gep(place, [ir.IntType(64)(index)], inbounds=True))
    return pointers


def vector_of_addresses(builder: Any, view: View, scattered: Scattered) -> Any:
    """The same as one vector. Indices and lengths are below 2**32; said so, their products are cheap."""
    integer = ir.IntType(64)
    vector_type = ir.VectorType(integer, view.width)
    low = ir.Constant(vector_type, [0xFFFFFFFF] * view.width)
    base, offset = scattered.data, ir.Constant(vector_type, list(range(view.width)))
    for count, length in steps(builder, view, scattered):
        if isinstance(count.type, ir.VectorType):
            lengths = builder.and_(broadcast(builder, length, view.width), low)
            offset = builder.add(offset, builder.mul(builder.and_(count, low), lengths))
        else:
            base = builder.gep(base, [builder.mul(count, length)], inbounds=True)
    in_bytes = builder.shl(offset, ir.Constant(vector_type, [3] * view.width))
    start = broadcast(builder, builder.ptrtoint(base, integer), view.width)
    return builder.inttoptr(builder.add(start, in_bytes), ir.VectorType(base.type, view.width))


def gather(context: Any, builder: Any, view: View, name: str, scattered: Scattered) -> Any:
    """Each lane's own number. By the instruction for it where AVX-512 has it; elsewhere scalar loads are faster."""
    kind = context.get_value_type(view.number)
    if "+avx512f" in context.codegen().magic_tuple()[2]:
        return apart(
            builder, gather_instruction(builder, kind, vector_of_addresses(builder, view, scattered)), view, name
        )
    result = ir.Constant(kind, ir.Undefined)
    for index, address in enumerate(addresses(builder, view, scattered)):
        number = apart(builder, builder.load(address, align=BYTES), view, name)
        result = builder.insert_element(result, number, ir.IntType(32)(index))
    return result


def gather_instruction(builder: Any, kind: Any, pointers: Any) -> Any:
    """Read each lane from a place of its own."""
    mask = ir.VectorType(ir.IntType(1), kind.count)
    function = cgutils.get_or_insert_function(
        builder.module,
        ir.FunctionType(kind, [pointers.type, ir.IntType(32), mask, kind]),
        f"llvm.masked.gather.v{kind.count}f64.v{kind.count}p0f64",
    )
    everywhere = ir.Constant(mask, [1] * kind.count)
    return builder.call(function, [pointers, ir.IntType(32)(BYTES), everywhere, ir.Constant(kind, ir.Undefined)])


def scatter(builder: Any, view: View, name: str, scattered: Scattered, value: Any) -> None:
    """Put each lane's number in its own place; scalar stores are faster than the instruction everywhere we tried."""
    for index, address in enumerate(addresses(builder, view, scattered)):
        number = builder.extract_element(value, ir.IntType(32)(index))
        apart(builder, builder.store(number, address, align=BYTES), view, name)


# -- integers, one for each lane --------------------------------------------------------------------------


def integers(lanes: Lanes, values: np.ndarray) -> int:
    """An int64 array (lanes,) as one integer per lane."""
    return int(values[0])


@intrinsic  # type: ignore[untyped-decorator]
def _integers(typingctx: Any, lanes: Any, array: Any) -> Any:
    result = vector(types.int64, lanes.width)

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data = context.make_array(array)(context, builder, args[1]).data
        return builder.load(builder.bitcast(data, context.get_value_type(result).as_pointer()), align=BYTES)

    return signature(result, lanes, array), emit


@overload(integers, jit_options=INLINE)
def _integers_overload(lanes, values):
    return lambda lanes, values: _integers(lanes, values)
