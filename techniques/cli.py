"""The command line: `minigrad tour`, `explain`, `step`, `check`, `style` and others."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

import minigrad

from .commands import COMMANDS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        0 when all went well, 1 when a part of the work failed, 2 for a bad argument or input, 130
        after Ctrl-C.

    Examples
    --------
    >>> from techniques.cli import main
    >>> main(["tour", "--image", "no-such-picture.jpg"])
    2
    """
    options = _parser().parse_args(arguments)
    try:
        status = options.run(options)
        sys.stdout.flush()  # here, where a reader that has gone can be told
        return status
    except BrokenPipeError:  # the reader has gone, as behind `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ValueError, OSError) as error:
        print(f"minigrad: error: {_one_line(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"minigrad: {options.stopped}", file=sys.stderr)
        return 130


def _one_line(error: Exception) -> str:
    """The message of an error; an operating system's as `file: reason`."""
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror.lower()}"
    return " ".join(str(error).split())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="minigrad",
        description="Look inside trained networks, with an autograd engine one can read.",
        epilog="example: minigrad tour --image kitten.jpg",
    )
    parser.add_argument("--version", action="version", version=f"minigrad {minigrad.__version__}")
    parser.set_defaults(stopped="stopped")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for name in COMMANDS:
        importlib.import_module(f"techniques.commands.{name}").add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
