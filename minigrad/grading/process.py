"""The grader's end: a student's process, and the launcher that starts it."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from .sandbox.ladder import RUNGS
from .sandbox.limits import Limits
from .sandbox.wire import Decoder, Message, WireError, encode

_PROGRAM = Path(__file__).parent / "sandbox" / "__main__.py"
_KEPT_OUTPUT = 10_000  # characters of printed text that are kept of each call
_SLICE = 0.2
"""Seconds that are waited at a time."""
_ENVIRONMENT = {
    "LC_ALL": "C.UTF-8", "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PATH": "/usr/bin:/bin",
    "PYTHONHASHSEED": "0", "TZ": "UTC",
}  # fmt: skip


class IsolationError(RuntimeError):
    """This machine cannot hold a student's code in well enough."""


class Stopped(Exception):
    """A student's process gave no answer.

    Attributes
    ----------
    status : str
        ``TIMEOUT``, ``MEMORY``, ``OUTPUT_LIMIT``, ``PROTOCOL`` or ``CRASH``.
    """

    def __init__(self, status: str, text: str):
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Reply:
    """An answer: `kind` is value, loaded, missing, memory, refused or error."""

    kind: str
    value: Any = None
    error: str = ""
    text: str = ""
    printed: str = ""


class Launcher:
    """Starts students' processes, one after the other, with all the isolation there is.

    Parameters
    ----------
    packages : sequence of str
        What a submission may import beside NumPy and Python's own library.
    unisolated : bool
        Run also where the machine offers too little isolation. Never as root.
    rungs : sequence of str
        The means of isolation that may be used, of `sandbox.ladder.RUNGS`.

    Raises
    ------
    IsolationError
        If this machine offers too little isolation.

    Examples
    --------
    >>> from minigrad.grading.process import IsolationError, Launcher
    >>> try:
    ...     with Launcher() as launcher:
    ...         print(launcher.level)
    ... except IsolationError as error:
    ...     print(error)
    limits + ...
    """

    def __init__(
        self,
        packages: Sequence[str] = (),
        unisolated: bool = False,
        rungs: Sequence[str] = RUNGS,
    ):
        if sys.platform != "linux":
            raise IsolationError(f"submissions are graded on Linux only, not on {sys.platform}")
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-I", "-B", str(_PROGRAM), str(theirs.fileno())]
        self._process = subprocess.Popen(
            [*command, ",".join(rungs), *packages],
            env=_ENVIRONMENT,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        theirs.close()
        try:
            hello = self._control.recv(1000)
            if not hello:
                assert self._process.stderr is not None
                text = self._process.stderr.read().decode("utf-8", "replace").strip()
                raise IsolationError(f"the launcher did not start: {text[-2000:]}")
            self.rungs: tuple[str, ...] = tuple(json.loads(hello)["rungs"])
            self._refuse_if_weak(unisolated)
        except BaseException:
            self.close()
            raise

    def _refuse_if_weak(self, unisolated: bool) -> None:
        if os.getuid() == 0 and "user" not in self.rungs:
            raise IsolationError(
                "a student's code is never run as root, and this root cannot become another user: "
                "run the grader as an ordinary user"
            )
        weak = not {"landlock", "namespaces"} & set(self.rungs)
        if (weak or not {"seccomp", "namespaces"} & set(self.rungs)) and not unisolated:
            raise IsolationError(
                f"this machine offers only {self.level}: files or the network would be within "
                "reach of a submission. Grade where Landlock and seccomp or user namespaces are "
                "allowed, or ask for no isolation explicitly, for code that you trust"
            )

    @property
    def level(self) -> str:
        """The isolation in words, as every report has it."""
        return " + ".join(["limits", *self.rungs])

    def start(self, limits: Limits) -> StudentProcess:
        """A fresh student's process."""
        return StudentProcess(self._control, limits)

    def close(self) -> None:
        """End the launcher."""
        self._control.close()
        self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()

    def __enter__(self) -> Launcher:
        return self

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class StudentProcess:
    """A process that answers requests, as long as it keeps to its limits.

    Attributes
    ----------
    cpu, wall : float
        Seconds that it took, as its supervisor measured them; known once it is closed.
    """

    def __init__(self, control: socket.socket, limits: Limits):
        self.limits = limits
        self.cpu = self.wall = 0.0
        self._number = 0
        self._printed = 0
        theirs_in, self._requests = os.pipe()
        self._replies, theirs_out = os.pipe()
        self._output, theirs_output = os.pipe()
        self._life, theirs_life = socket.socketpair()
        theirs = [theirs_in, theirs_out, theirs_output, theirs_life.fileno()]
        socket.send_fds(control, [json.dumps(asdict(limits)).encode()], theirs)
        for descriptor in theirs[:3]:
            os.close(descriptor)
        theirs_life.close()
        for descriptor in (self._requests, self._replies, self._output):
            os.set_blocking(descriptor, False)
        self._left = limits.wall  # only waiting for the process counts, in slices
        self._ended: dict[str, Any] | None = None

    def load(self, main: str, files: dict[str, str], imports: Sequence[str] | None) -> Reply:
        """Run the submission, so that its functions are there."""
        fields = {"kind": "load", "main": main, "imports": None if imports is None else [*imports]}
        return self._ask(fields, files)

    def call(self, function: str, *arguments: Any) -> Reply:
        """Call one of its functions.

        Raises
        ------
        Stopped
            If there is no proper answer. The process is ended.
        """
        return self._ask({"kind": "call", "call": function}, arguments)

    def _ask(self, fields: dict[str, Any], value: Any) -> Reply:
        self._number += 1
        try:
            message, printed = self._exchange(encode({**fields, "number": self._number}, value))
            return _reply(message, self._number, printed)
        except WireError as error:
            self.close()
            raise Stopped("PROTOCOL", f"its answer was {error}") from None
        except Stopped:
            self.close()
            raise

    def _exchange(self, request: bytes) -> tuple[Message, str]:
        """Write a request and read what comes, whichever is possible, until the reply is whole."""
        decoder = Decoder(self.limits.reply)
        output = bytearray()
        view = memoryview(request)
        message = None
        with selectors.DefaultSelector() as selector:
            selector.register(self._replies, selectors.EVENT_READ)
            selector.register(self._output, selectors.EVENT_READ)
            selector.register(self._requests, selectors.EVENT_WRITE)
            while message is None:
                if self._left <= 0:
                    raise Stopped("TIMEOUT", f"no answer in {self.limits.wall:g} s")
                started = time.monotonic()
                ready = selector.select(_SLICE)
                # A slice that took longer than it could was no fault of the process: the machine
                # was asleep or overloaded.
                self._left -= min(time.monotonic() - started, _SLICE)
                for key, _ in ready:
                    if key.fd == self._requests:
                        view = view[self._write(view) :]
                        if not view:
                            selector.unregister(self._requests)
                    elif key.fd == self._output:
                        if not self._read_output(output):
                            selector.unregister(self._output)
                    elif message is None:
                        message = self._read_reply(decoder)
        while self._read_output(output):
            pass
        return message, bytes(output[:_KEPT_OUTPUT]).decode("utf-8", "backslashreplace")

    def _write(self, view: memoryview) -> int:
        try:
            return os.write(self._requests, view[: 1 << 16])
        except BlockingIOError:
            return 0
        except BrokenPipeError:
            raise self._death() from None

    def _read_reply(self, decoder: Decoder) -> Message | None:
        try:
            data = os.read(self._replies, 1 << 16)
        except BlockingIOError:
            return None
        if not data:
            raise self._death()
        return decoder.feed(data)

    def _read_output(self, output: bytearray) -> int:
        """Take what was printed; 0 when there is no more for now."""
        try:
            data = os.read(self._output, 1 << 16)
        except BlockingIOError:
            return 0
        self._printed += len(data)
        if self._printed > self.limits.output:
            raise Stopped("OUTPUT_LIMIT", f"it printed more than {self.limits.output} bytes")
        output += data[: _KEPT_OUTPUT * 4 - len(output)]
        return len(data)

    def _death(self) -> Stopped:
        """Why the process is gone, as its supervisor saw it."""
        self.close()
        assert self._ended is not None
        number = self._ended.get("signal", 0)
        # The kernel ends a process by its ticks, which run ahead of the time that it reports.
        if self.cpu >= 0.9 * self.limits.cpu:
            return Stopped("TIMEOUT", f"it computed for more than {self.limits.cpu:g} s")
        if number == 0:
            return Stopped("CRASH", "the process ended itself")
        return Stopped("CRASH", f"the process was ended by signal {number}")

    def close(self) -> None:
        """End the process and all that it started."""
        if self._ended is not None:
            return
        self._ended = {}
        for descriptor in (self._requests, self._replies, self._output):
            os.close(descriptor)
        # The supervisor sees the end of its life line, kills, and says what it measured.
        with self._life, contextlib.suppress(ValueError, OSError):
            self._life.shutdown(socket.SHUT_WR)
            self._life.settimeout(self.limits.wall + 10)
            self._ended = json.loads(self._life.recv(1000))
            self.cpu, self.wall = self._ended["cpu"], self._ended["wall"]

    def __enter__(self) -> StudentProcess:
        return self

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _reply(message: Message, number: int, printed: str) -> Reply:
    fields = message.fields
    kind = fields.get("kind")
    if fields.get("number") != number or kind not in (
        "value", "loaded", "missing", "memory", "refused", "error"
    ):  # fmt: skip
        raise WireError("a reply to another question")
    texts = [fields.get(name, "") for name in ("type", "text")]
    if not all(type(text) is str for text in texts):
        raise WireError("a reply whose texts are none")
    name, text = (text.encode("utf-8", "replace").decode() for text in texts)
    return Reply(kind, message.value, name[:80], text[:4000], printed)
