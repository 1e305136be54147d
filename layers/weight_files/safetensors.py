"""The .safetensors form: the length of a header, the header in JSON, the bytes of all tensors.

The header maps names to ``{"dtype": ..., "shape": [...], "data_offsets": [begin, end]}``, with
offsets from its end; together the tensors cover every byte exactly once. Numbers are
little-endian. https://huggingface.co/docs/safetensors
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import IO, Any

import numpy as np

from .raw import contents, element_size, elements

_METADATA = "__metadata__"
_DTYPES = {
    "BOOL": "b1", "U8": "u1", "I8": "i1", "U16": "u2", "I16": "i2", "U32": "u4", "I32": "i4",
    "U64": "u8", "I64": "i8", "F16": "f2", "BF16": "bf16", "F32": "f4", "F64": "f8",
}  # fmt: skip
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_LONGEST_HEADER = 25_000_000
_ALIGNMENT = 8


def write(arrays: Mapping[str, np.ndarray], file: IO[bytes]) -> None:
    """Write arrays; a `ValueError` names one that the form does not know."""
    header: dict[str, Any] = {}
    for name, array in arrays.items():
        code = f"{array.dtype.kind}{array.dtype.itemsize}"
        if code not in _NAMES:
            raise ValueError(f"{name!r} holds {array.dtype}, which .safetensors does not know")
        if name == _METADATA:
            raise ValueError(f"{name!r} has another meaning in .safetensors: rename the entry")
        header[name] = {"dtype": _NAMES[code], "shape": array.shape}
    # Large elements first, so that each tensor stands at a multiple of its elements' size.
    order = sorted(arrays, key=lambda name: -arrays[name].dtype.itemsize)
    end = 0
    for name in order:
        begin, end = end, end + arrays[name].nbytes
        header[name]["data_offsets"] = (begin, end)
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    file.write(len(text).to_bytes(8, "little") + text)
    for name in order:
        array = arrays[name]
        little = array.astype(array.dtype.newbyteorder("<"), order="C", copy=False)
        file.write(little.reshape(-1).view(np.uint8).data)


def read(file: IO[bytes]) -> dict[str, np.ndarray]:
    """Read arrays; a `ValueError` names the entry that is not what it claims."""
    data = contents(file)
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(len(data) - 8, _LONGEST_HEADER):
        raise ValueError(f"its header claims {length} bytes, and the file has {len(data)}")
    tensors = data[8 + length :]
    header = _parse_header(bytes(data[8 : 8 + length]))
    spans = {}
    for name, entry in header.items():
        try:
            spans[name] = _check_entry(entry)
        except ValueError as error:
            raise ValueError(f"entry {name!r}: {error}") from error
    _check_cover(spans, len(tensors))
    arrays = {}
    for name, (dtype, shape, begin, end) in spans.items():
        try:
            arrays[name] = elements(tensors[begin:end], dtype).reshape(shape)
        except ValueError as error:
            raise ValueError(f"entry {name!r}: {error}") from error
    return arrays


def _parse_header(text: bytes) -> dict[str, Any]:
    """The entries by name, without the metadata."""
    try:
        header = json.loads(text.decode(), object_pairs_hook=_without_duplicates)
    except RecursionError:
        raise ValueError("its header is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"its header cannot be read ({error})") from error
    if not isinstance(header, dict):
        raise ValueError("its header is no JSON object")
    header.pop(_METADATA, None)
    return header


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique: dict[str, Any] = {}
    for name, value in pairs:
        if name in unique:
            raise ValueError(f"entry {name!r} is there twice")
        unique[name] = value
    return unique


def _check_entry(entry: Any) -> tuple[str, tuple[int, ...], int, int]:
    """The NumPy code, the shape and the offsets that an entry of the header claims."""
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise ValueError("it needs dtype, shape and data_offsets, and nothing else")
    name, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(name, str) or name not in _DTYPES:
        raise ValueError(f"it has the dtype {name!r}, and known are {', '.join(_DTYPES)}")
    if not _are_sizes(shape) or len(shape) > 32:
        raise ValueError("its shape is no list of up to 32 sizes")
    if not _are_sizes(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise ValueError("its data_offsets are no [begin, end]")
    dtype = _DTYPES[name]
    claimed, given = math.prod(shape) * element_size(dtype), offsets[1] - offsets[0]
    if claimed != given:
        raise ValueError(f"shape {tuple(shape)} of {name} takes {claimed} bytes, not {given}")
    return dtype, tuple(shape), offsets[0], offsets[1]


def _are_sizes(values: Any) -> bool:
    return isinstance(values, list) and all(type(n) is int and 0 <= n < 2**63 for n in values)


def _check_cover(spans: Mapping[str, tuple[str, tuple[int, ...], int, int]], size: int) -> None:
    """Each byte belongs to one tensor: none overlap, none are left over or missing."""
    reached = 0
    for name, (_, _, begin, end) in sorted(spans.items(), key=lambda item: item[1][2:]):
        if begin != reached or end > size:
            raise ValueError(
                f"entry {name!r}: it claims bytes {begin} to {end} of {size}, and the entries "
                f"before it end at {reached}"
            )
        reached = end
    if reached != size:
        raise ValueError(f"its entries cover {reached} of {size} bytes")
