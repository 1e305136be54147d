"""Warming up compiles every kernel, in other processes, once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from minigrad.kernels import ahead_of_time, cache, warm_up

ALL_JOBS = """
import sys
from minigrad.kernels import ahead_of_time
for job in ahead_of_time.JOBS.values():
    job.call("float32")
    assert "numba" not in sys.modules, job.name
"""


@pytest.fixture(name="jobs")
def _jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An empty cache, and jobs that only say that they were done."""
    monkeypatch.setattr(cache, "_folders", lambda: (tmp_path / "kernels",))
    done: list[str] = []
    jobs = {
        name: ahead_of_time.Job(name, seconds, lambda dtype, name=name: done.append(name + dtype))
        for name, seconds in [("short", 1), ("long", 3), ("middle", 2)]
    }
    monkeypatch.setattr(ahead_of_time, "JOBS", jobs)
    monkeypatch.setattr(ahead_of_time, "processors", lambda: 1)
    return done


def test_every_kernel_is_kept_and_needs_no_numba():
    warm_up()
    done = subprocess.run([sys.executable, "-c", ALL_JOBS], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_jobs_are_done_once_the_longest_first(jobs):
    told = []
    warm_up(("a", "b"), lambda *done: told.append(done))
    assert jobs == ["longa", "longb", "middlea", "middleb", "shorta", "shortb"]
    assert told[-1] == (6, 6, "short")
    warm_up(("a",))
    assert len(jobs) == 6


def test_some_jobs_can_be_done_alone(jobs):
    warm_up(("a",), only=["short", "middle"])
    assert jobs == ["middlea", "shorta"]


def test_processes_share_the_jobs_and_fill_the_cache(tmp_path):
    program = """
from minigrad.kernels import ahead_of_time
ahead_of_time.processors = lambda: 2
for name in list(ahead_of_time.JOBS):
    if name not in ("normalization", "average_pooling_gradient"):
        del ahead_of_time.JOBS[name]
ahead_of_time.warm_up()
"""
    environment = {**os.environ, "MINIGRAD_CACHE": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "" and done.stderr.count("\n") == 1
    (folder,) = tmp_path.iterdir()
    kinds = {file.name.partition(".")[0].partition("-")[0] for file in folder.iterdir()}
    assert kinds == {"normalization", "pooling", "average_pooling_gradient"}


def test_a_process_that_fails_leaves_the_error_to_the_caller(jobs, monkeypatch):
    def fail(dtype):
        raise ZeroDivisionError(dtype)

    monkeypatch.setitem(ahead_of_time.JOBS, "long", ahead_of_time.Job("long", 3, fail))
    monkeypatch.setattr(ahead_of_time, "processors", lambda: 2)
    with pytest.raises(ZeroDivisionError):
        warm_up(("a",))
