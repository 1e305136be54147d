"""Weight files: written so that a crash never leaves half of one, read as if by an enemy."""

from __future__ import annotations

import ast
import math
import os
import secrets
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

import minigrad as mg

from .module import Module

# What reading a damaged archive raises, besides ValueError.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError,
    MemoryError, OverflowError, OSError,
)  # fmt: skip
# A compressed archive may unpack to this many bytes, or to so many times its size.
_UNPACKED = 2**30
_RATIO = 20
_EMPTY = 22  # bytes of an archive without entries
_DATE = (1980, 1, 1, 0, 0, 0)  # the same arrays give the same bytes


def save(module_or_arrays: Module | Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Write a module's parameters and buffers, or a dict of arrays, to a file.

    The file appears under its name when it is complete; until then the old one stays.

    Parameters
    ----------
    module_or_arrays : Module or mapping from str to array_like
    path : path
        Its suffix names the format: ``.npz``.

    Raises
    ------
    ValueError
        If the suffix is unknown, or an entry has no name or does not hold real numbers. Nothing
        is written then.

    Examples
    --------
    >>> import layers, numpy as np, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     layers.save({"scale": np.array([1.0, 2.0])}, f"{folder}/weights.npz")
    ...     layers.load(f"{folder}/weights.npz")
    {'scale': array([1., 2.])}
    """
    write = _format(path)[1]
    state = module_or_arrays
    arrays = state.state_dict() if isinstance(state, Module) else _arrays(state)
    with replacing(path) as file:
        write(arrays, file)


def load(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Read the arrays of a weight file by name, for `Module.load_state_dict`.

    Parameters
    ----------
    path : path
        Its suffix names the format: ``.npz``.

    Raises
    ------
    ValueError
        If the suffix is unknown, or the file is damaged, truncated, or not what it claims to be;
        the error names the file and the entry.
    OSError
        If there is no such file or it cannot be read.

    Notes
    -----
    Nothing is unpickled, and sizes are checked against the file before memory is taken.
    """
    path = Path(path)
    read = _format(path)[0]
    with path.open("rb") as file:
        try:
            return read(file)
        except (ValueError, *_DAMAGE) as error:
            raise ValueError(f"{path} is not a readable weight file: {error}") from error


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file to write that takes its name only when the ``with`` ends without an error.

    Written to a temporary file beside it, flushed to the disk, then renamed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "notes"
    ...     with replacing(path) as file:
    ...         _ = file.write(b"complete")
    ...     path.read_bytes()
    b'complete'
    """
    path = Path(os.path.realpath(path))
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Have the new name reach the disk too, where the system can do that."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _format(path: str | os.PathLike[str]) -> tuple[Callable, Callable]:
    suffix = Path(path).suffix.lower()
    if suffix not in _FORMATS:
        raise ValueError(
            f"{os.fspath(path)!r} has the suffix {suffix!r}, and weight files are known as "
            f"{', '.join(_FORMATS)}"
        )
    return _FORMATS[suffix]


def _arrays(arrays: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Check what is to be saved."""
    if not isinstance(arrays, Mapping):
        raise TypeError(
            f"save takes a Module or a dict from name to array, not {type(arrays).__name__}"
        )
    checked = {}
    for name, value in arrays.items():
        if not isinstance(name, str) or not name or "\0" in name:
            raise ValueError(f"{name!r} cannot name an entry: use a text")
        array = value.array if isinstance(value, mg.Tensor) else np.asarray(value)
        if array.dtype.kind not in "fiub":
            raise ValueError(f"{name!r} holds {array.dtype}; only real numbers can be saved")
        checked[name] = array
    return checked


# ---- .npz: a zip archive of .npy files, as numpy.savez writes it ------------------------------


def _write_npz(arrays: Mapping[str, np.ndarray], file: IO[bytes]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", _DATE)
            with archive.open(entry, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)


def _read_npz(file: IO[bytes]) -> dict[str, np.ndarray]:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    arrays: dict[str, np.ndarray] = {}
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        _check_sizes(entries, size)
        for entry in entries:
            name = entry.filename.removesuffix(".npy")
            if name == entry.filename or name in arrays:
                raise ValueError(f"entry {entry.filename!r} is no array, or there twice")
            try:
                with archive.open(entry) as stream:
                    arrays[name] = _read_npy(stream, entry.file_size)
            except (ValueError, *_DAMAGE) as error:
                raise ValueError(f"entry {name!r}: {error}") from error
    return arrays


def _check_sizes(entries: list[zipfile.ZipInfo], size: int) -> None:
    """Refuse an archive whose table of contents cannot be true, or that is a bomb."""
    if not entries and size > _EMPTY:
        raise ValueError(f"its table of contents is empty, and the file has {size} bytes")
    if sum(entry.compress_size for entry in entries) > size:
        raise ValueError(f"its entries claim to be larger than the file of {size} bytes")
    for entry in entries:
        if entry.compress_type == zipfile.ZIP_STORED and entry.compress_size != entry.file_size:
            raise ValueError(f"entry {entry.filename!r} claims two sizes")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > max(_UNPACKED, _RATIO * size):
        raise ValueError(f"its {size} bytes claim to unpack to {unpacked}")


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


_FORMATS: dict[str, tuple[Callable, Callable]] = {".npz": (_read_npz, _write_npz)}
