"""``minigrad bench``: measure minigrad beside PyTorch."""

from __future__ import annotations

import argparse
import importlib


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the options of ``minigrad bench``."""
    # The benchmarks stand above this package, so they are named and not imported; without them,
    # as in a copy of this package alone, the command says where they are.
    try:
        benchmarks = importlib.import_module("benchmarks.command")
    except ModuleNotFoundError as error:
        if error.name not in ("benchmarks", "benchmarks.command"):
            raise
        bench = commands.add_parser("bench", help="(not here) measure minigrad's speed")
        bench.set_defaults(run=_not_here)
        return
    bench = commands.add_parser(
        "bench",
        help="measure minigrad beside PyTorch on this machine",
        description=benchmarks.DESCRIPTION,
        epilog=f"example: minigrad bench {benchmarks.EXAMPLE}",
    )
    benchmarks.add_options(bench)
    bench.set_defaults(run=benchmarks.run)


def _not_here(options: argparse.Namespace) -> int:
    raise ValueError(
        "the package benchmarks is not installed: run python -m benchmarks in minigrad's "
        "repository, or pip install minigrad from it"
    )
