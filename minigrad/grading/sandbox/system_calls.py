"""System calls of Linux that Python's standard library does not offer."""

from __future__ import annotations

import ctypes
import os
import platform

MACHINE = platform.machine()
"""The processor family, as ``x86_64``."""

PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

# The same number on x86-64 and on 64-bit Arm.
MOUNT_SETATTR = 442
LANDLOCK_CREATE_RULESET = 444
LANDLOCK_ADD_RULE = 445
LANDLOCK_RESTRICT_SELF = 446

PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
CAPSET = {"x86_64": 126, "aarch64": 91}

_libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> int:
    """The result of a call of the C library, or the OSError that it stands for."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def prctl(option: int, *values: int) -> None:
    """Set a property of this process."""
    arguments = [ctypes.c_ulong(v) for v in (*values, 0, 0, 0, 0)[:4]]
    checked(_libc.prctl(option, *arguments), f"prctl {option}")


def system_call(number: int, what: str, *arguments: object) -> int:
    """Make a system call by its number; integers, None and ctypes objects may be passed."""
    passed = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return checked(_libc.syscall(ctypes.c_long(number), *passed), what)


def unshare(flags: int) -> None:
    """Leave the namespaces that `flags` name for new ones."""
    checked(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    """Mount something."""
    result = _libc.mount(
        source.encode(),
        os.fsencode(target),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        data.encode() if data else None,
    )
    checked(result, f"mount {target}")


def unmount(target: str) -> None:
    """Detach a mount, also while it is in use."""
    checked(_libc.umount2(os.fsencode(target), 2), f"umount {target}")


def drop_capabilities() -> None:
    """Give up all capabilities for good."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    system_call(CAPSET[MACHINE], "capset", header, (ctypes.c_uint32 * 6)())
