"""A hint to the processor: the cache line of an array's element will be written soon."""
# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LINE = 64
"""Bytes that a hint brings; wider lines make some hints superfluous, none wrong."""


@intrinsic
def prefetch(typingctx, array, index):
    """Ask for the line of ``array[index]``; changes no value, and does not wait."""

    def codegen(context, builder, signature, arguments):
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        pointer = builder.bitcast(builder.gep(data, [arguments[1]]), cgutils.voidptr_t)
        flag = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, flag, flag, flag])
        hint = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(hint, [pointer, flag(1), flag(3), flag(1)])  # to write, keep, data
        return context.get_dummy_value()

    return types.void(array, index), codegen
