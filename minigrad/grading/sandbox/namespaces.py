"""Namespaces: a root folder with hardly anything in it, no network, no sight of other processes."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence

from .landlock import PACKAGE_FOLDERS
from .system_calls import MACHINE, MOUNT_SETATTR, PIVOT_ROOT, mount, system_call, unmount, unshare

NEW_MOUNTS, NEW_HOSTNAME, NEW_IPC = 0x20000, 0x4000000, 0x8000000
NEW_USERS, NEW_PROCESSES, NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000
_BIND, _RECURSIVE, _PRIVATE = 0x1000, 0x4000, 0x40000
_NO_SETUID, _NO_DEVICES, _READ_ONLY = 2, 4, 1


def enter(readable: Sequence[str]) -> None:
    """Move this process to namespaces of its own, whose root holds only `readable` and /dev/null.

    Only root may do so at once; another user needs a user namespace, which some systems forbid.
    Processes get their own namespace when they are forked: see `NEW_PROCESSES`.

    Raises
    ------
    OSError
        Where the system forbids it.
    """
    user, group = os.getuid(), os.getgid()
    flags = NEW_MOUNTS | NEW_HOSTNAME | NEW_IPC | NEW_NETWORK
    if user:
        unshare(NEW_USERS | flags)
        maps = {"uid_map": f"{user} {user} 1", "gid_map": f"{group} {group} 1"}
        for name, text in {"setgroups": "deny", **maps}.items():
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    else:
        unshare(flags)
    mount("none", "/", None, _RECURSIVE | _PRIVATE)
    _change_root(readable)


def _change_root(readable: Sequence[str]) -> None:
    """Pivot to a file system in memory with views of some folders of the old one."""
    paths = sorted({*readable, "/dev/null"}, key=len)
    # Opened now, for the new root covers the place where some of them may be.
    opened = [os.open(path, os.O_PATH | os.O_CLOEXEC) for path in paths]
    root = "/tmp"
    mount("tmpfs", root, "tmpfs", _NO_SETUID | _NO_DEVICES, "size=1m,mode=755")
    for path, source in zip(paths, opened, strict=True):
        target = root + path
        _make_target(target, os.path.isdir(f"/proc/self/fd/{source}"))
        mount(f"/proc/self/fd/{source}", target, None, _BIND | _RECURSIVE)
        os.close(source)
        for name in PACKAGE_FOLDERS:
            if os.path.isdir(f"{target}/{name}"):
                mount("tmpfs", f"{target}/{name}", "tmpfs", _NO_SETUID | _NO_DEVICES, "size=1m")
    os.chdir(root)
    # The old root lands on top of the new one and is taken off it.
    system_call(PIVOT_ROOT[MACHINE], "pivot_root", b".", b".")
    unmount(".")
    os.chdir("/")
    _make_read_only()


def _make_target(path: str, is_folder: bool) -> None:
    """What a mount needs to lie on."""
    if os.path.exists(path):
        return
    if is_folder:
        os.makedirs(path)
    else:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w"):
            pass


def _make_read_only() -> None:
    """The root and all that is mounted in it."""
    attributes = (ctypes.c_uint64 * 4)(_READ_ONLY, 0, 0, 0)
    here, recursive = -100, 0x8000
    system_call(
        MOUNT_SETATTR, "read-only root", here, b"/", recursive, ctypes.byref(attributes), 32
    )
