"""Two instructions of the processor that Python has no word for."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.np import arrayobj

from tollwright.kernel.jit import intrinsic

make_array: Any = arrayobj.make_array  # without annotations

WORD, BYTE = 64, 8
READ, KEEP, DATA = 0, 3, 1  # arguments of LLVM's prefetch: to be read, soon again, not code


@intrinsic
def upper_word(_typing: Any, _one: Any, _other: Any) -> Any:
    """The upper 64 bits of the product of two words, both unsigned."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        wide = ir.IntType(2 * WORD)
        one, other = (builder.zext(argument, wide) for argument in arguments)
        product = builder.lshr(builder.mul(one, other), ir.Constant(wide, WORD))
        return builder.trunc(product, ir.IntType(WORD))

    return types.int64(types.int64, types.int64), generate


@intrinsic
def fetch(_typing: Any, array: Any, place: Any) -> Any:
    """Have `array[place]` brought into the cache, without waiting for it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = make_array(signature.args[0])(context, builder, arguments[0]).data
        address = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(BYTE).as_pointer())
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [address.type, number, number, number])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", (address.type,), kind)
        builder.call(prefetch, [address, number(READ), number(KEEP), number(DATA)])
        return context.get_dummy_value()

    return types.void(array, place), generate
