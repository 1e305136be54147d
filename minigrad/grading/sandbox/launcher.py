"""A process that has NumPy loaded and forks one supervisor, and it one student's process, a job.

It is started as ``python -I -B`` with a clean environment and runs no student's code itself. A job
arrives as a short description with four descriptors: where requests come from, where replies and
printed text go, and the life line. When the other end of the life line is closed, by choice or
because the grader died, the supervisor ends the whole process tree.
"""

from __future__ import annotations

import array
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import time
from collections.abc import Sequence

from . import namespaces, student
from .ladder import Ladder
from .limits import Limits
from .system_calls import PR_SET_CHILD_SUBREAPER, PR_SET_DUMPABLE, prctl

_PRELOADED = ("numpy", "numpy.random", "numpy.linalg", "numpy.fft", "decimal", "hashlib")


def main(control_descriptor: int, rungs: Sequence[str], packages: Sequence[str]) -> None:
    """Serve jobs until the control socket is closed."""
    control = socket.socket(fileno=control_descriptor)
    for name in (*_PRELOADED, *packages):
        importlib.import_module(name)
    ladder = Ladder(rungs)
    prctl(PR_SET_DUMPABLE, 0)  # only now: a user namespace is set up through /proc/self
    control.sendall(json.dumps({"rungs": ladder.rungs}).encode())
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for supervisors
    gc.collect()
    gc.freeze()
    number = 0
    while True:
        text, descriptors = _received(control)
        if not text:
            return
        number += 1
        if os.fork() == 0:
            try:
                control.close()
                _supervise(number, Limits(**json.loads(text)), ladder, descriptors)
            finally:
                os._exit(0)
        for descriptor in descriptors:
            os.close(descriptor)


def _received(control: socket.socket) -> tuple[bytes, list[int]]:
    text, ancillary, _, _ = control.recvmsg(1000, socket.CMSG_SPACE(4 * 4))
    descriptors = array.array("i")
    for _, _, data in ancillary:
        descriptors.frombytes(data)
    return text, list(descriptors)


def _supervise(number: int, limits: Limits, ladder: Ladder, descriptors: list[int]) -> None:
    """Start the student's process, and end it and all that it started when its time is up."""
    requests, replies, output, life = descriptors
    os.setsid()
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if "namespaces" in ladder:
        namespaces.unshare(namespaces.NEW_PROCESSES)
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(life)
            _lock_in(number, limits, ladder, output)
            student.serve(requests, replies)
            status = 0
        finally:
            os._exit(status)
    for descriptor in (requests, replies, output):
        os.close(descriptor)
    ended = os.pidfd_open(child)
    with selectors.DefaultSelector() as selector:
        selector.register(ended, selectors.EVENT_READ)
        selector.register(life, selectors.EVENT_READ)
        selector.select()
    os.kill(child, signal.SIGKILL)
    _, status, usage = os.wait4(child, 0)
    wall = time.monotonic() - started
    _end_orphans()
    report = {
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
        "cpu": usage.ru_utime + usage.ru_stime,
        "wall": wall,
        "memory": usage.ru_maxrss * 1024,
    }
    os.write(life, json.dumps(report).encode())


def _lock_in(number: int, limits: Limits, ladder: Ladder, output: int) -> None:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    for which in (signal.SIGXFSZ, signal.SIGINT, signal.SIGPIPE):
        signal.signal(which, signal.SIG_DFL if which is not signal.SIGXFSZ else signal.SIG_IGN)
    ladder.climb(number)
    limits.enforce(counts_processes="user" in ladder)


def _end_orphans() -> None:
    """Kill what the student's process left behind: orphans are handed to the supervisor."""
    while True:
        for child in _children():
            os.kill(child, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _children() -> list[int]:
    """The processes whose parent this one is; none where /proc is not to be seen."""
    found = []
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if name.isdecimal():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    parent = int(file.read().rpartition(b")")[2].split()[1])
            except OSError:  # it has ended meanwhile
                continue
            if parent == os.getpid():
                found.append(int(name))
    return found
