"""Submissions are read in every form and encoding, and none escapes or explodes."""

from __future__ import annotations

import io
import json
import os
import stat
import zipfile

import pytest

from minigrad.grading.submission import MAX_READ, read

CODE = "# größer\ndef relu(x):\n    return x * (x > 0)\n"


def notebook(*cells):
    book = {"cells": [{"cell_type": "code", "source": cell, "outputs": [1]} for cell in cells]}
    return json.dumps(book).encode()


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        CODE.encode(), CODE.encode("utf-8-sig"), CODE.encode("utf-16"), CODE.encode("utf-32"),
        CODE.encode("cp1252"), CODE.replace("\n", "\r\n").encode(),
        CODE.replace("\n", "\r").encode(), ("# coding: latin-1\n" + CODE).encode("latin-1"),
        ("# coding: klingon\n" + CODE).encode(), ("# coding: ascii\n" + CODE).encode(),
    ],
)  # fmt: skip
def test_python_is_read_in_every_encoding(tmp_path, data):
    file = tmp_path / "a.py"
    file.write_bytes(data)
    found = read(file)
    names = {}
    exec(compile(found.files[found.main], "a.py", "exec"), names)
    assert names["relu"](-1) == 0


def test_a_notebook_gives_its_code_cells_without_magics(tmp_path):
    file = tmp_path / "a.ipynb"
    file.write_bytes(
        notebook(
            ["%matplotlib inline\n", "import numpy as np"],
            "if True:\n    !pip install torch\nx = 7",
            "x = (x\n % 4)",
            "%%bash\nrm -rf /",
            "%%time\ny = x",
            "np.sum?",
            CODE,
        )
    )
    found = read(file)
    assert found.main == "a.py" and found.notes
    names = {}
    exec(compile(found.files["a.py"], "a.py", "exec"), names)
    assert names["y"] == 3 and names["relu"](2) == 2


@pytest.mark.parametrize("data", [b"{}", b"[", b'{"cells": 3}', b"[" * 100000, b"null", b"\xff"])
def test_a_damaged_notebook_is_said_to_be_one(tmp_path, data):
    file = tmp_path / "a.ipynb"
    file.write_bytes(data)
    assert "no notebook" in read(file).error


def test_of_several_files_the_one_with_the_functions_is_graded(tmp_path):
    for name, text in {"b.py": CODE, "a.py": "import b\n", "deep/c.py": CODE}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    found = read(tmp_path, ["relu"])
    assert found.main == "b.py"
    assert set(found.files) == {"a.py", "b.py"}


def test_a_zip_gives_its_files_and_nothing_outside(tmp_path):
    link = zipfile.ZipInfo("link.py")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    file = tmp_path / "a.zip"
    file.write_bytes(
        zipped({
            "../escaped.py": CODE, "/absolute.py": CODE, "homework/a.py": CODE,
            "__MACOSX/homework/._a.py": b"\0", "homework/data.bin": b"\0", link: "/etc/passwd",
        })
    )  # fmt: skip
    found = read(file, ["relu"])
    assert set(found.files) == {"a.py"} and not found.error
    assert sorted(os.listdir(tmp_path)) == ["a.zip"]


def test_a_bomb_is_not_unpacked(tmp_path):
    file = tmp_path / "a.zip"
    file.write_bytes(zipped({"a.py": b"#" * (MAX_READ + 10)}))
    assert "more than" in read(file).error


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 broken", zipped({"readme.txt": b""})])
def test_a_zip_without_anything_to_grade_is_said_to_be_one(tmp_path, data):
    file = tmp_path / "a.zip"
    file.write_bytes(data)
    assert read(file).error


def test_links_pipes_and_devices_are_not_opened(tmp_path):
    secret = tmp_path / "secret.py"
    secret.write_text("password = 1")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.py").symlink_to(secret)
    os.mkfifo(tmp_path / "in" / "b.py")
    (tmp_path / "in" / "c").symlink_to(tmp_path)
    assert read(tmp_path / "in").error and not read(tmp_path / "in").files
    assert "link" in read(tmp_path / "in" / "a.py").error


@pytest.mark.parametrize("name", ["a.txt", "missing.py", "a.exe"])
def test_what_is_no_submission_is_an_error_and_not_an_exception(tmp_path, name):
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "a.exe").write_text("x")
    assert read(tmp_path / name).error
