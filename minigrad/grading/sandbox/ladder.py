"""The rungs of isolation: which this machine offers, found by trying, and how to climb them.

``user``        the process belongs to a user of its own (only root can do that)
``namespaces``  a root folder with nothing but Python in it, no network, no other process in sight
``landlock``    no file can be written, and only Python's own be read
``seccomp``     no network, no other process, no change to files' metadata

The limits of `limits.py` hold on top of any of them.
"""

from __future__ import annotations

import os
import socket
import sys
import sysconfig
from collections.abc import Callable, Sequence

from . import landlock, namespaces, seccomp
from .system_calls import drop_capabilities

RUNGS = ("user", "namespaces", "landlock", "seccomp")
_NOT_IMPORTED = {"sandbox", "__main__", "sitecustomize", "usercustomize"}
_FIRST_USER, _USERS = 61184, 4000  # the range that systems keep for users that come and go


def readable_paths() -> list[str]:
    """Where Python finds what a submission may import: its own library and what is loaded now."""
    paths = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    loaded = {name.partition(".")[0] for name in sys.modules} - _NOT_IMPORTED
    for name in loaded - set(sys.stdlib_module_names):
        file = getattr(sys.modules.get(name), "__file__", None)
        if file:
            folder = os.path.dirname(file)
            paths.add(folder if os.path.basename(folder) == name else file)
            paths.add(f"{folder}.libs")  # the shared libraries of a wheel
    libraries = sysconfig.get_config_var("MULTIARCH")
    paths |= {f"/lib/{libraries}", f"/usr/lib/{libraries}", "/lib64"} if libraries else {"/lib64"}
    return sorted(path for path in paths if path and os.path.exists(path))


def works(attempt: Callable[[], bool]) -> bool:
    """Whether something works, tried in a process that is then gone."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if attempt() else 1
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] == 0


def drop_user(user: int) -> None:
    """Become another user for good, one without groups or capabilities."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    drop_capabilities()


def user_for(number: int) -> int:
    """The user of the job of that number."""
    return _FIRST_USER + number % _USERS


def _fails(action: Callable[[], object]) -> bool:
    try:
        action()
    except OSError:
        return True
    return False


def _user_works() -> bool:
    drop_user(user_for(0))
    return os.getresuid() == (user_for(0),) * 3 and _fails(lambda: os.setuid(0))


def _landlock_works(readable: Sequence[str]) -> bool:
    landlock.restrict(landlock.ruleset(readable))
    os.listdir(readable[0])
    return _fails(lambda: os.listdir("/")) and _fails(lambda: os.open("/tmp/x", os.O_CREAT))


def _seccomp_works() -> bool:
    seccomp.restrict()
    return _fails(socket.socket) and _fails(os.fork)


def _namespaces_work(readable: Sequence[str]) -> bool:
    namespaces.enter(readable)
    namespaces.unshare(namespaces.NEW_PROCESSES)
    child = os.fork()
    if child == 0:
        os._exit(0 if os.getpid() == 1 else 1)
    return os.waitpid(child, 0)[1] == 0 and sorted(os.listdir("/dev")) == ["null"]


class Ladder:
    """The rungs that this process climbs for each student's process.

    Parameters
    ----------
    rungs : sequence of str
        Those that may be used, of `RUNGS`.
    """

    def __init__(self, rungs: Sequence[str]):
        readable = readable_paths()
        tests: dict[str, Callable[[], bool]] = {
            "user": lambda: os.getuid() == 0 and _user_works(),
            "namespaces": lambda: _namespaces_work(readable),
            "landlock": lambda: _landlock_works(readable),
            "seccomp": _seccomp_works,
        }
        self.rungs = [rung for rung in RUNGS if rung in rungs and works(tests[rung])]
        if "namespaces" in self.rungs:
            namespaces.enter(readable)
        self._ruleset = landlock.ruleset(readable) if "landlock" in self.rungs else -1

    def __contains__(self, rung: str) -> bool:
        return rung in self.rungs

    def climb(self, number: int) -> None:
        """Lock this process in for good, as the job of that number."""
        if "user" in self:
            drop_user(user_for(number))
        elif os.getuid() == 0:
            raise PermissionError("a student's code is never run as root")
        elif "namespaces" in self:
            drop_capabilities()
        if "landlock" in self:
            landlock.restrict(self._ruleset)
        if "seccomp" in self:
            seccomp.restrict()
