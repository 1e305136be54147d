"""Python in a process of its own, which finds the same packages."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


class ProcessFailed(Exception):
    """A program ended with an error, which the message holds."""


def output_of(command: list[str]) -> str:
    """What a command prints.

    Raises
    ------
    ProcessFailed
    """
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    if done.returncode:
        raise ProcessFailed(f"{' '.join(command)} failed:\n{done.stderr}")
    return done.stdout
