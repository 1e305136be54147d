"""Where compiled kernels are kept between runs.

Numba's disk cache does not notice a change in a function that a kernel calls from another file,
so the folder's name is a hash of everything the machine code depends on: the source of all
kernels, the compiler's version, the processor. A changed kernel starts in an empty folder.
"""

from __future__ import annotations

import functools
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@functools.cache
def cache_folder() -> Path:
    """The folder that holds the compiled kernels; made if it does not exist.

    ``$MINIGRAD_CACHE``, else ``$XDG_CACHE_HOME/minigrad``, else ``~/.cache/minigrad``, and below
    it a folder named by a hash of source, compiler and processor. Where that cannot be written,
    the same below a private folder in the system's temporary directory.
    """
    name = f"kernels-{_fingerprint()}"
    for root in (_preferred_root, _temporary_root):
        try:
            folder = root() / name
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except (OSError, RuntimeError):  # RuntimeError: no home directory
            continue
    return Path(tempfile.mkdtemp(prefix="minigrad-"))


def _preferred_root() -> Path:
    if named := os.environ.get("MINIGRAD_CACHE"):
        return Path(named).expanduser()
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared).expanduser() / "minigrad"
    return Path.home() / ".cache" / "minigrad"


def _temporary_root() -> Path:
    """A folder that only this user can write: what is in the cache will be executed."""
    user = os.getuid() if hasattr(os, "getuid") else "user"
    folder = Path(tempfile.gettempdir()) / f"minigrad-{user}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    private = stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o022
    if not private or (hasattr(os, "getuid") and status.st_uid != user):
        raise PermissionError(f"{folder} belongs to someone else")
    return folder


def _fingerprint() -> str:
    import llvmlite
    import numba
    from numba.core.registry import cpu_target

    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    processor = cpu_target.target_context.codegen().magic_tuple()
    digest.update(repr((numba.__version__, llvmlite.__version__, processor)).encode())
    return digest.hexdigest()[:20]


@contextmanager
def _numba_cache_in(folder: Path) -> Iterator[None]:
    """Numba reads the setting when a function is decorated; other people's keep their own."""
    import numba

    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(folder)
    try:
        yield
    finally:
        config.CACHE_DIR = before


def kernel(function: Callable[..., Any]) -> Any:
    """Compile `function` when first called, and keep the machine code on disk.

    Products and sums may be fused and sums reordered (always in the same order for the same
    shapes); NaN and infinity keep their meaning.
    """
    import numba

    with _numba_cache_in(cache_folder()):
        return numba.njit(nogil=True, cache=True, fastmath={"contract", "reassoc", "nsz"})(function)


def inner(function: Callable[..., Any]) -> Any:
    """Compile `function` as a part of the kernels that call it."""
    import numba

    only_called_by_kernels: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return numba.njit(**only_called_by_kernels)(function)


def inlined(function: Callable[..., Any]) -> Any:
    """Copy `function` into the kernels that call it: no call, no counting of references."""
    import numba

    return numba.njit(inline="always")(function)
