"""A bar on the terminal for what takes more than a moment."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Step = TypeVar("Step")

_shown: ContextVar[bool] = ContextVar("techniques_progress_shown", default=False)


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int, str], None]]:
    """Show a bar while entered; elsewhere than on a terminal, or inside another bar, nothing.

    Yields a function that is told how many steps are done, how many there are, and what to write
    beside the bar.
    """
    if not sys.stderr.isatty() or _shown.get():
        yield lambda done, steps, text: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}")
    token = _shown.set(True)
    try:
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("", total=None)

            def show(done: int, steps: int, text: str) -> None:
                progress.update(task, completed=done, total=steps, description=text)

            yield show
    finally:
        _shown.reset(token)


def track(steps: Sequence[Step], text: str) -> Iterator[Step]:
    """Go through `steps` with a bar.

    Examples
    --------
    >>> from techniques.progress import track
    >>> [step for step in track(range(3), "counting")]
    [0, 1, 2]
    """
    with progress_bar() as show:
        for done, step in enumerate(steps):
            show(done, len(steps), text)
            yield step
