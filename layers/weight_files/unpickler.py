"""Read pickles that hold plain data, and run nothing.

A pickle is a program for a small stack machine, and Python's own machine imports and calls what
the program names. This one knows only the instructions that build None, numbers, texts, tuples,
lists and dicts; a name leads to an entry of a table that the reader gives, or to an error. Each
instruction takes time and memory in proportion to its own length, so that the whole cannot hang.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Function:
    """What a pickle may call; `call` must not trust its arguments."""

    call: Callable[..., Any]


class Unpickler:
    """One reading of one or several pickles that stand behind each other.

    Parameters
    ----------
    data : bytes
    names : mapping from str to object
        What the names ``"module name"`` stand for; a `Function` can be called.
    persistent : callable
        What a persistent id stands for.

    Attributes
    ----------
    position : int
        Where the next pickle begins.

    Examples
    --------
    >>> import os, pickle
    >>> def load(value):
    ...     return Unpickler(pickle.dumps(value), names={}).load()
    >>> load({"epoch": 3, "loss": [0.5, 0.25]})
    {'epoch': 3, 'loss': [0.5, 0.25]}
    >>> load(os.getcwd)
    Traceback (most recent call last):
    ...
    ValueError: it asks for 'posix.getcwd', which is refused
    """

    def __init__(
        self,
        data: bytes,
        names: Mapping[str, Any],
        persistent: Callable[[Any], Any] | None = None,
    ):
        self.data = data
        self.names = names
        self.persistent = persistent
        self.position = 0
        self._begin()

    def _begin(self) -> None:
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []  # the stacks under each mark
        self.memo: dict[int, Any] = {}

    def load(self) -> Any:
        """The object that the next pickle builds.

        Raises
        ------
        ValueError
            Naming what is refused, or saying that the pickle is damaged.
        """
        self._begin()
        try:
            while (code := self.data[self.position]) != _STOP:
                self.position += 1
                if code not in _INSTRUCTIONS:
                    raise ValueError(
                        f"it holds the instruction {bytes([code])!r}, which is refused"
                    )
                _INSTRUCTIONS[code](self)
            self.position += 1
            return self.stack.pop()
        except (IndexError, KeyError, TypeError, AttributeError, struct.error) as error:
            raise ValueError(f"its pickle is damaged ({type(error).__name__})") from error

    # ---- what the instructions are made of --------------------------------------------------

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if count > len(self.data) - self.position:
            raise ValueError("its pickle ends too early")
        self.position += count
        return self.data[self.position - count : self.position]

    def number(self, width: int, signed: bool = False) -> int:
        return int.from_bytes(self.take(width), "little", signed=signed)

    def text(self, count: int) -> str:
        return self.take(count).decode()

    def line(self) -> str:
        """The text up to the end of the line; no name is longer than this."""
        end = self.data.find(b"\n", self.position, self.position + 200)
        if end < 0:
            raise ValueError("it holds a name without an end")
        line = self.data[self.position : end].decode()
        self.position = end + 1
        return line

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop_mark(self) -> list[Any]:
        """Everything above the last mark."""
        items, self.stack = self.stack, self.below.pop()
        return items

    def mark(self) -> None:
        self.below.append(self.stack)
        self.stack = []

    def find(self, module: str, name: str) -> None:
        key = f"{module} {name}"
        if key not in self.names:
            raise ValueError(f"it asks for {f'{module}.{name}'!r}, which is refused")
        self.push(self.names[key])

    def find_on_stack(self) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self.find(_exactly(str, module)[:200], _exactly(str, name)[:200])

    def call(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if not isinstance(function, Function) or not isinstance(arguments, tuple):
            raise ValueError(f"it calls a {type(function).__name__}, which is refused")
        self.push(function.call(*arguments))

    def attributes(self) -> None:
        """PyTorch hangs notes about versions on a dict; they change no value."""
        self.stack.pop()
        if type(self.stack[-1]) is not dict:
            raise ValueError(f"it sets up a {type(self.stack[-1]).__name__}, which is refused")

    def resolve(self) -> None:
        if self.persistent is None:
            raise ValueError("it refers to data elsewhere, which is refused")
        self.push(self.persistent(self.stack.pop()))

    def pop_tuple(self, count: int) -> None:
        if count > len(self.stack):
            raise IndexError(count)
        items = tuple(self.stack[len(self.stack) - count :])
        del self.stack[len(self.stack) - count :]
        self.push(items)

    def extend(self, items: list[Any]) -> None:
        _exactly(list, self.stack[-1]).extend(items)

    def set_items(self, flat: list[Any]) -> None:
        fill(_exactly(dict, self.stack[-1]), list(zip(flat[::2], flat[1::2], strict=True)))

    def set_item(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.set_items([key, value])

    def memoize(self, index: int) -> None:
        self.memo[index] = self.stack[-1]


def fill(target: dict[Any, Any], pairs: Sequence[Any]) -> dict[Any, Any]:
    """Add pairs to a dict; keys are texts or integers.

    Not tuples, whose hash may never return, nor integers so large that an enemy can choose a
    million of the same hash.

    Examples
    --------
    >>> fill({}, [("a", 1)])
    {'a': 1}
    """
    for key, value in pairs:
        if not isinstance(key, str) and not (isinstance(key, int) and abs(key) < 2**60):
            raise ValueError(f"it uses a {type(key).__name__} as a key, which is refused")
        target[key] = value
    return target


def _exactly(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise ValueError(f"it uses a {type(value).__name__} as a {kind.__name__}")
    return value


_STOP = ord(".")
_INSTRUCTIONS: dict[int, Callable[[Unpickler], Any]] = {
    0x80: lambda m: m.take(1),  # the version
    0x95: lambda m: m.take(8),  # the length of a frame
    ord("("): Unpickler.mark,
    ord("0"): lambda m: m.stack.pop(),
    # constants and numbers
    ord("N"): lambda m: m.push(None),
    0x88: lambda m: m.push(True),
    0x89: lambda m: m.push(False),
    ord("J"): lambda m: m.push(m.number(4, signed=True)),
    ord("K"): lambda m: m.push(m.number(1)),
    ord("M"): lambda m: m.push(m.number(2)),
    0x8A: lambda m: m.push(m.number(m.number(1), signed=True)),
    ord("G"): lambda m: m.push(struct.unpack(">d", m.take(8))[0]),
    # texts, the last two by Python 2
    ord("X"): lambda m: m.push(m.text(m.number(4))),
    0x8C: lambda m: m.push(m.text(m.number(1))),
    0x8D: lambda m: m.push(m.text(m.number(8))),
    ord("T"): lambda m: m.push(m.text(m.number(4))),
    ord("U"): lambda m: m.push(m.text(m.number(1))),
    # tuples, lists and dicts
    ord(")"): lambda m: m.push(()),
    0x85: lambda m: m.pop_tuple(1),
    0x86: lambda m: m.pop_tuple(2),
    0x87: lambda m: m.pop_tuple(3),
    ord("t"): lambda m: m.push(tuple(m.pop_mark())),
    ord("]"): lambda m: m.push([]),
    ord("a"): lambda m: m.extend([m.stack.pop()]),
    ord("e"): lambda m: m.extend(m.pop_mark()),
    ord("}"): lambda m: m.push({}),
    ord("s"): Unpickler.set_item,
    ord("u"): lambda m: m.set_items(m.pop_mark()),
    # what was there before
    ord("q"): lambda m: m.memoize(m.number(1)),
    ord("r"): lambda m: m.memoize(m.number(4)),
    0x94: lambda m: m.memoize(len(m.memo)),
    ord("h"): lambda m: m.push(m.memo[m.number(1)]),
    ord("j"): lambda m: m.push(m.memo[m.number(4)]),
    # names, calls and references
    ord("c"): lambda m: m.find(m.line(), m.line()),
    0x93: Unpickler.find_on_stack,
    ord("R"): Unpickler.call,
    ord("b"): Unpickler.attributes,
    ord("Q"): Unpickler.resolve,
}
