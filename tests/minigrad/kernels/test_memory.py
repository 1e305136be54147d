"""Freed memory stays with the process, where the C library can be told to keep it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from minigrad.kernels import memory

FAULTS = """
import resource
import numpy as np
from minigrad.kernels import kernel_set
kernel_set("compiled")
for i in range(15):
    a, b = np.ones(1_000_000), np.ones(1_000_000)  # 8 MB each
    del a, b
    if i == 4:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_arrays_get_the_pages_of_those_before_them():
    if not memory.keep_freed_memory():
        pytest.skip("this C library cannot be told, or the environment says otherwise")
    # The system may still take back a page now and then.
    assert faults() < faults(MALLOC_TRIM_THRESHOLD_="131072") / 2


def faults(**environment: str) -> int:
    """How many pages the arrays of `FAULTS` got from the system."""
    done = subprocess.run(
        [sys.executable, "-c", FAULTS], capture_output=True, check=True,
        env={k: v for k, v in os.environ.items() if k not in memory.VARIABLES} | environment,
    )  # fmt: skip
    return int(done.stdout)


@pytest.mark.parametrize("name", memory.VARIABLES)
def test_what_the_environment_says_about_memory_stays(name, monkeypatch):
    monkeypatch.setenv(name, "1")
    assert not memory.keep_freed_memory.__wrapped__()
