"""Functions that are compiled when first called; their machine code is kept on disk.

A *kernel* does a range of tasks: ``kernel(first, last, *arguments)``. It is written in the part of
Python and NumPy that Numba compiles, and so are the *inner* functions that it calls. Compiling
takes seconds, and Numba half a second to import; to call what is in the cache needs neither. So
nothing here imports Numba: functions are only marked, `minigrad.kernels.compiler` does the rest
when it has to, and llvmlite alone loads machine code, in a millisecond.

Machine code finds its arguments in a block of 64-bit words: of an array the address of what NumPy
tells of it to others (``__array_struct__``), of a tuple its elements, a number as it is. In front
of them stands how many spans of the tasks are begun, and how many of these by helpers.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import struct
import sys
import threading
from array import array
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from llvmlite import binding

from minigrad.kernels import cache
from minigrad.kernels.crew import NOWHERE, Function


class MachineCode(NamedTuple):
    """An object file, the name of the function in it, and whether it works without Numba."""

    symbol: str
    object: bytes
    lasting: bool = True


class Inner:
    """A function that kernels call: a decorator. In Python it remains what it was.

    `inline` copies it into the functions that call it. One that is not `counted` makes no arrays:
    then nothing in it counts references, which would interrupt short loops over vectors.
    """

    def __init__(self, function: Callable[..., Any], inline: bool = False, counted: bool = True):
        self.function = function
        self.inline = inline
        self.counted = counted
        functools.update_wrapper(self, function)

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)


class Kernel:
    """A function ``(first, last, *arguments)`` on a range of tasks: a decorator.

    The arguments are C-contiguous arrays, numbers, and tuples of whole numbers; for each
    combination of their types it is compiled once. Products and sums may be fused and sums
    reordered (always in the same order for the same shapes); NaN and infinity keep their meaning.
    """

    __name__: str

    def __init__(self, function: Callable[..., None]):
        self.function = function
        self.loaded: dict[tuple, Any] = {}
        functools.update_wrapper(self, function)

    def __call__(self, first: int, last: int, *arguments: Any) -> None:
        self.on(arguments)(first, last)

    def on(self, arguments: Sequence[Any]) -> Call:
        """The kernel with its arguments laid out, to be called with the first and last task."""
        kinds: list[Any] = []
        words = array("q", [0, 0])
        interfaces = []
        for argument in arguments:
            if type(argument) is np.ndarray:
                if argument.flags.num & _READY != _READY:
                    raise ValueError("a kernel wants C-contiguous and aligned arrays")
                interfaces.append(interface := argument.__array_struct__)
                kinds += argument.dtype, argument.ndim
                words.append(_address(interface, None))
            elif type(argument) is int:
                kinds.append("int")
                words.append(argument)
            elif isinstance(argument, tuple):
                kinds += type(argument).__name__, len(argument)
                words.extend(argument)
            else:
                _lay_out_number(argument, kinds, words)
        key = tuple(kinds)
        code = self.loaded.get(key) or self._load(key, arguments)
        return Call(self, code, words, (arguments, interfaces))

    def _load(self, key: tuple, arguments: Sequence[Any]) -> Any:
        """The machine code for arguments of these kinds: from the cache, else compiled now."""
        package, _, module = self.function.__module__.rpartition(".")
        kinds = hashlib.sha256(repr(key).encode()).hexdigest()
        name = f"{module}.{self.function.__name__}-{kinds[:20]}"
        with _loading:
            if key in self.loaded:
                return self.loaded[key]
            kept = cache.read(name)
            if kept is not None:
                symbol, _, file = kept.partition(b"\0")
                code = MachineCode(symbol.decode(), file)
            else:
                say_that_kernels_are_compiled()
                from minigrad.kernels.compiler import machine_code

                code = machine_code(self.function, arguments)
                # The name of the cache's folder stands for the source of this package's kernels.
                if code.lasting and package == __package__:
                    cache.write(name, code.symbol.encode() + b"\0" + code.object)
            self.loaded[key] = Function(engine_of(code.object).get_function_address(code.symbol))
            return self.loaded[key]


kernel, inner, inlined = Kernel, Inner, functools.partial(Inner, inline=True)
uncounted = functools.partial(Inner, counted=False)


class Call:
    """A kernel and its arguments: call it with the first task and the one behind the last."""

    __slots__ = ("block", "code", "kept", "kernel", "words")

    def __init__(self, kernel: Kernel, code: Any, words: array, kept: Any):
        self.kernel, self.code = kernel, code
        self.words, self.kept = words, kept  # the code only knows their addresses
        self.block, _ = words.buffer_info()

    def __call__(self, first: int, last: int) -> None:
        self.words[0] = 0
        self.take_part(first, last, 1)

    def take_part(self, first: int, last: int, spans: int) -> None:
        """Do some of the tasks, cut into equal spans, until all are done or begun by helpers."""
        if self.code(NOWHERE, NOWHERE, first, last, spans, False, self.block):
            raise ArithmeticError(f"{self.kernel.__name__} failed: a division by 0, or no memory")


# Two threads that meet the same kernel compile it once.
_loading = threading.RLock()


@functools.cache
def target_machine() -> binding.TargetMachine:
    """This processor, as LLVM sees it."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    target = binding.Target.from_triple(binding.get_process_triple())
    return target.create_target_machine(jit=True, codemodel="jitdefault")


def engine_of(code: bytes) -> binding.ExecutionEngine:
    """Load machine code. Each has an engine of its own, for names may repeat.

    It lives as long as the engine: for ever, for a thread may be in it when Python ends.
    """
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), target_machine())
    engine.add_object_file(binding.ObjectFileRef.from_data(code))
    engine.finalize_object()
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(engine))
    return engine


# NumPy's flags of arrays that are C-contiguous and aligned.
_READY = 0x0001 | 0x0100
_address = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)


def _lay_out_number(number: Any, kinds: list[Any], words: array) -> None:
    if isinstance(number, (bool, np.bool_)):
        kinds.append("bool")
        words.append(bool(number))
    elif isinstance(number, (int, np.integer)):
        kinds.append("int")
        words.append(int(number))
    elif isinstance(number, (float, np.floating)):
        kinds.append("float")
        words.frombytes(struct.pack("d", number))
    else:
        raise TypeError(f"a kernel takes arrays, numbers and tuples, not {type(number).__name__}")


@functools.cache
def say_that_kernels_are_compiled() -> None:
    """Say it once, for it takes a while."""
    folder = cache.cache_folder()
    where = f"they are kept in {folder}" if folder else "no folder can be written to keep them"
    print(f"minigrad: compiling kernels for this processor, once; {where}", file=sys.stderr)
