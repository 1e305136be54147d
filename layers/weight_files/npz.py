"""The .npz form: a zip archive of .npy files, as numpy.savez writes it."""

from __future__ import annotations

import ast
import math
import os
import zipfile
from collections.abc import Mapping
from typing import IO

import numpy as np

from .archive import DAMAGE, check_sizes

_DATE = (1980, 1, 1, 0, 0, 0)  # the same arrays give the same bytes


def write(arrays: Mapping[str, np.ndarray], file: IO[bytes]) -> None:
    """Write arrays as numpy.savez does."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", _DATE)
            with archive.open(entry, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)


def read(file: IO[bytes]) -> dict[str, np.ndarray]:
    """Read arrays; a `ValueError` names the entry that is not what it claims."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    arrays: dict[str, np.ndarray] = {}
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        check_sizes(entries, size)
        for entry in entries:
            name = entry.filename.removesuffix(".npy")
            if name == entry.filename or name in arrays:
                raise ValueError(f"entry {entry.filename!r} is no array, or there twice")
            try:
                with archive.open(entry) as stream:
                    arrays[name] = _read_npy(stream, entry.file_size)
            except (ValueError, *DAMAGE) as error:
                raise ValueError(f"entry {name!r}: {error}") from error
    return arrays


def _read_npy(stream: IO[bytes], size: int) -> np.ndarray:
    """Read one array; its header must account for every byte of the entry."""
    if stream.read(6) != b"\x93NUMPY":
        raise ValueError("it does not begin as an array")
    version = tuple(stream.read(2))
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"it has the unknown version {version}")
    width = 2 if version == (1, 0) else 4
    length = int.from_bytes(stream.read(width), "little")
    if length > 10_000:
        raise ValueError(f"its header claims {length} bytes")
    dtype, fortran, shape = _parse_header(stream.read(length))
    bytes_claimed = math.prod(shape) * dtype.itemsize
    if 8 + width + length + bytes_claimed != size:
        raise ValueError(
            f"shape {shape} of {dtype} takes {bytes_claimed} bytes, and the entry has "
            f"{size - 8 - width - length}"
        )
    data = bytearray(bytes_claimed)
    view = memoryview(data)
    while view:
        count = stream.readinto(view)  # type: ignore[attr-defined]
        if not count:
            raise ValueError("it ends too early")
        view = view[count:]
    if stream.read(1):  # reaching the end also has the checksum checked
        raise ValueError("it goes on behind its end")
    array = np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")
    return np.require(array, dtype.newbyteorder("="), ["C", "W"])


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
