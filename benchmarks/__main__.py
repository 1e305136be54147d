"""``python -m benchmarks``"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 2 for a bad argument."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=command.DESCRIPTION,
        epilog=f"example: python -m benchmarks {command.EXAMPLE}",
    )
    command.add_options(parser)
    options = parser.parse_args(arguments)
    try:
        return command.run(options)
    except ValueError as error:
        parser.error(str(error))


if __name__ == "__main__":
    sys.exit(main())
