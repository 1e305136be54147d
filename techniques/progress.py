"""A bar on the terminal for what takes more than a moment."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int, str], None]]:
    """Show a bar while entered; elsewhere than on a terminal, nothing.

    Yields a function that is told how many steps are done, how many there are, and what to write
    beside the bar.
    """
    if not sys.stderr.isatty():
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

    times = TimeElapsedColumn(), TimeRemainingColumn()
    columns = BarColumn(), *times, TextColumn("{task.description}")
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)

        def show(done: int, steps: int, text: str) -> None:
            progress.update(task, completed=done, total=steps, description=text)

        yield show
