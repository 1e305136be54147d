"""``minigrad robustness``: attack and corrupt a network's pictures."""

from __future__ import annotations

import argparse


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the options of ``minigrad robustness``."""
    robustness = commands.add_parser(
        "robustness",
        help="attack and corrupt the pictures of a network, and report what is left",
        description="Turn attacks, defences and corruptions on a network that comes with the "
        "package, and write one report with tables, curves, pictures and all numbers as JSON. "
        "After Ctrl-C the same command goes on where it stopped.",
        epilog="example: minigrad robustness --network shapes_robust",
    )
    robustness.add_argument("--network", default="shapes", metavar="NAME",
                            help="one that ships, as shapes_robust (default: shapes)")  # fmt: skip
    robustness.add_argument("--data", metavar="DIR",
                            help="a data folder with cifar10 in it, or pictures in folders named "
                            "by the network's classes (default for shapes: drawn)")  # fmt: skip
    robustness.add_argument("--count", type=int, default=100, metavar="N",
                            help="how many pictures (default: %(default)s)")  # fmt: skip
    robustness.add_argument("--seed", type=int, default=0, help="which ones (default: 0)")
    robustness.add_argument("--out", default="minigrad-robustness", metavar="DIR",
                            help="where to write index.html (default: %(default)s)")  # fmt: skip
    robustness.set_defaults(run=_run, stopped="stopped; the same command goes on from there")


def _run(options: argparse.Namespace) -> int:
    from techniques.robustness import write_report

    return write_report(options.out, options.network, options.data, options.count, options.seed)
