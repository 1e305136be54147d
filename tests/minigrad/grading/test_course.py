"""A class: kept as it comes, resumed, graded again in part, reported and exported."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from minigrad.grading import grade_all, load
from minigrad.grading.exports import write_canvas, write_csv, write_nbgrader
from minigrad.grading.gradescope import write_zip
from minigrad.grading.reports import write_pages
from minigrad.grading.store import Store

from .conftest import SMALL

ROOT = Path(__file__).parents[3]
EVIL = "<script>alert(1)<"


@pytest.fixture
def handed_in(tmp_path, small, launcher):
    """A folder of submissions."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name, text in {
        "ann": small.solution_text,
        "bob": small.wrong_text(small.mistakes[0]),
        "=cmd": small.starter_text,
        EVIL: "print('<img src=x> \\x1b[2J')\n" + small.wrong_text(small.mistakes[1]),
    }.items():
        (folder / f"{name}.py").write_text(text)
    return folder


def stored(out):
    with Store(out / "results.sqlite") as store:
        rows = store._database.execute(
            "SELECT student, problem, submission, assignment, cases FROM results ORDER BY 1, 2"
        )
        return rows.fetchall()


def test_only_what_changed_is_graded_again(handed_in, tmp_path, small):
    out = tmp_path / "out"
    seen = []
    first = grade_all(small, handed_in, out, jobs=2, progress=lambda *step: seen.append(step[:2]))
    assert first.graded == 8 and seen[-1] == (8, 8)
    totals = {student: result.total for student, result in first.results.items()}
    assert totals == {"=cmd": 0, EVIL: 4, "ann": 6, "bob": 2}
    before = stored(out)
    assert grade_all(small, handed_in, out).graded == 0
    (handed_in / "bob.py").write_text(small.solution_text)
    assert grade_all(small, handed_in, out).graded == 2
    assert grade_all(small, handed_in, out, only=["ann"], problems=["norm"], again=True).graded == 1
    assert [r for r in stored(out) if r[0] != "bob"] == [r for r in before if r[0] != "bob"]


def test_a_changed_assignment_is_noticed(handed_in, tmp_path, small, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)  # what is kept of it must not be used
    copy = tmp_path / "small"
    copy.mkdir()
    for file in SMALL.glob("*.py"):
        (copy / file.name).write_text(file.read_text())
    assert grade_all(load(copy), handed_in, tmp_path / "out", only=["ann"]).graded == 2
    file = copy / "assignment.py"
    file.write_text(file.read_text().replace('"affine", 4', '"affine", 5'))
    again = grade_all(load(copy), handed_in, tmp_path / "out", only=["ann"])
    assert again.graded == 2 and again.results["ann"].total == 7


def test_a_killed_run_resumes_with_nothing_lost_or_done_twice(handed_in, tmp_path, small):
    for i in range(30):
        (handed_in / f"s{i}.py").write_text(f"# {i}\n" + small.wrong_text(small.mistakes[i % 2]))
    out = tmp_path / "out"
    code = (
        "import sys; from minigrad.grading import grade_all, load\n"
        "grade_all(load(sys.argv[1]), sys.argv[2], sys.argv[3], jobs=2)"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code, str(SMALL), str(handed_in), str(out)], cwd=ROOT
    )
    while not (out / "results.sqlite").exists() or len(stored(out)) < 9:
        time.sleep(0.02)
        assert run.poll() is None
    run.send_signal(signal.SIGKILL)
    run.wait()
    kept = stored(out)
    assert 9 <= len(kept) < 68
    assert grade_all(small, handed_in, out, jobs=2).graded == 68 - len(kept)
    now = {row[:2]: row for row in stored(out)}
    assert len(now) == 68 and all(now[row[:2]] == row for row in kept)


def test_pages_and_tables_escape_what_students_wrote(handed_in, tmp_path, small):
    out = tmp_path / "out"
    graded = grade_all(small, handed_in, out)
    page = write_pages(graded, out).read_text("utf-8")
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert "the root is missing" not in page.split("commonest")[0]
    pages = [file.read_text("utf-8") for file in (out / "students").iterdir()]
    assert len(pages) == 4
    assert not any("<img" in p or "\x1b" in p or "<script" in p for p in pages)
    assert any("&lt;img src=x&gt;" in p for p in pages)
    write_csv(graded, out / "marks.csv")
    write_nbgrader(graded, out / "nbgrader.csv")
    rows = list(csv.DictReader((out / "marks.csv").open(encoding="utf-8")))
    assert {row["student"]: row["total"] for row in rows}["'=cmd"] == "0"
    nbgrader = list(csv.DictReader((out / "nbgrader.csv").open(encoding="utf-8")))
    assert {row["student_id"]: row["score"] for row in nbgrader}["ann"] == "6"
    assert {row["max_score"] for row in nbgrader} == {"6"}


def test_a_canvas_grade_book_is_filled_in_and_otherwise_left(handed_in, tmp_path, small):
    graded = grade_all(small, handed_in, tmp_path / "out")
    book = tmp_path / "book.csv"
    title = "Two small functions (4711)"
    rows = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Other (1)", title],
        ["    Points Possible", "", "", "", "", "10", "6"],
        ["Ann, A", "1", "u1", "ann", "S", "7", ""],
        ["Bob, B", "2", "u2", "bob", "S", "8", "EX"],
        ["Eve, E", "3", "u3", "eve", "S", "9", ""],
    ]
    with book.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
    missing = write_canvas(graded, book, tmp_path / "filled.csv")
    rows[2][-1] = "6"
    assert list(csv.reader((tmp_path / "filled.csv").open(encoding="utf-8"))) == rows
    assert set(missing) == {"=cmd", EVIL}
    with pytest.raises(ValueError, match="0 columns"):
        write_canvas(graded, book, tmp_path / "x.csv", column="Another")


def test_gradescope_runs_the_zip(tmp_path, small, launcher):
    autograder = tmp_path / "autograder"
    source = autograder / "source"
    write_zip(small, tmp_path / "autograder.zip", b"course secret")
    with zipfile.ZipFile(tmp_path / "autograder.zip") as archive:
        for entry in archive.infolist():
            path = Path(archive.extract(entry, source))
            path.chmod(entry.external_attr >> 16)
    (autograder / "run_autograder").write_bytes((source / "run_autograder").read_bytes())
    (autograder / "run_autograder").chmod(0o755)
    (autograder / "submission").mkdir()
    (autograder / "submission" / "mine.py").write_text(small.wrong_text(small.mistakes[1]))
    (autograder / "submission_metadata.json").write_text('{"users": [{"id": 7}]}')
    (autograder / "results").mkdir()
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    (autograder / "results" / "results.json").symlink_to(victim)
    folder = str(Path(sys.executable).parent)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    for script in (source / "setup.sh", autograder / "run_autograder"):
        subprocess.run([script], check=True, env=environment, cwd=autograder, timeout=300)
    results = json.loads((autograder / "results" / "results.json").read_text())
    assert results["score"] == 4
    assert [t["status"] for t in results["tests"]] == ["passed", "passed", "failed"]
    assert sum(test["max_score"] for test in results["tests"]) == 6
    assert "the root is missing" in results["tests"][2]["output"]
    assert victim.read_text() == "untouched"
    if os.getuid() == 0:
        assert "user" in results["extra_data"]["isolation"]


def test_a_folder_with_nothing_or_two_of_one_is_refused(tmp_path, small):
    with pytest.raises(ValueError, match="no submissions"):
        grade_all(small, tmp_path, tmp_path / "out")
    (tmp_path / "ann.py").touch()
    (tmp_path / "ann.ipynb").touch()
    with pytest.raises(ValueError, match="both ann's"):
        grade_all(small, tmp_path, tmp_path / "out")
    with pytest.raises(ValueError, match="no folder"):
        grade_all(small, tmp_path / "nowhere", tmp_path / "out")
