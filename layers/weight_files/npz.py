"""The .npz form: a zip archive of .npy files, as numpy.savez writes it."""

from __future__ import annotations

import ast
import math
import struct
import zipfile
from collections.abc import Mapping
from typing import IO

import numpy as np

from .archive import DAMAGE, check_sizes, entry_bytes
from .raw import contents

_DATE = (1980, 1, 1, 0, 0, 0)  # the same arrays give the same bytes
_HEAD = 30 + 20  # bytes before an entry: a fixed part, its name, and what zip64 adds
_ALIGNMENT = 64
_PADDING = 0xD935  # the kind of field that zipalign pads with


def write(arrays: Mapping[str, np.ndarray], file: IO[bytes]) -> None:
    """Write arrays as numpy.savez does, and each where its elements can be mapped."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", _DATE)
            entry.extra = _padding(file.tell() + _HEAD + len(entry.filename.encode()))
            with archive.open(entry, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)


def _padding(position: int) -> bytes:
    """A field for an entry's head, after which its bytes begin at a multiple of `_ALIGNMENT`."""
    length = -position % _ALIGNMENT
    if 0 < length < 4:  # the field itself takes 4 bytes
        length += _ALIGNMENT
    return struct.pack("<HH", _PADDING, length - 4) + bytes(length - 4) if length else b""


def read(file: IO[bytes]) -> dict[str, np.ndarray]:
    """Read arrays; a `ValueError` names the entry that is not what it claims."""
    data = contents(file)
    file.seek(0)
    arrays: dict[str, np.ndarray] = {}
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        check_sizes(entries, len(data))
        for entry in entries:
            name = entry.filename.removesuffix(".npy")
            if name == entry.filename or name in arrays:
                raise ValueError(f"entry {entry.filename!r} is no array, or there twice")
            try:
                if entry.compress_type == zipfile.ZIP_STORED:
                    arrays[name] = _array(entry_bytes(entry, data))
                else:
                    arrays[name] = _array(_unpacked(archive, entry))
            except (ValueError, *DAMAGE) as error:
                raise ValueError(f"entry {name!r}: {error}") from error
    return arrays


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> memoryview:
    """The bytes of a compressed entry, as many as it claims; memory is taken as they come."""
    with archive.open(entry) as stream:
        content = bytearray(stream.read(entry.file_size))
        if len(content) < entry.file_size:
            raise ValueError("it ends too early")
        if stream.read(1):  # reaching the end also has the checksum checked
            raise ValueError("it goes on behind its end")
    return memoryview(content)


def _array(data: memoryview) -> np.ndarray:
    """The array in an entry; its header must account for every byte."""
    if data[:6] != b"\x93NUMPY":
        raise ValueError("it does not begin as an array")
    version = tuple(data[6:8])
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"it has the unknown version {version}")
    begin = 10 if version == (1, 0) else 12
    length = int.from_bytes(data[8:begin], "little")
    if length > 10_000:
        raise ValueError(f"its header claims {length} bytes")
    dtype, fortran, shape = _parse_header(bytes(data[begin : begin + length]))
    elements = data[begin + length :]
    claimed = math.prod(shape) * dtype.itemsize
    if claimed != len(elements):
        raise ValueError(
            f"shape {shape} of {dtype} takes {claimed} bytes, and the entry has {len(elements)}"
        )
    array = np.frombuffer(elements, dtype).reshape(shape, order="F" if fortran else "C")
    return np.require(array, dtype.newbyteorder("="), ["A", "C", "W"])


def _parse_header(header: bytes) -> tuple[np.dtype, bool, tuple[int, ...]]:
    try:
        fields = ast.literal_eval(header.decode("latin1").strip())
        shape, fortran, descr = fields["shape"], fields["fortran_order"], fields["descr"]
        if not isinstance(descr, str):
            raise ValueError(f"dtype {descr!r}")
        dtype = np.dtype(descr)
    except Exception as error:  # whatever a text that is no header does to the parser
        raise ValueError(f"its header cannot be read ({type(error).__name__})") from error
    if dtype.kind not in "fiub" or dtype.subdtype is not None:
        raise ValueError(f"it holds {dtype}, not real numbers")
    if not isinstance(shape, tuple) or any(type(n) is not int or n < 0 for n in shape):
        raise ValueError(f"its header claims the shape {shape!r}")
    if len(shape) > 32 or not isinstance(fortran, bool):
        raise ValueError("its header makes no sense")
    return dtype, fortran, shape
