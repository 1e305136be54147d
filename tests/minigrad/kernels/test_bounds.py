"""Kernels touch their arrays and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="guards its memory as Linux does")


def run(*arguments: int) -> subprocess.CompletedProcess[str]:
    """The program `guarded`, whose failures are not the end of all tests."""
    command = ["-X", "faulthandler", "-m", f"{__package__}.guarded", *map(str, arguments)]
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONMALLOC": "debug"},
        capture_output=True,
        text=True,
    )


def test_no_kernel_reads_or_writes_beyond_its_arrays():
    done = run(80, 0)
    last = done.stdout.splitlines()[-1:]
    assert done.returncode == 0, f"with {last}:\n{done.stderr}"


def test_one_byte_beyond_an_array_is_the_end_of_the_program():
    assert run(0, 1).returncode == -signal.SIGSEGV
