"""Weight files: written so that a crash never leaves half of one, read as if by an enemy."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

import minigrad as mg

from .module import Module
from .weight_files import npz, pth, safetensors
from .weight_files.archive import DAMAGE


class _Format(NamedTuple):
    read: Callable[[IO[bytes]], dict[str, np.ndarray]]
    write: Callable[[Mapping[str, np.ndarray], IO[bytes]], None] | None


_FORMATS = {
    ".npz": _Format(npz.read, npz.write),
    ".safetensors": _Format(safetensors.read, safetensors.write),
    ".pth": _Format(pth.read, None),
    ".pt": _Format(pth.read, None),
}


def save(module_or_arrays: Module | Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Write a module's parameters and buffers, or a dict of arrays, to a file.

    The file appears under its name when it is complete; until then the old one stays.

    Parameters
    ----------
    module_or_arrays : Module or mapping from str to array_like
    path : path
        Its suffix names the format: ``.npz`` or ``.safetensors``.

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
    write = _format(path).write
    if write is None:
        raise ValueError(
            f"{os.fspath(path)!r}: PyTorch's files are read, not written; save as .safetensors, "
            "which PyTorch users read too, or as .npz"
        )
    state = module_or_arrays
    arrays = state.state_dict() if isinstance(state, Module) else _arrays(state)
    with replacing(path) as file:
        write(arrays, file)


def load(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Read the arrays of a weight file by name, for `Module.load_state_dict`.

    Parameters
    ----------
    path : path
        Its suffix names the format: ``.npz``, ``.safetensors``, or PyTorch's ``.pth`` and
        ``.pt`` in both forms (a zip archive, and what versions before 1.6 wrote).

    Returns
    -------
    dict from str to array
        In the file's order, writeable, in the machine's byte order; bfloat16 becomes float32.

    Raises
    ------
    ValueError
        If the suffix is unknown, or the file is damaged, truncated, or not what it claims to be;
        the error names the file and the entry.
    OSError
        If there is no such file or it cannot be read.

    Notes
    -----
    No code in a file is ever run, and sizes are checked against the file before memory is taken.

    Of a PyTorch checkpoint, the one dict of tensors is returned, whether it is the whole or one
    of the entries (such as ``"state_dict"`` or ``"model"``), and what is beside it or in it and
    no tensor is left out. Where several entries are dicts of tensors, the error lists them.
    Tensors that share their memory in a PyTorch file do so here.

    The arrays of a large file are mapped from the disk, if it is not compressed: they take no
    memory until they are used, and are never written back. While they are in use, replace the
    file (as `save` does) rather than write into it.

    Examples
    --------
    >>> import layers, tempfile
    >>> path = tempfile.mkdtemp() + "/line.npz"
    >>> layers.save(layers.Linear(2, 1), path)
    >>> sorted(layers.load(path))
    ['bias', 'weight']
    """
    path = Path(path)
    read = _format(path).read
    with path.open("rb") as file:
        try:
            return read(file)
        except (ValueError, *DAMAGE) as error:
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


def _format(path: str | os.PathLike[str]) -> _Format:
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
