"""Numbers that are vectors of runs: one text computes one run, or many side by side.

A *lane* is one run. Compiled at width 1 every number is a plain float64, int64 or bool; at width L it is an
LLVM vector of L of them, and the same operators act on every lane. Interpreted (NUMBA_DISABLE_JIT=1) the
functions here work on Python numbers. Only operations that IEEE 754 fixes to the last bit are offered, so
every width gives the same bits. This module knows nothing of partnerships.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, TypeVar

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.extending import (
    intrinsic,
    lower_builtin,
    lower_cast,
    models,
    overload,
    register_model,
    typeof_impl,
)
from numba.core.imputils import lower_constant
from numba.core.typing.templates import AbstractTemplate, infer_global, signature

Function = TypeVar("Function", bound=Callable[..., Any])


INLINE: Any = {"error_model": "numpy", "forceinline": True}


def compiled(function: Function) -> Function:
    """Compile with numba's exact arithmetic: no fastmath, IEEE division, no Python objects."""
    return numba.njit(error_model="numpy", nogil=True)(function)  # type: ignore[no-any-return]


def inlined(function: Function) -> Function:
    """`compiled`, and dissolved into its callers, so that small rules cost no call."""
    return numba.njit(nogil=True, **INLINE)(function)  # type: ignore[no-any-return]


# -- the type ---------------------------------------------------------------------------------------------


class Vector(types.Type):  # type: ignore[misc]
    """The numba type of `width` numbers of one kind (float64, int64 or boolean)."""

    def __init__(self, dtype: types.Type, width: int) -> None:
        self.dtype, self.width = dtype, width
        super().__init__(name=f"Vector({dtype}, {width})")

    def can_convert_from(self, typingctx: Any, other: Any) -> Any:
        """A plain number becomes a vector of the same number in every lane."""
        if isinstance(other, types.Boolean):
            return numba.core.typeconv.Conversion.safe if self.dtype is types.boolean else None
        if isinstance(other, types.Number) and self.dtype is not types.boolean:
            if self.dtype is types.int64 and not isinstance(other, types.Integer):
                return None
            return numba.core.typeconv.Conversion.safe
        return None

    def unify(self, typingctx: Any, other: Any) -> Any:
        """A variable that starts as a scalar and becomes a vector is a vector: `total = 0.0`, then `total += x`."""
        return self if self.can_convert_from(typingctx, other) is not None else None


BITS = {types.float64: ir.DoubleType(), types.int64: ir.IntType(64), types.boolean: ir.IntType(1)}


@register_model(Vector)
class VectorModel(models.PrimitiveModel):  # type: ignore[misc]
    """How a vector is laid out: as one LLVM vector of its lanes."""

    def __init__(self, dmm: Any, fe_type: Vector) -> None:
        super().__init__(dmm, fe_type, ir.VectorType(BITS[fe_type.dtype], fe_type.width))


def vector(dtype: types.Type, width: int) -> types.Type:
    """The type of `width` runs' numbers: a `Vector`, or the plain scalar at width 1."""
    return dtype if width == 1 else Vector(dtype, width)


def broadcast(builder: ir.IRBuilder, scalar: ir.Value, width: int) -> ir.Value:
    """A vector with the same scalar in every lane."""
    empty = ir.Constant(ir.VectorType(scalar.type, width), ir.Undefined)
    first = builder.insert_element(empty, scalar, ir.IntType(32)(0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), width), [0] * width)
    return builder.shuffle_vector(first, empty, zeros)


@lower_cast(types.Number, Vector)
@lower_cast(types.Boolean, Vector)
def _cast_scalar(context: Any, builder: Any, fromty: Any, toty: Vector, value: Any) -> Any:
    return broadcast(builder, context.cast(builder, value, fromty, toty.dtype), toty.width)


class Lanes:
    """How many runs advance together: a compile-time constant passed to kernels, as in `Lanes(8)`."""

    def __init__(self, width: int) -> None:
        self.width = width


class LanesType(types.Dummy):  # type: ignore[misc]
    """The type of a number of lanes, which is known when code is compiled."""

    def __init__(self, width: int) -> None:
        self.width = width
        super().__init__(name=f"Lanes({width})")


@typeof_impl.register(Lanes)
def _typeof_lanes(value: Lanes, context: Any) -> LanesType:
    return LanesType(value.width)


@numba.extending.unbox(LanesType)  # type: ignore[untyped-decorator]
def _unbox_lanes(typ: Any, obj: Any, c: Any) -> Any:
    return numba.extending.NativeValue(c.context.get_dummy_value())


register_model(LanesType)(models.OpaqueModel)


@lower_constant(LanesType)
def _constant_lanes(context: Any, builder: Any, ty: Any, value: Any) -> Any:
    return context.get_dummy_value()


# -- operators --------------------------------------------------------------------------------------------


def widest(args: tuple[Any, ...]) -> Vector | None:
    """The vector type that mixed arguments meet in: floats if any is a float, else integers or masks."""
    vectors = [a for a in args if isinstance(a, Vector)]
    if not vectors:
        return None
    width = vectors[0].width
    if any(isinstance(a, types.Float) or (isinstance(a, Vector) and a.dtype is types.float64) for a in args):
        return Vector(types.float64, width)
    return vectors[0]


def offer(function: Any, emit: Callable[[Any, Any, Any, list[Any]], Any], compares: bool = False) -> None:
    """Make `function` act lane by lane, with `emit(builder, dtype, width, values)` writing the instruction."""

    class Template(AbstractTemplate):  # type: ignore[misc]
        def generic(self, args: tuple[Any, ...], kws: Any) -> Any:
            meet = widest(args)
            if meet is None or kws or any(not isinstance(a, (Vector, types.Number, types.Boolean)) for a in args):
                return None
            result = Vector(types.boolean, meet.width) if compares else meet
            return signature(result, *[meet] * len(args))

    infer_global(function)(Template)

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return emit(builder, sig.args[0].dtype, sig.args[0].width, args)

    for arity in (1, 2):
        lower_builtin(function, *[Vector] * arity)(lower)


def arithmetic(name: str) -> Callable[..., Any]:
    """Emit the instruction of this name, the one for floats or the one for integers."""

    def emit(builder: Any, dtype: Any, width: int, values: Any) -> Any:
        prefix = "f" if dtype is types.float64 else ""
        return getattr(builder, prefix + name)(*values)

    return emit


def _bitwise(name: str) -> Callable[..., Any]:
    return lambda builder, dtype, width, values: getattr(builder, name)(*values)


def comparison(sign: str) -> Callable[..., Any]:
    """Emit a comparison, ordered as Python's are: false where a number is NaN."""

    def emit(builder: Any, dtype: Any, width: int, values: Any) -> Any:
        if dtype is types.float64:
            return (builder.fcmp_unordered if sign == "!=" else builder.fcmp_ordered)(sign, *values)
        return builder.icmp_signed(sign, *values)

    return emit


for _function, _name in (
    (operator.add, "add"), (operator.iadd, "add"), (operator.sub, "sub"), (operator.isub, "sub"),
    (operator.mul, "mul"), (operator.imul, "mul"),
):  # fmt: skip
    offer(_function, arithmetic(_name))
offer(operator.truediv, lambda builder, dtype, width, values: builder.fdiv(*values))
for _function, _name in (
    (operator.and_, "and_"),
    (operator.or_, "or_"),
    (operator.xor, "xor"),
    (operator.rshift, "ashr"),
):
    offer(_function, _bitwise(_name))
for _function, _name in (
    (operator.lt, "<"), (operator.le, "<="), (operator.gt, ">"),
    (operator.ge, ">="), (operator.eq, "=="), (operator.ne, "!="),
):  # fmt: skip
    offer(_function, comparison(_name), compares=True)


# -- functions --------------------------------------------------------------------------------------------
# Each is plain Python for one run, and has an overload that serves vectors.


def sqrt(x: float) -> float:
    """The square root, correctly rounded."""
    return math.sqrt(x)


def where(condition: bool, yes: float, no: float) -> float:
    """`yes` in the lanes where the condition holds, else `no`. Both sides are evaluated."""
    return yes if condition else no


def minimum(a: float, b: float) -> float:
    """The smaller of two numbers, lane by lane."""
    return a if a < b else b


def maximum(a: float, b: float) -> float:
    """The larger of two numbers, lane by lane."""
    return a if a > b else b


def integer_part(x: float) -> int:
    """The integer part of a number >= 0, lane by lane."""
    return int(x)


def real(k: int) -> float:
    """An integer of at most 52 bits, >= 0, as a float, exactly."""
    return float(k)


def some(condition: bool) -> bool:
    """Whether a condition holds in any lane."""
    return condition


def lane(x: float, index: int) -> float:
    """The scalar in one lane."""
    return x


def width_of(x: float) -> int:
    """How many runs a number holds."""
    return 1


@intrinsic  # type: ignore[untyped-decorator]
def _vector_sqrt(typingctx: Any, x: Vector) -> Any:
    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = args[0].type
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(kind, [kind]), f"llvm.sqrt.v{sig.args[0].width}f64"
        )
        return builder.call(function, args)

    return signature(x, x), emit


@overload(sqrt, jit_options=INLINE)
def _sqrt_overload(x):
    if isinstance(x, Vector):
        return lambda x: _vector_sqrt(x)
    return lambda x: math.sqrt(x)


@intrinsic  # type: ignore[untyped-decorator]
def _select(typingctx: Any, condition: Any, yes: Any, no: Any) -> Any:
    pair = widest((yes, no))
    result = pair if pair is not None else Vector(types.float64, condition.width)

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.select(*args)

    return signature(result, condition, result, result), emit


@overload(where, jit_options=INLINE)
def _where_overload(condition, yes, no):
    if any(isinstance(a, Vector) for a in (condition, yes, no)):
        return lambda condition, yes, no: _select(condition, yes, no)
    return lambda condition, yes, no: yes if condition else no


@overload(minimum, jit_options=INLINE)
def _minimum_overload(a, b):
    if isinstance(a, Vector) or isinstance(b, Vector):
        return lambda a, b: _select(a < b, a, b)
    return lambda a, b: a if a < b else b


@overload(maximum, jit_options=INLINE)
def _maximum_overload(a, b):
    if isinstance(a, Vector) or isinstance(b, Vector):
        return lambda a, b: _select(a > b, a, b)
    return lambda a, b: a if a > b else b


@intrinsic  # type: ignore[untyped-decorator]
def _vector_integer_part(typingctx: Any, x: Vector) -> Any:
    result = Vector(types.int64, x.width)

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        # Through 32 bits: every machine with vectors converts those in one instruction.
        narrow = builder.fptosi(args[0], ir.VectorType(ir.IntType(32), x.width))
        return builder.zext(narrow, ir.VectorType(ir.IntType(64), x.width))

    return signature(result, x), emit


@overload(integer_part, jit_options=INLINE)
def _integer_part_overload(x):
    if isinstance(x, Vector):
        return lambda x: _vector_integer_part(x)
    return lambda x: int(x)


@intrinsic  # type: ignore[untyped-decorator]
def _vector_real(typingctx: Any, k: Vector) -> Any:
    result = Vector(types.float64, k.width)

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        # Put the bits under the exponent of 2**52 and take 2**52 away: exact, and two instructions.
        bits = builder.or_(args[0], ir.Constant(args[0].type, [0x4330000000000000] * k.width))
        offset = ir.Constant(ir.VectorType(ir.DoubleType(), k.width), [4503599627370496.0] * k.width)
        return builder.fsub(builder.bitcast(bits, offset.type), offset)

    return signature(result, k), emit


@overload(real, jit_options=INLINE)
def _real_overload(k):
    if isinstance(k, Vector):
        return lambda k: _vector_real(k)
    return lambda k: float(k)


@intrinsic  # type: ignore[untyped-decorator]
def _vector_some(typingctx: Any, condition: Vector) -> Any:
    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        bits = builder.bitcast(args[0], ir.IntType(condition.width))
        return builder.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))

    return signature(types.boolean, condition), emit


@overload(some, jit_options=INLINE)
def _some_overload(condition):
    if isinstance(condition, Vector):
        return lambda condition: _vector_some(condition)
    return lambda condition: condition


@intrinsic  # type: ignore[untyped-decorator]
def _vector_lane(typingctx: Any, x: Vector, index: Any) -> Any:
    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.extract_element(args[0], args[1])

    return signature(x.dtype, x, types.int64), emit


@overload(lane, jit_options=INLINE)
def _lane_overload(x, index):
    if isinstance(x, Vector):
        return lambda x, index: _vector_lane(x, index)
    return lambda x, index: x


@overload(width_of, jit_options=INLINE)
def _width_of_overload(x):
    width = x.width if isinstance(x, Vector) else 1
    return lambda x: width
