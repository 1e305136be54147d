"""``minigrad grade``: grade the homework of a class."""

from __future__ import annotations

import argparse


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the options of ``minigrad grade``."""
    from techniques.homework import command

    grade = commands.add_parser(
        "grade",
        help="grade the homework of a class, locked in, with feedback that names the mistake",
        description=command.DESCRIPTION,
        epilog=command.USES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_options(grade)
    grade.set_defaults(run=command.run, stopped="stopped; the same command goes on from there")
