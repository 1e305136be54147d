"""Kernels are compiled once, wherever they can be kept, and nothing of Numba's is touched."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from minigrad.kernels import cache, cache_folder, kernel_set

SCATTER = """
import numpy as np
from minigrad.kernels import cache_folder, kernel_set
x = np.ones((1, 1, 1, 2), np.float32)
window = (1, 2), (1, 1), (0, 1), (1, 1)
winners = np.array([[[[1, 0]]]], np.uint8)
print(kernel_set("compiled").max_unpool2d(x, winners, *window, (1, 1)).tolist())
print(cache_folder())
"""


def run_python(program: str, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_a_folder_that_cannot_be_made_is_replaced(tmp_path):
    file = tmp_path / "file"
    file.write_text("in the way")
    result, folder = run_python(SCATTER, MINIGRAD_CACHE=str(file / "below"), TMPDIR=str(tmp_path))
    assert result == "[[[[2.0]]]]"
    assert Path(folder).is_relative_to(tmp_path)
    assert list(Path(folder).rglob("*.nbc")), "the replacement keeps compiled kernels too"


def test_compiled_kernels_are_found_again(tmp_path):
    run_python(SCATTER, MINIGRAD_CACHE=str(tmp_path))
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.nb?")}
    run_python(SCATTER, MINIGRAD_CACHE=str(tmp_path))
    assert before == {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.nb?")}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"MINIGRAD_CACHE": "named"}, "named"),
        ({"XDG_CACHE_HOME": "shared"}, "shared/minigrad"),
        ({}, ".cache/minigrad"),
    ],
)
def test_the_environment_names_the_folder(environment, expected, tmp_path, monkeypatch):
    for name in ("MINIGRAD_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, folder in environment.items():
        monkeypatch.setenv(name, str(tmp_path / folder))
    assert cache.cache_folder.__wrapped__().parent == tmp_path / expected


def test_a_temporary_folder_of_someone_else_is_not_trusted(tmp_path, monkeypatch):
    monkeypatch.setattr(cache.tempfile, "gettempdir", lambda: str(tmp_path))
    cache._temporary_root().chmod(0o777)
    with pytest.raises(PermissionError):
        cache._temporary_root()


def test_the_folder_depends_on_the_source(tmp_path, monkeypatch):
    before = cache._fingerprint()
    (tmp_path / "kernel.py").write_text("changed")
    monkeypatch.setattr(cache, "__file__", str(tmp_path / "cache.py"))
    assert cache._fingerprint() != before


def test_numbas_own_settings_stay():
    import numba

    before = numba.config.CACHE_DIR

    @cache.kernel
    def kernel(x):
        return x

    assert before == numba.config.CACHE_DIR
    assert not before.startswith(str(cache_folder()))


def test_the_loops_do_not_need_numba():
    program = """
import sys
from minigrad.kernels import kernel_set, set_num_threads
kernel_set("reference"), set_num_threads(2)
print("numba" in sys.modules)
"""
    assert run_python(program) == ["False"]


def test_an_unknown_set_names_those_there_are():
    with pytest.raises(ValueError, match=r"'fast'.*compiled, reference"):
        kernel_set("fast")
