"""From a kernel to machine code that needs neither Numba nor Python, by way of Numba.

Numba compiles a function together with what converts its arguments from Python, and that calls
Numba's own library. Here a kernel is called by an *entry* instead, which reads the arguments from a
block of words (see `minigrad.kernels.kernel`) and takes one span of the tasks after the other from
the front, while helpers take others from the back. What is left of Numba's library is what arrays
made or reshaped in a kernel need; three functions of a few instructions do the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from types import CodeType, FunctionType
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.runtime import nrtdynmod
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from minigrad.kernels.instructions import Instruction
from minigrad.kernels.kernel import Inner, Kernel, MachineCode

# What would convert arguments from Python is left out.
BARE: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
FASTMATH = {"contract", "reassoc", "nsz"}

WORD, INT, POINTER = ir.IntType(64), ir.IntType(32), ir.IntType(8).as_pointer()
ALIGNMENT = 64


def machine_code(function: Callable[..., None], arguments: Sequence[Any]) -> MachineCode:
    """Compile a kernel for arguments of these types."""
    kernel: Any = numba.njit(**BARE, fastmath=FASTMATH)(_with_parts(function))
    arguments_in = _reader([_type_of(argument) for argument in arguments])

    @numba.njit(**BARE)
    def entry(first, last, spans, helping, block):
        arguments = arguments_in(block)
        tasks, own = last - first, 0
        while count(block, 0) < spans:
            # From both ends: so a thread finds in its cache what it worked on before.
            span = spans - 1 - count(block, 1) if helping else own
            begin, end = first + tasks * span // spans, first + tasks * (span + 1) // spans
            kernel(begin, end, *arguments)
            own += 1

    word = types.int64
    entry.compile((word, word, word, word, types.CPointer(word)))
    (result,) = entry.overloads.values()
    _, _, (object_file, _) = result.library.serialize_using_object_code()
    needed = re.findall(r'^declare .*@"?([^"(]+)"?\(', result.library.get_llvm_str(), re.MULTILINE)
    numbas_own = [name for name in needed if name.startswith(("NRT_", "numba_", "__svml_", "Py"))]
    return MachineCode(result.fndesc.llvm_func_name, object_file, not numbas_own)


# ---- what a function is made of ---------------------------------------------------------------


def _with_parts(function: Callable[..., Any]) -> Callable[..., Any]:
    """A copy of a function that finds compiled functions where it names marked ones."""
    known = function.__globals__
    named = {name: known[name] for name in _names(function.__code__) if name in known}
    parts = {name: _part(value) for name, value in named.items()}
    return FunctionType(
        function.__code__, {**known, **parts}, function.__name__, function.__defaults__
    )


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _part(value: Any) -> Any:
    if isinstance(value, Instruction):
        return value.found()
    return _dispatcher(value) if isinstance(value, (Inner, Kernel)) else value


_dispatchers: dict[Inner | Kernel, Any] = {}


def _dispatcher(part: Inner | Kernel) -> Any:
    if part not in _dispatchers:
        inline = "always" if isinstance(part, Inner) and part.inline else "never"
        counted = isinstance(part, Kernel) or part.counted
        options = {**BARE, "inline": inline, "_nrt": counted}
        _dispatchers[part] = numba.njit(**options)(_with_parts(part.function))
    return _dispatchers[part]


# ---- arguments --------------------------------------------------------------------------------


def _type_of(argument: Any) -> Any:
    """The Numba type of an argument; whether an array may be written to makes no difference."""
    if isinstance(argument, np.ndarray):
        return types.Array(numba.from_dtype(argument.dtype), argument.ndim, "C")
    if isinstance(argument, tuple):
        return types.BaseTuple.from_types([types.int64] * len(argument), type(argument))
    if isinstance(argument, (bool, np.bool_)):
        return types.boolean
    return types.int64 if isinstance(argument, (int, np.integer)) else types.float64


def _reader(kinds: list[Any]) -> Any:
    """A function, for compiled code, from a block of words to the tuple of arguments in it."""

    @intrinsic
    def arguments_in(typing, block):
        def generate(context, builder, signature, arguments):
            _define_library(builder.module)
            words = _words(builder, *arguments)
            values = [_value(context, builder, kind, words) for kind in kinds]
            return context.make_tuple(builder, signature.return_type, values)

        return types.Tuple(kinds)(block), generate

    return arguments_in


def _count(typing, block, place):
    """The number in a word of the block, which is then one more: nobody gets it twice."""

    def generate(context, builder, signature, arguments):
        word = builder.gep(arguments[0], [arguments[1]])
        return builder.atomic_rmw("add", word, WORD(1), "monotonic")

    return types.int64(block, types.int64), generate


count: Any = intrinsic(_count)


def _words(builder: Any, block: Any) -> Iterator[Any]:
    place = 2  # behind the numbers of spans
    while True:
        yield builder.load(builder.gep(block, [WORD(place)]))
        place += 1


# What an ``__array_struct__`` holds: version, ndim, kind, itemsize, flags, shape, strides, data.
_INTERFACE = ir.LiteralStructType(
    [INT, INT, ir.IntType(8), INT, INT, WORD.as_pointer(), WORD.as_pointer(), POINTER]
)


def _value(context: Any, builder: Any, kind: Any, words: Iterator[Any]) -> Any:
    """Instructions that take one argument from the block."""
    if isinstance(kind, types.Array):
        interface = builder.inttoptr(next(words), _INTERFACE.as_pointer())
        lengths, data = (
            builder.load(cgutils.gep_inbounds(builder, interface, 0, field)) for field in (5, 7)
        )
        shape = [
            builder.load(cgutils.gep_inbounds(builder, lengths, axis)) for axis in range(kind.ndim)
        ]
        itemsize = WORD(context.get_abi_sizeof(context.get_data_type(kind.dtype)))
        strides = [itemsize]
        for length in reversed(shape[1:]):
            strides.insert(0, builder.mul(strides[0], length))
        array = context.make_array(kind)(context, builder)
        data = builder.bitcast(data, array.data.type)
        populate_array(array, data, shape, strides[: kind.ndim], itemsize, meminfo=None)
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        return context.make_tuple(builder, kind, [next(words) for _ in range(len(kind))])
    word = next(words)
    if kind == types.boolean:
        return builder.trunc(word, ir.IntType(1))
    return builder.bitcast(word, ir.DoubleType()) if kind == types.float64 else word


# ---- in place of Numba's library --------------------------------------------------------------


def _define_library(module: Any) -> None:
    """Define what the code of a kernel expects of Numba's library."""
    _define_allocation(module)
    _define_reshape(module)


def _define_allocation(module: Any) -> None:
    """The memory of an array: from the C library, and back to it with the last reference.

    In front of its elements it has a header, in which Numba's code counts references and finds the
    address of the elements.
    """
    malloc = cgutils.get_or_insert_function(module, ir.FunctionType(POINTER, [WORD]), "malloc")
    free = cgutils.get_or_insert_function(module, ir.FunctionType(ir.VoidType(), [POINTER]), "free")
    builder, (size, _) = _define(module, "NRT_MemInfo_alloc_aligned", POINTER, [WORD, INT])
    memory = builder.call(malloc, [builder.add(size, WORD(2 * ALIGNMENT))])
    with builder.if_then(cgutils.is_null(builder, memory), likely=False):
        builder.ret(memory)
    # The first multiple of the alignment that leaves room for the header.
    behind = builder.add(builder.ptrtoint(memory, WORD), WORD(2 * ALIGNMENT - 1))
    elements = builder.inttoptr(builder.and_(behind, WORD(-ALIGNMENT)), POINTER)
    header = builder.bitcast(memory, nrtdynmod._meminfo_struct_type.as_pointer())
    builder.store(WORD(1), cgutils.gep_inbounds(builder, header, 0, 0))  # references
    builder.store(elements, cgutils.gep_inbounds(builder, header, 0, 3))
    builder.ret(memory)

    builder, (memory,) = _define(module, "NRT_MemInfo_call_dtor", ir.VoidType(), [POINTER])
    builder.call(free, [memory])
    builder.ret_void()


def _define_reshape(module: Any) -> None:
    """The strides of a contiguous array in a new shape; Numba's code has checked its size."""
    words = WORD.as_pointer()
    kinds = [WORD, words, words, WORD, words, words, WORD, INT]
    builder, parameters = _define(module, "numba_attempt_nocopy_reshape", INT, kinds)
    _, _, _, ndim, shape, strides, itemsize, _ = parameters
    stride = cgutils.alloca_once_value(builder, itemsize)
    with cgutils.for_range(builder, ndim) as loop:
        axis = builder.sub(builder.sub(ndim, WORD(1)), loop.index)
        builder.store(builder.load(stride), builder.gep(strides, [axis]))
        length = builder.load(builder.gep(shape, [axis]))
        builder.store(builder.mul(builder.load(stride), length), stride)
    builder.ret(INT(1))


def _define(module: Any, name: str, result: Any, kinds: list[Any]) -> tuple[Any, Any]:
    """A builder of the function's body, and its parameters."""
    function = cgutils.get_or_insert_function(module, ir.FunctionType(result, kinds), name)
    function.linkage = "weak_odr"  # to be kept until the kernel is linked with it
    return ir.IRBuilder(function.append_basic_block()), function.args
