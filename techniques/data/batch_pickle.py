"""Read a CIFAR python batch, which is a pickle, without letting it run anything.

A pickle is a program for a small stack machine, and its GLOBAL instruction may name any function to
call. Here it may name only the few that NumPy uses to store an array. They are replaced by
stand-ins of our own that keep what they are given; the array is made from that once it is checked.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

_DTYPES = {kind + size for kind in "uif" for size in "1248"} - {"f1"} | {"b1"}


def load_batch_pickle(raw: bytes, name: str) -> Any:
    """Unpickle dicts, lists, tuples, bytes, str, numbers and plain NumPy arrays, nothing else.

    Parameters
    ----------
    raw : bytes
        The pickle, of any protocol. Text of Python 2 becomes bytes.
    name : str
        The file, for the messages.

    Raises
    ------
    ValueError
        When the pickle asks for anything else, which the message names, or is damaged.

    Examples
    --------
    >>> import pickle
    >>> load_batch_pickle(pickle.dumps({"labels": [3, 1]}), "batch")
    {'labels': [3, 1]}
    >>> load_batch_pickle(pickle.dumps(print), "batch")
    Traceback (most recent call last):
    ...
    ValueError: batch asks for builtins.print, which a batch has no need of: ...
    """
    try:
        for opcode, argument, _ in pickletools.genops(raw):
            # A memo slot costs memory up to its number: one instruction could ask for gigabytes.
            if "PUT" in opcode.name and argument is not None and int(argument) > len(raw):
                raise pickle.UnpicklingError(f"memo slot {argument} in {len(raw)} bytes")
        return _plain(_BatchUnpickler(io.BytesIO(raw), encoding="bytes").load())
    except _Refused as refused:
        raise ValueError(
            f"{name} asks for {refused}, which a batch has no need of: nothing in it was run"
        ) from None
    except Exception as error:  # a damaged pickle may raise almost anything
        raise ValueError(f"{name} is not a sound pickle ({error}): download it again") from error


class _Refused(Exception):
    """Says what the pickle asked for that is not allowed."""


class _BatchUnpickler(pickle.Unpickler):
    """An unpickler whose every global is a stand-in."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in for a global, or refuse."""
        stand_ins = {
            "numpy.dtype": self._dtype,
            "numpy.ndarray": "ndarray",
            "_codecs.encode": self._encode,
            "__builtin__.bytes": self._no_bytes,
        }
        for core in ("numpy.core", "numpy._core"):
            stand_ins[f"{core}.multiarray._reconstruct"] = self._empty_array
            stand_ins[f"{core}.numeric._frombuffer"] = self._array_from_buffer
        if f"{module}.{name}" not in stand_ins:
            raise _Refused(f"{module}.{name}")
        return stand_ins[f"{module}.{name}"]

    def persistent_load(self, identifier: Any) -> NoReturn:
        """Refuse what lies outside the pickle."""
        raise _Refused("an object from outside")

    def _dtype(self, code: str | bytes, *_: Any) -> _Dtype:
        text = code.decode("latin1") if isinstance(code, bytes) else str(code)
        if text not in _DTYPES:
            raise _Refused(f"an array of dtype {text}")
        return _Dtype(text)

    def _encode(self, text: str, encoding: str = "latin1") -> bytes:
        if encoding not in ("latin1", b"latin1"):
            raise _Refused(f"the text encoding {encoding!r}")
        return text.encode("latin1")

    def _no_bytes(self) -> bytes:
        return b""  # how old protocols store the values of an empty array

    def _empty_array(self, *_: Any) -> _Array:
        return _Array()

    def _array_from_buffer(self, buffer: Any, dtype: _Dtype, shape: Any, order: str) -> _Array:
        array = _Array()
        array.__setstate__((1, shape, dtype, order == "F", buffer))
        return array


class _Dtype:
    """What a pickle says about a dtype: its code and its byte order."""

    def __init__(self, code: str) -> None:
        self.code = code

    def __setstate__(self, state: Any) -> None:
        order = state[1]
        self.code = {b">": ">", ">": ">"}.get(order, "<") + self.code


class _Array:
    """What a pickle says about an array."""

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, values = state
        if not isinstance(dtype, _Dtype) or not isinstance(values, bytes | bytearray):
            raise ValueError("an array is not stored as a dtype and bytes")
        plain = np.dtype(dtype.code)
        if any(length < 0 for length in shape) or math.prod(shape) * plain.itemsize != len(values):
            raise ValueError(f"an array of shape {shape} and {plain} has {len(values)} bytes")
        array = np.frombuffer(values, plain).reshape(shape, order="F" if fortran else "C")
        self.array: NDArray[Any] = array.astype(plain.newbyteorder("="))


def _plain(value: Any) -> Any:
    """Return the value with arrays in place of their stand-ins; refuse what is not plain data."""
    if isinstance(value, _Array):
        return value.array
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(item) for item in value)
    if value is None or isinstance(value, bytes | str | int | float):
        return value
    raise _Refused(f"an object of type {type(value).__name__}")
