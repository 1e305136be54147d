"""How values travel between the grader and a student's process: frames of plain bytes.

A frame is the length of its header (8 bytes, little-endian), the header (JSON) and the bytes of
its arrays (little-endian, C order), one after the other. Nothing in it is ever executed, and
every size is checked before memory is taken for it.

>>> import numpy as np
>>> frame = encode({"number": 1}, (np.eye(2), "same", 3))
>>> message = Decoder(1000).feed(frame)
>>> message.fields, message.value
({'number': 1}, (array([[1., 0.], [0., 1.]]), 'same', 3))
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

DTYPES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64", "complex64", "complex128",
)  # fmt: skip
"""The types that an array may have."""

MAX_HEADER = 1 << 20
MAX_ARRAYS = 1000
MAX_DIMENSIONS = 8


class WireError(ValueError):
    """Bytes that are no frame, or a value that cannot be put in one."""


@dataclass(frozen=True)
class Message:
    """A frame that was read.

    Attributes
    ----------
    fields : dict
        What the frame says about itself.
    value : object
        Arrays, numbers, strings, booleans, None; tuples and dicts of them.
    """

    fields: dict[str, Any]
    value: Any


def encode(fields: dict[str, Any], value: Any) -> bytes:
    """The frame of a value.

    Raises
    ------
    WireError
        If there is something in it that is no array, number, string, boolean or None.
    """
    arrays: list[np.ndarray] = []
    tree = _tree(value, arrays, 0)
    described = [
        {"dtype": a.dtype.name, "shape": list(a.shape), "nbytes": a.nbytes} for a in arrays
    ]
    header = json.dumps({"fields": fields, "value": tree, "arrays": described}).encode()
    if len(header) > MAX_HEADER:
        raise WireError(f"the value's description has {len(header)} bytes, the limit is 1 MiB")
    parts = [len(header).to_bytes(8, "little"), header]
    parts += [a.astype(a.dtype.newbyteorder("<"), copy=False).tobytes() for a in arrays]
    return b"".join(parts)


def _tree(value: Any, arrays: list[np.ndarray], depth: int) -> Any:
    if depth > 20:
        raise WireError("the value is nested more than 20 levels deep")
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        # A plain array: what a subclass does when it is compared or copied stays behind.
        array = np.array(np.asarray(value), order="C", subok=False)
        if array.dtype.name not in DTYPES:
            raise WireError(f"an array of {array.dtype.name} cannot be graded: make it of numbers")
        if array.ndim > MAX_DIMENSIONS or len(arrays) == MAX_ARRAYS:
            raise WireError(f"more than {MAX_DIMENSIONS} dimensions or {MAX_ARRAYS} arrays")
        arrays.append(array)
        return {"array": len(arrays) - 1}
    if isinstance(value, (tuple, list)):
        return [_tree(v, arrays, depth + 1) for v in value]
    if isinstance(value, dict) and all(type(k) is str for k in value):
        return {"dict": {k: _tree(v, arrays, depth + 1) for k, v in value.items()}}
    raise WireError(f"a {type(value).__name__} cannot be graded: return arrays or numbers")


class Decoder:
    """Puts a frame together from pieces as they come.

    Parameters
    ----------
    limit : int
        The largest number of bytes that the arrays of a frame may have together.
    """

    def __init__(self, limit: int):
        self.limit = limit
        self._buffer = bytearray()
        self._header: dict[str, Any] | None = None
        self._start = 0
        self._needed = 8

    def feed(self, data: bytes) -> Message | None:
        """Take some bytes; the message, when they complete one.

        Raises
        ------
        WireError
            As soon as what came cannot be the beginning of one frame, and nothing but it.
        """
        self._buffer += data
        if self._start == 0 and len(self._buffer) >= 8:
            length = int.from_bytes(self._buffer[:8], "little")
            if not 0 < length <= MAX_HEADER:
                raise WireError(f"a header of {length} bytes")
            self._start = self._needed = 8 + length
        if self._header is None and self._start and len(self._buffer) >= self._start:
            self._header = _checked_header(bytes(self._buffer[8 : self._start]), self.limit)
            self._needed += sum(a["nbytes"] for a in self._header["arrays"])
        if self._start and len(self._buffer) > self._needed and self._header is not None:
            raise WireError("bytes after the end of the frame")
        if self._header is None or len(self._buffer) < self._needed:
            return None
        return self._message(self._header)

    def _message(self, header: dict[str, Any]) -> Message:
        arrays = []
        place = self._start
        for described in header["arrays"]:
            dtype = np.dtype(described["dtype"]).newbyteorder("<")
            end = place + described["nbytes"]
            array = np.frombuffer(bytes(self._buffer[place:end]), dtype)
            arrays.append(array.reshape(described["shape"]).astype(dtype.newbyteorder("=")))
            place = end
        return Message(header["fields"], _value(header["value"], arrays))


def _checked_header(text: bytes, limit: int) -> dict[str, Any]:
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError(f"a header that is no JSON: {type(error).__name__}") from None
    if type(header) is not dict or set(header) != {"fields", "value", "arrays"}:
        raise WireError("a header with other entries than fields, value and arrays")
    arrays = header["arrays"]
    if type(header["fields"]) is not dict or type(arrays) is not list or len(arrays) > MAX_ARRAYS:
        raise WireError("fields that are no dict, or arrays that are no short list")
    total = 0
    for described in arrays:
        total += _checked_size(described)
        if total > limit:
            raise WireError(f"arrays of more than {limit} bytes")
    return header


def _checked_size(described: Any) -> int:
    if type(described) is not dict or set(described) != {"dtype", "shape", "nbytes"}:
        raise WireError("an array with other entries than dtype, shape and nbytes")
    shape = described["shape"]
    if described["dtype"] not in DTYPES:
        raise WireError("an array of an unknown type")
    if type(shape) is not list or len(shape) > MAX_DIMENSIONS:
        raise WireError("a shape that is no list of at most 8 sizes")
    if not all(type(n) is int and 0 <= n < 1 << 40 for n in shape):
        raise WireError("a shape with something else than sizes")
    size = np.dtype(described["dtype"]).itemsize
    for n in shape:
        size *= n
    if type(described["nbytes"]) is not int or described["nbytes"] != size:
        raise WireError("an array whose size is not that of its shape")
    return size


def _value(tree: Any, arrays: list[np.ndarray]) -> Any:
    if tree is None or type(tree) in (bool, int, float, str):
        return tree
    try:
        if type(tree) is list:
            return tuple(_value(t, arrays) for t in tree)
        if type(tree) is dict and set(tree) == {"array"}:
            index = tree["array"]
            if type(index) is int and 0 <= index < len(arrays):
                return arrays[index]
        elif type(tree) is dict and set(tree) == {"dict"} and type(tree["dict"]) is dict:
            return {k: _value(t, arrays) for k, t in tree["dict"].items()}
    except RecursionError:
        raise WireError("a value that is nested too deep") from None
    raise WireError("a value that is neither an array nor a number, nor a list or dict of them")
