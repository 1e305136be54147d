"""Kernels are compiled once, kept wherever they can be, and read back only when whole."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigrad.kernels import cache, kernel_set, names, registers

SCATTER = """
import sys
import numpy as np
from minigrad.kernels import cache_folder, kernel_set
x = np.ones((1, 1, 1, 2), np.float32)
window = (1, 2), (1, 1), (0, 1), (1, 1)
winners = np.array([[[[1, 0]]]], np.uint8)
print(kernel_set("compiled").max_unpool2d(x, winners, *window, (1, 1)).tolist())
print(cache_folder())
print("numba" in sys.modules)
"""
RESULT = "[[[[2.0]]]]"


def start(program: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[list[str], str]:
    out, err = process.communicate()
    assert process.returncode == 0, err
    return out.splitlines(), err


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of the cache, in this process."""
    monkeypatch.setattr(cache, "_folders", lambda: (tmp_path / "kernels",))
    return tmp_path / "kernels"


# ---- a process after the other ----------------------------------------------------------------


def test_a_kernel_is_compiled_once_and_then_needs_no_numba(tmp_path):
    (result, folder, numba), said = ended(start(SCATTER, MINIGRAD_CACHE=str(tmp_path)))
    assert (result, numba) == (RESULT, "True")
    assert said.startswith("minigrad: compiling") and folder in said and said.count("\n") == 1
    files = {file: file.stat().st_mtime_ns for file in Path(folder).iterdir()}
    assert [file.name.partition("-")[0] for file in files] == ["unpooling.scatter"]

    assert ended(start(SCATTER, MINIGRAD_CACHE=str(tmp_path))) == ([RESULT, folder, "False"], "")
    assert files == {file: file.stat().st_mtime_ns for file in Path(folder).iterdir()}


def test_a_damaged_file_is_made_again(tmp_path):
    (_, folder, _), _ = ended(start(SCATTER, MINIGRAD_CACHE=str(tmp_path)))
    (file,) = Path(folder).iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:-100])
    (result, _, numba), _ = ended(start(SCATTER, MINIGRAD_CACHE=str(tmp_path)))
    assert (result, numba) == (RESULT, "True")
    assert len(file.read_bytes()) == len(whole)


def test_processes_may_compile_the_same_kernel_at_once(tmp_path):
    processes = [start(SCATTER, MINIGRAD_CACHE=str(tmp_path)) for _ in range(3)]
    assert [ended(process)[0][0] for process in processes] == [RESULT] * 3
    (_, folder, numba), _ = ended(start(SCATTER, MINIGRAD_CACHE=str(tmp_path)))
    assert numba == "False" and len(list(Path(folder).iterdir())) == 1


def test_a_folder_that_cannot_be_made_is_replaced(tmp_path):
    file = tmp_path / "file"
    file.write_text("in the way")
    elsewhere = {"MINIGRAD_CACHE": str(file / "below"), "TMPDIR": str(tmp_path)}
    (result, folder, _), _ = ended(start(SCATTER, **elsewhere))
    assert result == RESULT
    assert Path(folder).is_relative_to(tmp_path)
    assert list(Path(folder).iterdir()), "the replacement keeps compiled kernels too"


def test_where_nothing_can_be_written_kernels_work_all_the_same():
    program = f"from minigrad.kernels import cache\ncache._folders = tuple\n{SCATTER}"
    (result, folder, _), said = ended(start(program))
    assert (result, folder) == (RESULT, "None")
    assert "no folder can be written" in said


# ---- files ------------------------------------------------------------------------------------


def test_what_was_written_is_read(folder):
    assert cache.read("name") is None
    cache.write("name", b"first")
    cache.write("name", b"second")
    assert cache.read("name") == b"second"
    assert [file.name for file in folder.iterdir()] == ["name"]


@given(
    content=st.binary(), cut=st.integers(0, 60), place=st.integers(0, 60), flip=st.integers(1, 255)
)
def test_a_file_that_is_not_whole_counts_as_missing(tmp_path_factory, content, cut, place, flip):
    folder = tmp_path_factory.mktemp("kernels")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "_folders", lambda: (folder,))
        cache.write("name", content)
        whole = (folder / "name").read_bytes()
        damaged = bytearray(whole)
        damaged[place % len(whole)] ^= flip
        for wrong in (whole[: cut % len(whole)], bytes(damaged), b""):
            (folder / "name").write_bytes(wrong)
            assert cache.read("name") is None


def test_a_full_disk_keeps_nothing_and_breaks_nothing(folder, monkeypatch):
    def write_half(self, content):
        with self.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_half)
    cache.write("name", b"content")
    assert cache.read("name") is None
    assert not list(folder.iterdir())


def test_a_folder_that_can_only_be_read_is_read(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.write_text("in the way")
    monkeypatch.setattr(cache, "_folders", lambda: (file / "below", tmp_path / "second"))
    cache.write("name", b"content")
    assert (tmp_path / "second" / "name").exists()
    assert cache.read("name") == b"content"


# ---- folders ----------------------------------------------------------------------------------


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
    assert cache._folders.__wrapped__()[0].parent == tmp_path / expected


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


@pytest.mark.parametrize("part", range(3))
def test_the_folder_depends_on_the_processor(part, monkeypatch):
    before = cache._fingerprint()
    other = list(registers.processor())
    other[part] += "+other"
    monkeypatch.setattr(registers, "processor", lambda: tuple(other))
    assert cache._fingerprint() != before


def test_folders_that_nobody_has_used_for_long_are_removed(tmp_path):
    def made(name: str, days: float) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "file").touch()
        then = time.time() - days * cache.SECONDS_A_DAY
        os.utime(folder, (then, then))
        return folder

    old, young = made(f"kernels-{'0' * 20}", 31), made(f"kernels-{'1' * 20}", 29)
    ours, foreign = made(f"kernels-{'2' * 20}", 40), made("something", 365)
    cache._note_use(ours)
    assert not old.exists()
    assert all((folder / "file").exists() for folder in (young, ours, foreign))
    assert time.time() - ours.stat().st_mtime < 60


# ---- sets of kernels --------------------------------------------------------------------------


def test_the_loops_do_not_need_a_compiler():
    program = """
import sys
from minigrad.kernels import kernel_set, set_num_threads
kernel_set("reference"), set_num_threads(2)
print({"numba", "llvmlite"} & set(sys.modules))
"""
    assert ended(start(program)) == (["set()"], "")


def test_an_unknown_set_names_those_there_are():
    with pytest.raises(ValueError, match=r"'fast'.*compiled, reference"):
        kernel_set("fast")


def test_inputs_may_be_frozen_and_are_never_changed():
    x = np.ones((1, 1, 3, 3))
    x.flags.writeable = False
    weight = np.ones((1, 1, 3, 3))[:, :, ::-1]
    for name in names:
        kernel_set(name).conv2d(x, weight, (1, 1), (1, 1), (1, 1), 1)
    assert (x == 1).all() and (weight == 1).all() and weight.flags.writeable
