"""Run a script as far as its ``backward()``, or from one to the next."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..tape import Node
from ..tensor import Tensor
from .labels import printable
from .recording import recording

Visit = Callable[[Tensor, Any], bool]
"""Called with the tensor and the gradient given; whether the script shall go on."""


class _Stopped(BaseException):
    """Ends a script from inside its ``backward()``; no script catches it by accident."""


def run_script(path: str | Path, visit: Visit, arguments: tuple[str, ...] = ()) -> int:
    """Run a script, and call `visit` in the place of each ``backward()``, before it.

    Parameters
    ----------
    path : path
        A Python file. It is run as a program of its own: run only what you trust.
    visit : callable
        ``visit(tensor, gradient)``; the script ends there unless it returns true.
    arguments : tuple of str
        What the script finds in ``sys.argv`` behind its own name.

    Returns
    -------
    int
        How many calls of ``backward()`` were visited.

    Raises
    ------
    ValueError
        If there is no such file, or the script fails.
    """
    path = Path(path)
    if path.suffix != ".py" or not path.is_file():
        raise ValueError(f"{path} is not a Python file: give one that ends in .py")
    # The file's bare name, so that a script in the package is a user's script too.
    code = _compiled(path)
    visited = 0

    def backward(self: Tensor, grad: Any = None, *args: Any, **options: Any) -> None:
        nonlocal visited
        visited += 1
        if not visit(self, grad):
            raise _Stopped
        original(self, grad, *args, **options)

    original = Tensor.backward
    with recording(), _as_program(path, arguments), _replaced_backward(backward):
        names = {"__name__": "__main__", "__file__": str(path), "__builtins__": __builtins__}
        try:
            exec(code, names)
        except _Stopped:
            pass
        except SystemExit as end:
            if end.code not in (None, 0):
                raise ValueError(f"{path} ended with exit status {end.code}") from end
        except BrokenPipeError:  # the fault of whoever reads what is printed
            raise
        except Exception as error:
            line = _failing_line(error, path)
            raise ValueError(f"{path}{line} failed: {type(error).__name__}: {error}") from error
    return visited


def tensor_at_backward(
    path: str | Path, call: int = 1, arguments: tuple[str, ...] = ()
) -> tuple[Tensor, Any]:
    """What a script calls ``backward()`` on, and with which gradient.

    Parameters
    ----------
    path : path
    call : int
        The first call, the second, …

    Raises
    ------
    ValueError
        If the script does not get there.
    """
    found: list[tuple[Tensor, Any]] = []

    def visit(tensor: Tensor, gradient: Any) -> bool:
        found.append((tensor, gradient))
        return len(found) < call

    calls = run_script(path, visit, arguments)
    if calls < call:
        raise ValueError(
            f"{path} calls backward() {calls} times and ends: there is no call {call} to stop at"
        )
    return found[-1]


def source_line(node: Node) -> str:
    """The text of the user's line that recorded a node, or nothing."""
    code = getattr(node, "_code", None)
    _, _, line = node.where.rpartition(":")
    text = linecache.getline(code.co_filename, int(line)) if code and line else ""
    return printable(text.strip())


def _compiled(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    linecache.cache[path.name] = (len(text), None, text.splitlines(keepends=True), path.name)
    try:
        return compile(text, path.name, "exec")
    except SyntaxError as error:
        raise ValueError(f"{path}, line {error.lineno}: {error.msg}") from error


def _failing_line(error: Exception, path: Path) -> str:
    trace = error.__traceback__
    line = ""
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path.name:
            line = f", line {trace.tb_lineno},"
        trace = trace.tb_next
    return line


@contextmanager
def _as_program(path: Path, arguments: tuple[str, ...]) -> Iterator[None]:
    argv, folders = sys.argv, list(sys.path)
    sys.argv = [str(path), *arguments]
    sys.path.insert(0, str(path.resolve().parent))
    try:
        yield
    finally:
        sys.argv, sys.path[:] = argv, folders


@contextmanager
def _replaced_backward(backward: Callable) -> Iterator[None]:
    original = Tensor.backward
    setattr(Tensor, "backward", backward)  # noqa: B010
    try:
        yield
    finally:
        setattr(Tensor, "backward", original)  # noqa: B010
