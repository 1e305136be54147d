"""``minigrad check``: check hand-written gradients."""

from __future__ import annotations

import argparse


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the options of ``minigrad check``."""
    check = commands.add_parser(
        "check",
        help="check the hand-written gradients of a file, and say what is wrong",
        description="Check each name_forward(*inputs) of a Python file with its "
        "name_backward(grad_out, *inputs). The inputs are drawn from --shapes, or from "
        "name_shapes or name_inputs in the file. The file is run: check only what you trust. "
        "The exit status is 1 when a gradient is wrong.",
        epilog="example: minigrad check layers.py --shapes 3x4 4x5 5",
    )
    check.add_argument("file", metavar="FILE", help="a Python file")
    check.add_argument("--forward", metavar="NAME", help="check only this function")
    check.add_argument("--backward", metavar="NAME", help="with this one")
    check.add_argument("--shapes", nargs="+", default=[], metavar="SHAPE",
                       help="one for each input, as 3x4; () is a number")  # fmt: skip
    check.add_argument("--seed", type=int, default=0, help="for the inputs (default: 0)")
    check.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from minigrad.testing.files import check_file, parsed_shapes, table

    reports = check_file(
        options.file, options.forward, options.backward, parsed_shapes(options.shapes), options.seed
    )
    print(table(reports))
    return 0 if all(report.ok for report in reports) else 1
