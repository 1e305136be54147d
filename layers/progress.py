"""The progress of a training run: a bar in a terminal, elsewhere a line an epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Sized
from typing import Any, TypeVar

Item = TypeVar("Item")


class EpochProgress:
    """Shows epoch, loss, accuracy and the time left, while it is entered.

    Parameters
    ----------
    epochs, finished : int
        How many epochs there are in all, and how many are done.
    shown : bool
        ``False`` shows nothing.
    """

    def __init__(self, epochs: int, finished: int, shown: bool):
        self.epochs, self.finished, self.shown = epochs, finished, shown
        self.bar: Any = None
        self.started = time.monotonic()

    def __enter__(self) -> EpochProgress:
        if self.shown:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            console = Console()
            if console.is_terminal:
                self.bar = Progress(
                    TextColumn("{task.description}"),
                    BarColumn(),
                    TextColumn("{task.fields[text]}"),
                    TimeRemainingColumn(),
                    TextColumn("left"),
                    console=console,
                    refresh_per_second=4,
                    transient=True,
                )
                self.task = self.bar.add_task("", total=self.epochs, text="")
                self.bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *exception: Any) -> None:
        if self.bar is not None:
            self.bar.stop()
        if self.shown and kind is KeyboardInterrupt:
            print(f"interrupted in epoch {self.finished + 1}/{self.epochs}", flush=True)

    def track(self, batches: Iterable[Item]) -> Iterator[Item]:
        """The batches of one epoch, counted as they are taken."""
        count = len(batches) if isinstance(batches, Sized) else None
        self.started = time.monotonic()
        for i, batch in enumerate(batches):
            if self.bar is not None:
                part = i / count if count else 0
                name = f"epoch {self.finished + 1}/{self.epochs}"
                self.bar.update(self.task, completed=self.finished + part, description=name)
            yield batch

    def show(self, **measured: float) -> None:
        """Show what was measured so far in this epoch."""
        if self.bar is not None:
            self.bar.update(self.task, text=described(measured))

    def end_epoch(self, **measured: float) -> None:
        """Print a line about the epoch that has ended."""
        self.finished += 1
        if self.shown:
            seconds = time.monotonic() - self.started
            line = f"epoch {self.finished}/{self.epochs}  {described(measured)}  {seconds:.1f} s"
            if self.bar is None:
                print(line, flush=True)
            else:
                self.bar.console.print(line, highlight=False)


def described(measured: dict[str, float]) -> str:
    """Losses as numbers, accuracies in percent, and nothing about what is not known.

    Examples
    --------
    >>> described({"loss": 0.25, "accuracy": 0.5, "validation_accuracy": float("nan")})
    'loss 0.2500  accuracy 50.0 %'
    """
    known = {name: value for name, value in measured.items() if not math.isnan(value)}
    return "  ".join(
        f"{name.replace('_', ' ')} "
        + (f"{100 * value:.1f} %" if name.endswith("accuracy") else f"{value:.4f}")
        for name, value in known.items()
    )
