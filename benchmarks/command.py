"""The command line of the benchmarks, here and in ``minigrad bench``."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from .groups import GROUPS

DESCRIPTION = (
    "Measure minigrad beside other libraries: operations, networks, memory and start-up, in turns "
    "in one run, after a check that all compute the same. Ctrl-C keeps what is finished."
)
EXAMPLE = "convolution --threads 1,2 --json times.json --plot times.png"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("groups", nargs="*", metavar="GROUP",
                        help=f"of {', '.join(GROUPS)} (default: all)")  # fmt: skip
    parser.add_argument("--only", default="", metavar="TEXT",
                        help="only cases that have this in their name")  # fmt: skip
    parser.add_argument("--threads", default=str(os.cpu_count()), metavar="N,...",
                        help="how many (default: %(default)s)")  # fmt: skip
    parser.add_argument("--peers", metavar="NAME,...",
                        help="torch, jax (default: those that are installed)")  # fmt: skip
    parser.add_argument("--rounds", type=int, default=11, metavar="N",
                        help="time each case at most so often (default: %(default)s)")  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results here")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the results here")


def run(options: argparse.Namespace) -> int:
    """Measure, print, write. Returns 1 if a case failed, 130 if stopped.

    Raises
    ------
    ValueError
        For an unknown group, case or peer, or a bad number.
    """
    from . import groups, peers
    from .measurement import Measurement

    threads = whole_numbers(options.threads)
    if options.rounds < 1:
        raise ValueError(f"--rounds must be at least 1, not {options.rounds}")
    for path in filter(None, (options.json, options.plot)):
        if not path.absolute().parent.is_dir():
            raise ValueError(f"there is no folder {path.parent} to write {path.name} to")
    cases = groups.cases(options.groups, options.only)
    names = peers.chosen(options.peers)
    measurement = Measurement([peers.load(name) for name in ("minigrad", *names)], options.rounds)
    try:
        return measurement.measure(cases, threads)
    finally:
        measurement.write(options.json, options.plot)


def whole_numbers(text: str) -> list[int]:
    """Thread counts from a list with commas."""
    parts = text.split(",")
    if not all(part.strip().isdecimal() and int(part) > 0 for part in parts):
        raise ValueError(f"--threads takes whole numbers from 1 on, as 1,2, not {text!r}")
    return [int(part) for part in parts]
