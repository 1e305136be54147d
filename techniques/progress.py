"""A bar on the terminal for what takes more than a moment."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Item = TypeVar("Item")
_TAKEN: ContextVar[bool] = ContextVar("taken", default=False)


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int, str], None]]:
    """Show a bar with the time taken and left while entered.

    Elsewhere than on a terminal, or inside another bar, nothing is shown.

    Yields a function that is told how many steps are done, how many there are, and what to write
    beside the bar.
    """
    if _TAKEN.get() or not sys.stderr.isatty():
        yield lambda done, steps, text: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        BarColumn(), TimeElapsedColumn(), TextColumn("and"), TimeRemainingColumn(),
        TextColumn("left: {task.description}"),
    )  # fmt: skip
    with only_bar(), Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)

        def show(done: int, steps: int, text: str) -> None:
            progress.update(task, completed=done, total=steps, description=text)

        yield show


@contextmanager
def only_bar() -> Iterator[None]:
    """Let no other bar be shown while entered."""
    before = _TAKEN.get()
    _TAKEN.set(True)
    try:
        yield
    finally:
        _TAKEN.set(before)


def tracked(items: Sequence[Item], text: str) -> Iterator[Item]:
    """The items, one after the other, with a bar that counts them.

    Examples
    --------
    >>> from techniques.progress import tracked
    >>> sum(tracked(range(4), "adding"))
    6
    """
    with progress_bar() as show:
        for done, item in enumerate(items):
            show(done, len(items), text)
            yield item
