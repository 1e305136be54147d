"""Landlock: of all files only some folders can be read, and nothing can be written."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence

from .system_calls import (
    LANDLOCK_ADD_RULE,
    LANDLOCK_CREATE_RULESET,
    LANDLOCK_RESTRICT_SELF,
    PR_SET_NO_NEW_PRIVS,
    prctl,
    system_call,
)

_WRITE_FILE, _READ_FILE, _READ_FOLDER = 1 << 1, 1 << 2, 1 << 3
# How many kinds of access to files each version of the interface knows.
_KINDS = {1: 13, 2: 14, 3: 15, 4: 15}
_NEWEST = 16  # from version 5 on, with ioctl on devices

PACKAGE_FOLDERS = {"site-packages", "dist-packages"}
"""Where packages are installed: of these, only what is asked for is readable."""


class _Ruleset(ctypes.Structure):
    _fields_ = [
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    ]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("access", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def version() -> int:
    """The version of the kernel's Landlock; an OSError where there is none."""
    return system_call(LANDLOCK_CREATE_RULESET, "landlock", None, 0, 1)


def ruleset(readable: Sequence[str]) -> int:
    """A descriptor of the rules: what is beneath `readable` can be read, /dev/null be written.

    Of a folder with site-packages in it, that one is left out. TCP (from version 4 on) and signals
    to processes outside (from 6 on) are refused too.
    """
    newest = version()
    rules = _Ruleset((1 << _KINDS.get(newest, _NEWEST)) - 1, 0b11, 0b11)
    size = 8 if newest < 4 else 16 if newest < 6 else 24
    made = system_call(LANDLOCK_CREATE_RULESET, "landlock ruleset", ctypes.byref(rules), size, 0)
    for path in readable:
        if not os.path.isdir(path):
            _allow(made, path, _READ_FILE)
            continue
        entries = set(os.listdir(path))
        if not entries & PACKAGE_FOLDERS:
            _allow(made, path, _READ_FILE | _READ_FOLDER)
            continue
        _allow(made, path, _READ_FOLDER)
        for entry in entries - PACKAGE_FOLDERS:
            whole = os.path.join(path, entry)
            if not os.path.exists(whole):  # a link out of the private root
                continue
            _allow(made, whole, _READ_FILE | (_READ_FOLDER if os.path.isdir(whole) else 0))
    _allow(made, "/dev/null", _READ_FILE | _WRITE_FILE)
    return made


def restrict(rules: int) -> None:
    """Put a ruleset over this process for good."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    system_call(LANDLOCK_RESTRICT_SELF, "landlock restriction", rules, 0)


def _allow(rules: int, path: str, access: int) -> None:
    folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _Beneath(access, folder)
        system_call(LANDLOCK_ADD_RULE, f"landlock {path}", rules, 1, ctypes.byref(rule), 0)
    finally:
        os.close(folder)
