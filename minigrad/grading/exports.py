"""Tables for other programs: plain CSV, Canvas, nbgrader.

A cell that begins like a formula is made harmless: spreadsheets would run it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from .course import Class
from .marking import Result
from .reports import clean

_NBGRADER = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
    "raw_score", "late_submission_penalty", "score", "max_score",
)  # fmt: skip
_CANVAS_KEYS = ("SIS Login ID", "SIS User ID", "ID")


def cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula.

    >>> cell("=1+1"), cell("Ann")
    ("'=1+1", 'Ann')
    """
    text = clean(text)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def write_csv(graded: Class, path: str | Path) -> None:
    """A row for each student: the total, the points and status of each problem."""
    names = list(graded.assignment.problems)
    header = ["student", "total", "points", *names, *(f"{name} status" for name in names)]
    rows = []
    for student, result in graded.results.items():
        by_name = {problem.name: problem for problem in result.problems}
        earned = [_mark(by_name[n].earned, by_name[n].withheld) if n in by_name else ""
                  for n in names]  # fmt: skip
        statuses = [by_name[n].status if n in by_name else "" for n in names]
        total = _mark(result.total, result.withheld)
        rows.append([cell(student), total, f"{result.points:g}", *earned, *statuses])
    _write(path, header, rows)


def write_nbgrader(graded: Class, path: str | Path) -> None:
    """The table that ``nbgrader export`` writes; names and dates are left blank."""
    rows = []
    for student, result in graded.results.items():
        total = _mark(result.total, result.withheld)
        known = {
            "assignment": graded.assignment.name, "student_id": cell(student), "raw_score": total,
            "late_submission_penalty": "0", "score": total, "max_score": f"{result.points:g}",
        }  # fmt: skip
        rows.append([known.get(column, "") for column in _NBGRADER])
    _write(path, _NBGRADER, rows)


def write_canvas(
    graded: Class, template: str | Path, path: str | Path, column: str = ""
) -> list[str]:
    """Fill in a grade book that Canvas exported, and change nothing else in it.

    Students are found by ``SIS Login ID``, ``SIS User ID`` or ``ID``. Those who are excused
    (``EX``), who handed in nothing or whose mark is not settled keep what stands there.

    Parameters
    ----------
    graded : Class
    template, path : path
        The file that Canvas wrote, and the one to import there.
    column : str
        The title of the assignment's column, without the number that Canvas adds; by default
        the assignment's title.

    Returns
    -------
    list of str
        Who was graded and is not in the file.

    Raises
    ------
    ValueError
        If it is no such file, or has no such column or several.
    """
    with open(template, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    header = rows[0] if rows else []
    if header[:2] != ["Student", "ID"]:
        raise ValueError(f"{template} is no export of Canvas: it should begin with Student,ID")
    wanted = column or graded.assignment.title
    places = [i for i, title in enumerate(header) if title.rpartition(" (")[0] == wanted]
    if len(places) != 1:
        raise ValueError(f"{template} has {len(places)} columns named {wanted!r}, not one")
    keys = [header.index(name) for name in _CANVAS_KEYS if name in header]
    found: set[str] = set()
    for row in rows[1:]:
        if len(row) != len(header) or row[0].strip() == "Points Possible":
            continue
        student = _whose(row, keys, graded.results)
        if student is None:
            continue
        found.add(student)
        result = graded.results[student]
        if row[places[0]].strip().upper() != "EX" and not result.withheld:
            row[places[0]] = f"{result.total:g}"
    _write(path, header, rows[1:])
    return [student for student in graded.results if student not in found]


def _whose(row: Sequence[str], keys: Iterable[int], results: Mapping[str, Result]) -> str | None:
    for key in keys:
        if row[key] and row[key] in results:
            return row[key]
    return None


def _mark(points: float, withheld: bool) -> str:
    return "" if withheld else f"{points:g}"


def _write(path: str | Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
