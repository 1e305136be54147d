"""The stepper in a terminal: single keys, redrawn when the window changes its size."""

from __future__ import annotations

import os
import select
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console

from ..settings import kernels
from ..tensor import Tensor
from .debugger import CONTINUE, Debugger, debugger_of
from .examples import EXAMPLES, example_path, shows
from .listing import listing
from .screen import frame
from .script import run_script

_ESCAPED = {
    "[A": "up", "[B": "down", "[C": "right", "[D": "left", "[H": "home", "[F": "end",
    "OA": "up", "OB": "down", "OC": "right", "OD": "left", "OH": "home", "OF": "end",
    "[1~": "home", "[4~": "end", "[7~": "home", "[8~": "end", "[5~": "pageup", "[6~": "pagedown",
}  # fmt: skip
_PLAIN = {"\r": "enter", "\n": "enter", "\x7f": "backspace", "\x08": "backspace", "\x1b": "escape"}
_TICK = 0.1  # seconds between looks at the size of the window


def is_interactive() -> bool:
    """Whether there is a terminal to draw on and a keyboard to read single keys from."""
    try:
        import termios  # noqa: F401
    except ImportError:  # not on this operating system
        return False
    return sys.stdout.isatty() and sys.stdin.isatty() and os.environ.get("TERM") != "dumb"


def examples_text() -> str:
    """The examples, a line each."""
    return "\n".join(f"  {name:12} {shows(name)}" for name in EXAMPLES)


def step(what: str, arguments: tuple[str, ...] = (), call: int = 1) -> None:
    """Step through an example or a script, in the terminal or as a listing.

    Parameters
    ----------
    what : str
        The name of an example, or a path that ends in ``.py``.
    arguments : tuple of str
        What the script finds in ``sys.argv``.
    call : int
        At which ``backward()`` of the script to stop first.

    Raises
    ------
    ValueError
        If there is no such example or script, the script fails, or it does not call
        ``backward()`` so often.
    """
    is_script = what.endswith(".py")
    path = Path(what) if is_script else example_path(what)
    interactive = is_interactive()
    calls = 0

    def visit(tensor: Tensor, gradient: Any) -> bool:
        nonlocal calls
        calls += 1
        if calls < call:
            return True
        title = f"{path.name}, backward() {calls}" if is_script else what
        debugger = debugger_of(tensor, gradient, title, is_script)
        if interactive:
            run(debugger)
            return debugger.ended == CONTINUE
        _print(listing(debugger.stepper, title))
        return False

    # The examples are small: the readable loops do, and nothing waits for a compiler.
    with nullcontext() if is_script else kernels("reference"):
        run_script(path, visit, arguments)
    if calls < call:
        raise ValueError(
            f"{what} calls backward() {calls} times and ends: there is no call {call} to stop at"
        )


def run(debugger: Debugger) -> None:
    """Draw a debugger in this terminal and react to keys until it is ended."""
    output = sys.stdout
    with _single_keys(output):
        drawn: Any = None
        while not debugger.ended:
            size = shutil.get_terminal_size()
            if drawn != size:
                _draw(debugger, output, size)
                drawn = size
            key = _key(sys.stdin.fileno())
            if key:
                debugger.press(key)
                drawn = None


def _print(text: str) -> None:
    """Print formulas where not every letter can be encoded, too."""
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding))


def _draw(debugger: Debugger, output: TextIO, size: os.terminal_size) -> None:
    console = Console(file=output, width=size.columns, force_terminal=True, highlight=False)
    lines = []
    for line in frame(debugger, size.columns, size.lines)[: size.lines]:
        with console.capture() as captured:
            console.print(line, end="", no_wrap=True, overflow="ignore", crop=False)
        lines.append(captured.get() + "\x1b[K")
    output.write("\x1b[H" + "\r\n".join(lines) + "\x1b[J")
    output.flush()


@contextmanager
def _single_keys(output: TextIO) -> Iterator[None]:
    """Read keys as they are pressed, on a screen that is given back afterwards."""
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    output.write("\x1b[?1049h\x1b[?25l\x1b[?7l")  # the other screen, no cursor, no wrapping
    output.flush()
    try:
        tty.setcbreak(descriptor, termios.TCSADRAIN)  # what was typed ahead is kept
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
        output.write("\x1b[?7h\x1b[?25h\x1b[?1049l")
        output.flush()


def _key(descriptor: int) -> str:
    """The name of the key that is pressed; an empty one when for a moment none was."""
    letter = _letter(descriptor, _TICK)
    if letter != "\x1b":
        return _PLAIN.get(letter, letter)
    sequence = _letter(descriptor, 0)
    if sequence not in ("[", "O"):
        return "escape" if not sequence else ""
    while not (sequence[-1].isalpha() or sequence[-1] == "~") or len(sequence) == 1:
        letter = _letter(descriptor, 0)
        if not letter:
            break
        sequence += letter
    return _ESCAPED.get(sequence, "")


def _letter(descriptor: int, seconds: float) -> str:
    """One letter from the terminal, whatever its length in bytes; nothing if none comes."""
    ready, _, _ = select.select([descriptor], [], [], seconds)
    if not ready:
        return ""
    read = os.read(descriptor, 1)
    if not read:  # the terminal is gone
        raise KeyboardInterrupt
    while read[0] >= 0xC0 and len(read) < 4:
        try:
            return read.decode()
        except UnicodeDecodeError:
            read += os.read(descriptor, 1)
    return read.decode(errors="ignore")
