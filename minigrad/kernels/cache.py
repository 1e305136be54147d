"""Where the machine code of kernels is kept between runs.

The folder's name is a hash of everything the machine code depends on: the source of all kernels,
the compiler's version, the processor. A changed kernel, and another processor, start in an empty
folder. Each file appears as a whole and begins with the hash of its content: what is cut off or
damaged counts as missing. Where nothing can be written, nothing is kept, and that is all.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.util
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

# Folders of former versions and processors go when nobody has used them for so long.
DAYS_KEPT = 30
SECONDS_A_DAY = 24 * 60 * 60
# Settings of Numba's that change the code it makes.
NUMBA_SETTINGS = ("CPU_NAME", "CPU_FEATURES", "ENABLE_AVX", "OPT", "LOOP_VECTORIZE")


def cache_folder() -> Path | None:
    """The folder that keeps compiled kernels, or None where no folder can be written.

    ``$MINIGRAD_CACHE``, else ``$XDG_CACHE_HOME/minigrad``, else ``~/.cache/minigrad``, and below
    it a folder named by a hash of source, compiler and processor. Where that cannot be written,
    the same below a private folder in the system's temporary directory.
    """
    for folder in _folders():
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
    return None


def read(name: str) -> bytes | None:
    """What was written under this name, from the first folder that has it whole."""
    for folder in _folders():
        with contextlib.suppress(OSError):
            content = (folder / name).read_bytes()
            if hashlib.sha256(content[32:]).digest() == content[:32]:
                return content[32:]
    return None


def write(name: str, content: bytes) -> None:
    """Keep `content` under this name in the first folder that takes it."""
    for folder in _folders():
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            new = folder / f"{name}.{os.getpid()}"
            try:
                new.write_bytes(hashlib.sha256(content).digest() + content)
                new.replace(folder / name)
            finally:
                new.unlink(missing_ok=True)
            return


@functools.cache
def _folders() -> tuple[Path, ...]:
    """Where to look and to write, in this order."""
    name = f"kernels-{_fingerprint()}"
    folders = []
    for root in (_preferred_root, _temporary_root):
        with contextlib.suppress(OSError, RuntimeError):  # RuntimeError: no home directory
            folders.append(root() / name)
    for folder in folders:
        with contextlib.suppress(OSError):
            _note_use(folder)
    return tuple(folders)


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


def _note_use(folder: Path) -> None:
    """Once a day, date a folder anew and remove its siblings that nobody has used for long."""
    now = time.time()
    if now - folder.stat().st_mtime < SECONDS_A_DAY:
        return
    os.utime(folder)
    for other in folder.parent.iterdir():
        ours = re.fullmatch(r"kernels-[0-9a-f]{20}", other.name)
        if ours and now - other.lstat().st_mtime > DAYS_KEPT * SECONDS_A_DAY:
            shutil.rmtree(other, ignore_errors=True)


def _fingerprint() -> str:
    import llvmlite

    from minigrad.kernels.registers import processor

    digest = hashlib.sha256()
    # Wherever minigrad and Numba are installed, in this order.
    for file in [*sorted(Path(__file__).parent.glob("*.py")), *_version_of_numba()]:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    settings = [os.environ.get(f"NUMBA_{name}") for name in NUMBA_SETTINGS]
    digest.update(repr((llvmlite.__version__, processor(), settings)).encode())
    return digest.hexdigest()[:20]


def _version_of_numba() -> Iterator[Path]:
    """The file that says which Numba is installed: reading it is faster than asking."""
    spec = importlib.util.find_spec("numba")
    if spec and spec.origin:
        for name in ("__init__.py", "_version.py"):
            file = Path(spec.origin).with_name(name)
            if file.exists():
                yield file
