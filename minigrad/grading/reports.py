"""Pages: one for each student, and one for the class. All that a student wrote is escaped."""

from __future__ import annotations

import hashlib
import platform
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ..page_style import style_sheet
from .course import Class
from .marking import Result
from .similarity import similar

_FOLDER = Path(__file__).parent / "pages"
_BINS = 10
_COMMONEST = 15
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Text without what steers a terminal or turns its direction around.

    >>> clean("red \\x1b[31mtext")
    'red \ufffd[31mtext'
    """
    return _CONTROL.sub("\ufffd", text.encode("utf-8", "replace").decode())


def page_name(student: str) -> str:
    """The file of a student's page."""
    plain = re.sub(r"[^\w.@+-]", "_", student)
    if plain != student or len(student) > 100:
        plain = f"{plain[:80]}-{hashlib.sha256(student.encode()).hexdigest()[:8]}"
    return f"{plain}.html"


def versions() -> str:
    """What a mark could depend on."""
    from .. import __version__

    return f"minigrad {__version__}, NumPy {np.__version__}, Python {platform.python_version()}"


def write_pages(graded: Class, out: str | Path) -> Path:
    """Write ``index.html`` for the class and ``students/NAME.html`` for each student.

    Returns
    -------
    Path
        That of the class.
    """
    out = Path(out)
    (out / "students").mkdir(parents=True, exist_ok=True)
    for result in graded.results.values():
        text = student_page(result, graded.assignment.title)
        (out / "students" / page_name(result.student)).write_text(text, "utf-8")
    page = out / "index.html"
    page.write_text(class_page(graded), "utf-8")
    return page


def student_page(result: Result, title: str) -> str:
    """A student's page: each problem, each case, what was wrong and what was printed."""
    return _render("student.html", result=result, title=title)


def class_page(graded: Class) -> str:
    """The class: how many points, which problems, which mistakes, who needs a look."""
    results = list(graded.results.values())
    totals = np.array([r.total for r in results if not r.withheld])
    failed = [
        case.detail
        for r in results
        for p in r.problems
        for case in p.cases
        if case.status == "GRADER_ERROR"
    ]
    return _render(
        "class.html",
        title=graded.assignment.title,
        results=results,
        points=graded.assignment.points,
        mean=totals.mean() if len(totals) else 0.0,
        names=list(graded.assignment.problems),
        withheld=[r.student for r in results if r.withheld],
        details=list(dict.fromkeys(failed))[:5],
        histogram=_histogram(totals, graded.assignment.points),
        problems=[_problem(name, results) for name in graded.assignment.problems],
        mistakes=_commonest(results),
        similar=similar(graded.submissions, graded.assignment.starter_text)[:50],
        levels=" / ".join(sorted({r.level for r in results})),
    )


def _render(template: str, **values: Any) -> str:
    import jinja2  # only pages need it
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters.update(clean=clean, page_name=page_name)
    css = Markup(style_sheet(_FOLDER / "page.css"))
    return environment.get_template(template).render(css=css, versions=versions(), **values)


def _histogram(totals: np.ndarray, points: float) -> list[tuple[float, float, int, int]]:
    counts, edges = np.histogram(totals, _BINS, (0, points or 1))
    most = max(counts.max(), 1)
    return [
        (float(low), float(high), int(count), int(100 * count / most))
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]


def _problem(name: str, results: Iterable[Result]) -> dict[str, Any]:
    found = [p for r in results for p in r.problems if p.name == name]
    whole = max(len(found), 1)
    every = sum(p.earned == p.points for p in found)
    nothing = sum(p.earned == 0 for p in found)
    return {
        "name": name,
        "all": round(100 * every / whole),
        "none": round(100 * nothing / whole),
        "some": round(100 * (len(found) - every - nothing) / whole),
        "timeouts": sum(p.status == "TIMEOUT" for p in found),
    }


def _commonest(results: Iterable[Result]) -> list[tuple[str, str, int]]:
    """Problem, sentence, and to how many students it was said."""
    told: Counter[tuple[str, str]] = Counter()
    for result in results:
        for problem in result.problems:
            sentences = {
                case.feedback.splitlines()[0]
                for case in problem.cases
                if case.feedback and (case.hidden or "mistake" in case.causes)
            }
            told.update((problem.name, sentence) for sentence in sentences)
    return [(name, text, count) for (name, text), count in told.most_common(_COMMONEST)]
