"""Eight synapses side by side in a vector, as LLVM code: Numba does not vectorise loops whose targets lie apart in memory.

What stands together (weights, what was seen last, targets) is read and written as vectors, what is looked up by target one
after the other. Additions and bounds happen in the order of `isocortex.engine.kernel.visit`, so that results are the same
to the last bit.
"""

from __future__ import annotations

from typing import Any

import numba as nb
from llvmlite import ir
from numba.extending import intrinsic

LANES = 8

_FLOAT, _DOUBLE, _I32, _I64 = ir.FloatType(), ir.DoubleType(), ir.IntType(32), ir.IntType(64)
_EIGHT = ir.VectorType(_FLOAT, LANES)
_F32, _INDEX = nb.types.float32, nb.types.int64


class _Code:
    """Writes the pieces that the intrinsics share; arguments by position, as in `signature`."""

    def __init__(self, context: Any, builder: Any, signature: Any, args: Any) -> None:
        self.context, self.builder, self.types, self.args = context, builder, signature.args, args

    def data(self, array: int) -> Any:
        """The first element of an array."""
        return self.context.make_array(self.types[array])(self.context, self.builder, self.args[array]).data

    def place(self, array: int, at: Any) -> Any:
        """Where the vector of the elements from `at` on is."""
        first = self.builder.gep(self.data(array), [at])
        return self.builder.bitcast(first, ir.VectorType(first.type.pointee, LANES).as_pointer())

    def read(self, array: int, at: Any) -> Any:
        """Eight elements."""
        return self.builder.load(self.place(array, at), align=4 if self.types[array].dtype == _F32 else 2)

    def write(self, array: int, at: Any, value: Any) -> None:
        """The same."""
        self.builder.store(value, self.place(array, at), align=4)

    def all(self, value: Any) -> Any:
        """One number (or bit) in each lane."""
        none = ir.Constant(ir.VectorType(value.type, LANES), ir.Undefined)
        first = self.builder.insert_element(none, value, _I32(0))
        return self.builder.shuffle_vector(first, none, ir.Constant(ir.VectorType(_I32, LANES), [0] * LANES))

    def targets(self, array: int, at: Any) -> list[Any]:
        """Eight indices."""
        found = self.read(array, at)
        return [self.builder.zext(self.builder.extract_element(found, _I32(i)), _I64) for i in range(LANES)]

    def pairs(self, array: int, base: Any, targets: list[Any]) -> tuple[Any, Any]:
        """The elements base + 2 i and base + 2 i + 1 of each target i, as two vectors; a pair is one load."""
        build, first = self.builder, self.builder.gep(self.data(array), [base])
        first, parts, width = build.bitcast(first, _DOUBLE.as_pointer()), [], 2
        for i, j in zip(targets[::2], targets[1::2], strict=True):
            two = ir.Constant(ir.VectorType(_DOUBLE, 2), ir.Undefined)
            for lane, target in enumerate((i, j)):
                two = build.insert_element(two, build.load(build.gep(first, [target]), align=4), _I32(lane))
            parts.append(two)
        while len(parts) > 1:
            order = ir.Constant(ir.VectorType(_I32, 2 * width), list(range(2 * width)))
            parts = [build.shuffle_vector(a, b, order) for a, b in zip(parts[::2], parts[1::2], strict=True)]
            width *= 2
        sixteen = build.bitcast(parts[0], ir.VectorType(_FLOAT, 2 * LANES))
        none = ir.Constant(sixteen.type, ir.Undefined)
        even, odd = ([2 * i + k for i in range(LANES)] for k in range(2))
        take = [ir.Constant(ir.VectorType(_I32, LANES), lanes) for lanes in (even, odd)]
        return build.shuffle_vector(sixteen, none, take[0]), build.shuffle_vector(sixteen, none, take[1])

    def bounded(self, value: Any, low: Any, high: Any) -> Any:
        """min(max(value, low), high)."""
        low, high = self.all(low), self.all(high)
        value = self.builder.select(self.builder.fcmp_ordered("<", value, low), low, value)
        return self.builder.select(self.builder.fcmp_ordered(">", value, high), high, value)

    def scatter(self, array: int, targets: list[Any], values: Any) -> None:
        """Add one value to the element of each target, in their order."""
        for lane, i in enumerate(targets):
            at = self.builder.gep(self.data(array), [i])
            value = self.builder.extract_element(values, _I32(lane))
            self.builder.store(self.builder.fadd(self.builder.load(at), value), at)

    def plus(self, value: Any, factor: Any, vector: Any) -> Any:
        """value + factor * vector."""
        return self.builder.fadd(value, self.builder.fmul(self.all(factor), vector))


@intrinsic
def transmit_lanes(typingctx: Any, p: Any, amp: Any, target: Any, w: Any, port: Any) -> Any:
    """Synapses p to p + 7 of a segment without plasticity."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        code = _Code(context, builder, signature, args)
        p, amp = args[:2]
        code.scatter(4, code.targets(2, p), builder.fmul(code.all(amp), code.read(3, p)))
        return context.get_dummy_value()

    return nb.types.void(_INDEX, _F32, target, w, port), codegen


def _pair_lanes(fresh: bool) -> Any:
    """Synapses p to p + 7 of `visit_pair`, at a first visit or not; q is their place in `last`, `numbers` are
    (amp, x, x_jump, low, high)."""

    def pair_lanes(
        typingctx: Any, p: Any, q: Any, base: Any, numbers: Any, target: Any, w: Any, last: Any, held: Any, sig: Any, port: Any
    ) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            code = _Code(context, builder, signature, args)
            p, q, base, numbers = args[:4]
            amp, x, x_jump, low, high = (builder.extract_value(numbers, k) for k in range(5))
            targets = code.targets(4, p)
            s, jump = code.pairs(8, base, targets)
            before = code.pairs(7, base, targets)[0] if fresh else code.read(6, q)
            value = code.plus(code.read(5, p), x, builder.fsub(s, before))
            value = code.bounded(code.plus(value, x_jump, jump), low, high)
            code.write(5, p, value)
            code.write(6, q, s)
            code.scatter(9, targets, builder.fmul(code.all(amp), value))
            return context.get_dummy_value()

        five = nb.types.UniTuple(_F32, 5)
        return nb.types.void(_INDEX, _INDEX, _INDEX, five, target, w, last, held, sig, port), codegen

    return intrinsic(pair_lanes)


def _settle_lanes(fresh: bool) -> Any:
    """The same at the end of a tick, where nothing jumps and nothing is sent; `numbers` are (x, low, high)."""

    def settle_lanes(
        typingctx: Any, p: Any, q: Any, base: Any, numbers: Any, target: Any, w: Any, last: Any, held: Any, sig: Any
    ) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            code = _Code(context, builder, signature, args)
            p, q, base, numbers = args[:4]
            x, low, high = (builder.extract_value(numbers, k) for k in range(3))
            targets = code.targets(4, p)
            s, _ = code.pairs(8, base, targets)
            before = code.pairs(7, base, targets)[0] if fresh else code.read(6, q)
            value = code.plus(code.read(5, p), x, builder.fsub(s, before))
            code.write(5, p, code.bounded(value, low, high))
            return context.get_dummy_value()

        three = nb.types.UniTuple(_F32, 3)
        return nb.types.void(_INDEX, _INDEX, _INDEX, three, target, w, last, held, sig), codegen

    return intrinsic(settle_lanes)


pair_lanes, pair_lanes_held = _pair_lanes(False), _pair_lanes(True)
settle_lanes, settle_lanes_held = _settle_lanes(False), _settle_lanes(True)
