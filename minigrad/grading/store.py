"""What is known of a class: one SQLite file, written as results come.

A run that is killed goes on where it was, for whatever it had finished is in the file. A result
belongs to the submission and the assignment that it was made from: when either changes, it is made
again.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import threading
from dataclasses import asdict
from pathlib import Path

from .marking import CaseResult, ProblemResult

_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS results (
    student TEXT, problem TEXT, submission TEXT NOT NULL, assignment TEXT NOT NULL,
    level TEXT NOT NULL, cases TEXT NOT NULL, points REAL NOT NULL, cpu REAL, wall REAL,
    PRIMARY KEY (student, problem)
);
"""


class Store:
    """The results of a class.

    Parameters
    ----------
    path : path
        The file; made, for its owner alone, if it is not there.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with Store(f"{folder}/results.sqlite") as store:
    ...         len(store.secret)
    32
    """

    def __init__(self, path: str | Path):
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, timeout=30, check_same_thread=False)
        self._database.executescript(_TABLES)
        self._database.commit()

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def secret(self) -> bytes:
        """The course's secret, drawn when it is first asked for."""
        with self._lock, self._database as database:
            database.execute(
                "INSERT OR IGNORE INTO facts VALUES ('secret', ?)", (secrets.token_hex(32),)
            )
            row = database.execute("SELECT value FROM facts WHERE name = 'secret'").fetchone()
        return bytes.fromhex(row[0])

    def add(
        self, student: str, result: ProblemResult, submission: str, assignment: str, level: str
    ) -> None:
        """Keep a result, in place of an older one of the same student and problem.

        `submission` and `assignment` are the digests of what it was made from.
        """
        cases = json.dumps([asdict(case) for case in result.cases], ensure_ascii=True)
        row = (
            student, result.name, submission, assignment, level, cases, result.points, result.cpu,
            result.wall,
        )  # fmt: skip
        with self._lock, self._database as database:
            database.execute("INSERT OR REPLACE INTO results VALUES (?,?,?,?,?,?,?,?,?)", row)

    def made_from(self) -> dict[tuple[str, str], tuple[str, str]]:
        """For each student and problem the digests of submission and assignment."""
        with self._lock:
            rows = self._database.execute(
                "SELECT student, problem, submission, assignment FROM results"
            ).fetchall()
        return {(student, problem): (s, a) for student, problem, s, a in rows}

    def results(self, student: str) -> tuple[list[ProblemResult], str]:
        """A student's results and the isolation that they were made in."""
        with self._lock:
            rows = self._database.execute(
                "SELECT problem, points, cases, cpu, wall, level FROM results WHERE student = ?",
                (student,),
            ).fetchall()
        found = [
            ProblemResult(name, points, [CaseResult(**c) for c in json.loads(cases)], cpu, wall)
            for name, points, cases, cpu, wall, _ in rows
        ]
        return found, " / ".join(sorted({row[5] for row in rows}))
