"""``minigrad warmup``: compile all kernels now."""

from __future__ import annotations

import argparse


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the options of ``minigrad warmup``."""
    warmup = commands.add_parser(
        "warmup",
        help="compile all kernels now, so that nothing waits for it later",
        description="Compile all kernels that are not compiled yet, several at a time, and keep "
        "the machine code for later runs.",
        epilog="example: minigrad warmup --dtype float32 float64",
    )
    warmup.add_argument("--dtype", nargs="+", choices=["float32", "float64"], default=["float32"],
                        help="for which numbers (default: float32)")  # fmt: skip
    warmup.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from minigrad.kernels import cache_folder, warm_up
    from techniques.progress import progress_bar

    with progress_bar() as show:
        warm_up(tuple(options.dtype), show)
    folder = cache_folder()
    if folder is None:
        raise OSError("no folder can be written to keep kernels in: name one with MINIGRAD_CACHE")
    print(f"The compiled kernels are in {folder}")
    return 0
