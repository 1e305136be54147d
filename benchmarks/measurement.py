"""One run: every case at every number of threads, printed as it is finished."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from . import figure, roofline, table
from .report import JUDGE, Report, Result


class Measurement:
    """What is measured so far, and where it is shown.

    Parameters
    ----------
    libraries : sequence of peers
        minigrad first.
    rounds : int
        How often each case is timed at most.
    """

    def __init__(self, libraries: Sequence[Any], rounds: int):
        self.libraries, self.rounds = libraries, rounds
        self.report = Report.begin(libraries)
        self.console = Console(highlight=False, markup=False, soft_wrap=True, emoji=False)
        self.above: tuple[str, int] | None = None

    def measure(self, cases: Sequence[Any], threads: Sequence[int]) -> int:
        """Measure all of it; 1 if a case failed, 130 if the user stopped it."""
        if len(self.libraries) == 1:
            self.say("no other library is installed: minigrad is timed alone")
        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}"),
        )
        try:
            with Progress(
                *columns, console=self.console, transient=True, disable=not self.console.is_terminal
            ) as progress:
                task = progress.add_task("", total=len(cases) * len(threads))
                for count in threads:
                    progress.update(task, description="the machine's peak")
                    self.report.peaks[str(count)] = roofline.peaks(count)
                    self.say(table.peaks(self.report, count))
                    for case in cases:
                        progress.update(task, description=case.name)
                        self.measure_one(case, count)
                        progress.advance(task)
        except KeyboardInterrupt:
            self.say(f"\nstopped; {len(self.report.results)} results are kept")
            return 130
        finally:
            for line in ["", *table.summary(self.report), table.place(self.report)]:
                self.say(line)
        return 1 if self.report.failures else 0

    def measure_one(self, case: Any, threads: int) -> None:
        """Measure a case and print its rows."""
        able = [library for library in self.libraries if library.use_threads(threads)]
        try:
            for result in case.measure(able, threads, self.rounds):
                self.report.results.append(result)
                self.show(result)
        except Exception as error:  # of whichever library; the other cases go on
            failure = f"{case.name}: {type(error).__name__}: {error}"
            self.report.failures.append(failure)
            self.say(f"NOT MEASURED: {failure}")

    def show(self, result: Result) -> None:
        """Print a row, under a heading where a group begins."""
        names = [library.name for library in self.libraries[1:]]
        if self.above != (result.group, result.threads):
            self.above = result.group, result.threads
            head = table.line(table.header(names))
            self.say(f"\n{table.title(result.group, result.threads)}\n{head}\n{'-' * len(head)}")
        share = self.report.share_of_peak(result)
        self.say(table.line(table.cells(result, names, share)))

    def say(self, text: str) -> None:
        """Print above the progress bar."""
        self.console.print(text)

    def write(self, json: Path | None, plot: Path | None) -> None:
        """Write results and figure where they are wanted and there are any."""
        if json and self.report.results:
            self.report.write(json)
            self.say(f"The results are in {json}")
        if plot and any(result.ratio for result in self.report.results):
            figure.draw(self.report).savefig(plot)
            self.say(f"The figure is in {plot}")
        elif plot:
            self.say(f"nothing was measured beside {JUDGE}, so there is no figure")
