"""Grade on Gradescope: the zip that is uploaded there, and what runs inside its container.

``python -m minigrad.grading.gradescope ASSIGNMENT AUTOGRADER`` grades the one submission in
``AUTOGRADER/submission`` and writes ``AUTOGRADER/results/results.json``.
"""

from __future__ import annotations

import json
import os
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

from .assignment import Assignment, load
from .marking import CaseResult, ProblemResult, Result, grade
from .reports import clean, versions

_SETUP = """#!/usr/bin/env bash
# Runs once, when the image is built: what the grader needs, and its compiled kernels.
set -euo pipefail
cd "$(dirname "$0")"
if ! python3 -c 'import numpy, numba, jinja2' 2>/dev/null; then
    apt-get update
    DEBIAN_FRONTEND=noninteractive apt-get install -y python3 python3-venv
    python3 -m venv environment
    environment/bin/pip install 'numpy>=2' numba jinja2
fi
./run_autograder --warm-up
"""

_RUN = """#!/usr/bin/env bash
# Runs for each submission, as root; the grader gives the submission a user of its own.
set -euo pipefail
source=$(cd "$(dirname "$0")" && pwd)
[ -d "$source/assignment" ] || source=$source/source
autograder=${AUTOGRADER:-$(dirname "$source")}
python=python3
[ -x "$source/environment/bin/python" ] && python=$source/environment/bin/python
export PYTHONPATH=$source MINIGRAD_CACHE=$source/kernels OPENBLAS_NUM_THREADS=1
exec "$python" -B -m minigrad.grading.gradescope "$source/assignment" "$autograder" "$@"
"""


def write_zip(assignment: Assignment, path: str | Path, secret: bytes) -> None:
    """Write the autograder that Gradescope wants, with minigrad and the assignment in it.

    Parameters
    ----------
    assignment : Assignment
    path : path
    secret : bytes
        Draws the inputs of the cases.
    """
    package = Path(__file__).resolve().parent.parent
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "setup.sh", _SETUP, 0o755)
        _add(archive, "run_autograder", _RUN, 0o755)
        _add(archive, "assignment/secret", secret.hex(), 0o600)
        for file in sorted(package.rglob("*")):
            if file.suffix in (".py", ".html", ".css", ".js"):
                name = f"minigrad/{file.relative_to(package).as_posix()}"
                _add(archive, name, file.read_text("utf-8"))
        for file in sorted(assignment.folder.glob("*.py")):
            _add(archive, f"assignment/{file.name}", file.read_text("utf-8"))


def _add(archive: zipfile.ZipFile, name: str, text: str, mode: int = 0o644) -> None:
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))  # the same bytes whenever it is made
    entry.external_attr = mode << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, text)


def results(result: Result, seconds: float = 0.0) -> dict[str, Any]:
    """What Gradescope reads: the score, and a test for each case.

    Where the grader itself failed there is no score, which Gradescope shows as an error to the
    instructor.
    """
    found: dict[str, Any] = {
        "execution_time": round(seconds, 1),
        "output": "\n".join(clean(note) for note in result.notes),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {"isolation": result.level, "versions": versions()},
        "tests": [
            _test(problem, case, f"{i}.{j}")
            for i, problem in enumerate(result.problems, 1)
            for j, case in enumerate(problem.cases, 1)
        ],
    }
    if not result.withheld:
        found["score"] = result.total
    return found


def _test(problem: ProblemResult, case: CaseResult, number: str) -> dict[str, Any]:
    worth = problem.points / len(problem.cases)
    parts = [f"{case.status}\n{case.feedback}" if case.status != "OK" else ""]
    parts += [f"The arguments:\n{case.inputs}" if case.inputs else ""]
    parts += [f"Printed:\n{case.printed}" if case.printed else ""]
    return {
        "name": f"{problem.name}: {case.name}{' (hidden inputs)' if case.hidden else ''}",
        "name_format": "text",
        "number": number,
        "score": round(worth * case.score, 4),
        "max_score": round(worth, 4),
        "status": "passed" if case.status == "OK" else "failed",
        "output": clean("\n\n".join(filter(None, parts))),
        "output_format": "text",
        "visibility": "visible",
    }


def main(assignment: str, autograder: str, *options: str) -> int:
    """Grade what is in ``AUTOGRADER/submission``; with ``--warm-up`` only compile."""
    loaded = load(assignment)
    if "--warm-up" in options:
        from .submission import of_text

        grade(loaded, of_text(loaded.solution_text))
        return 0
    root = Path(autograder)
    secret = bytes.fromhex((loaded.folder / "secret").read_text())
    started = time.monotonic()
    result = grade(loaded, root / "submission", _student(root), secret)
    text = json.dumps(results(result, time.monotonic() - started), ensure_ascii=True)
    (root / "results").mkdir(exist_ok=True)
    # Whatever stands there under that name, a link perhaps, is replaced and not written through.
    part = root / "results" / f"results-{os.getpid()}.part"
    part.write_text(text, "utf-8")
    os.replace(part, root / "results" / "results.json")
    return 0


def _student(root: Path) -> str:
    """Who handed in, as far as Gradescope says."""
    try:
        facts = json.loads((root / "submission_metadata.json").read_text("utf-8"))
        return ",".join(sorted(str(user["id"]) for user in facts["users"]))
    except (OSError, ValueError, KeyError, TypeError):
        return "student"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
