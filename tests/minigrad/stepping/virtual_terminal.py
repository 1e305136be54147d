"""A program in a pseudo-terminal: press keys, look at the screen that it drew."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

ROOT = Path(__file__).parents[3]
_PATIENCE = 60.0  # seconds until a screen that does not come is a failure
_SEQUENCE = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])")


def _take_terminal():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C in it reaches the program


class Terminal:
    """`minigrad` with some arguments, in a terminal of a size."""

    def __init__(self, *arguments, rows=24, columns=80, **environment):
        self._master, slave = pty.openpty()
        self._size(slave, rows, columns)
        variables = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
        for name in ("NO_COLOR", "COLUMNS", "LINES", "FORCE_COLOR"):
            variables.pop(name, None)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "techniques.cli", *arguments],
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env={**variables, **environment}, preexec_fn=_take_terminal,
        )  # fmt: skip
        os.close(slave)
        self.raw = ""

    def _size(self, descriptor, rows, columns):
        self.rows, self.columns = rows, columns
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, rows, columns):
        """Change the size of the window, as a user who drags its corner."""
        self._size(self._master, rows, columns)
        self._process.send_signal(signal.SIGWINCH)

    def press(self, keys):
        """Type some keys."""
        os.write(self._master, keys.encode())

    def wait(self, text):
        """Wait until the screen holds a text; return the screen's lines."""
        return self.wait_for(lambda screen: text in "\n".join(screen), text)

    def wait_for(self, condition, what="a screen"):
        """Wait until the screen fulfils a condition; return its lines."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            screen = self.screen()
            if condition(screen):
                return screen
            self._read(0.1)
        raise AssertionError(f"never came: {what}; the screen was\n" + "\n".join(self.screen()))

    def _read(self, seconds):
        ready, _, _ = select.select([self._master], [], [], seconds)
        if ready:
            try:
                self.raw += os.read(self._master, 1 << 16).decode(errors="replace")
            except OSError:  # the program has ended
                time.sleep(seconds)

    def screen(self):
        """The lines of the last screen that was drawn to its end."""
        lines = [[" "] * self.columns for _ in range(self.rows)]
        row = column = 0
        end = self.raw.rfind("\x1b[J")
        drawn = self.raw[self.raw.rfind("\x1b[H", 0, end) : end] if end >= 0 else ""
        place = 0
        while place < len(drawn):
            match = _SEQUENCE.match(drawn, place)
            if match:
                place = match.end()
                if match[2] == "H":
                    row = column = 0
                continue
            letter = drawn[place]
            place += 1
            if letter == "\n":
                row += 1
            elif letter == "\r":
                column = 0
            elif 0 <= row < self.rows and 0 <= column < self.columns:
                lines[row][column] = letter
                column += letter != "\u0304"  # a macron stands over the letter before it
        return ["".join(line).rstrip() for line in lines]

    def end(self):
        """Wait for the program to end; return its exit status."""
        end = time.monotonic() + _PATIENCE
        while self._process.poll() is None and time.monotonic() < end:
            self._read(0.1)
        self._read(0.1)
        return self._process.poll()

    def close(self):
        """End the program if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._master)
