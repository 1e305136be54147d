"""Directives whose content is generated, so never out of date.

``primitive-table``, ``public-names``, ``mistake-gallery``, ``homework-problems``,
``benchmark-results`` and ``benchmark-misses``.
"""

from __future__ import annotations

import importlib
import inspect
import io
import re
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from misses import REASONS
from mistakes import MISTAKES
from sphinx.application import Sphinx

import minigrad as mg
from benchmarks import figure, table
from benchmarks.report import Report
from minigrad import testing
from techniques import homework


def _cell(text: str) -> nodes.entry:
    return nodes.entry("", *[nodes.paragraph(text=line) for line in text.splitlines()])


def _table(header: list[str], rows: list[list[str]], widths: list[int]) -> nodes.table:
    group = nodes.tgroup(cols=len(header))
    group += [nodes.colspec(colwidth=width) for width in widths]
    group += nodes.thead("", nodes.row("", *map(_cell, header)))
    group += nodes.tbody("", *[nodes.row("", *map(_cell, row)) for row in rows])
    return nodes.table("", group)


class PrimitiveTable(Directive):
    """One row a primitive: formula, the rule of each input, the convention at kinks."""

    def run(self) -> list[nodes.Node]:
        """Build the table from ``mg.primitives()``."""
        rows = []
        for name, primitive in sorted(mg.primitives().items()):
            if not primitive.__module__.startswith("minigrad."):
                continue
            rules = [primitive.rules] if primitive.variadic else primitive.rules
            pairs = zip(primitive.inputs, rules, strict=True)
            vjps = [f"{argument}: {rule.formula}" for argument, rule in pairs if rule]
            rows.append([name, primitive.formula, "\n".join(vjps), primitive.kinks or "–"])
        header = ["name", "y =", "gradient, with ȳ that of the result", "where there is none"]
        return [_table(header, rows, [15, 30, 35, 20])]


class PublicNames(Directive):
    """The documentation of everything that a module lists in ``__all__``, by kind."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Have autodoc document each name."""
        module = importlib.import_module(self.arguments[0])
        lines = []
        for name in module.__all__:
            value = getattr(module, name)
            if not callable(value):  # modules and tables: described in words
                continue
            lines.append(f".. auto{_kind(value)}:: {module.__name__}.{name}")
            if inspect.isclass(value):
                lines.append("   :members:")
            lines.append("")
        container = nodes.section()
        container.document = self.state.document
        self.state.nested_parse(StringList(lines, "public names"), 0, container)
        return container.children


class MistakeGallery(Directive):
    """Every mistake of `mistakes.py`: what went wrong, the code, the report that it gets."""

    def run(self) -> list[nodes.Node]:
        """Check each pair of functions, with the same random directions at every build."""
        shown = []
        for mistake in MISTAKES:
            report = testing.check_backward(mistake.forward, mistake.backward, *mistake.inputs)
            name = mistake.backward.__name__
            section = nodes.section(ids=[nodes.make_id(name)])
            section += nodes.title(text=name.replace("_", " "))
            section += nodes.paragraph(text=inspect.getdoc(mistake.backward))
            source = inspect.getsource(mistake.forward) + "\n\n" + _body(mistake.backward)
            section += nodes.literal_block(source, source, language="python")
            section += nodes.literal_block(report.message, report.message, language="text")
            shown.append(section)
        return shown


class HomeworkProblems(Directive):
    """What an assignment asks for: its problems with points, and the starter."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Build the table from the assignment."""
        assignment = homework.find(self.arguments[0])
        rows = [
            [name, f"{problem.points:g}", problem.task, "\n".join(problem.visible),
             str(len(problem.hidden))]
            for name, problem in assignment.problems.items()
        ]  # fmt: skip
        header = ["function", "points", "task", "visible cases", "hidden"]
        starter = assignment.starter_text
        return [
            _table(header, rows, [20, 8, 40, 24, 8]),
            nodes.paragraph(text="This is what one begins with:"),
            nodes.literal_block(starter, starter, language="python"),
        ]


class BenchmarkResults(Directive):
    """The results that ``minigrad bench --json FILE`` has written: summary, figure and tables."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Build them from the file."""
        report = _report_beside(self)
        totals = [line for line in table.summary(report) if not line.startswith(" ")]
        shown: list[nodes.Node] = [
            nodes.paragraph(text=line) for line in [table.place(report), *totals]
        ]
        picture = io.StringIO()
        figure.draw(report).savefig(picture, format="svg", bbox_inches="tight")
        svg = picture.getvalue()
        svg = svg[svg.index("<svg") :].replace("<svg", '<svg style="width: 100%; height: auto"', 1)
        shown.append(nodes.raw("", svg, format="html"))
        for title, results in table.tables(report):
            peers = list(dict.fromkeys(name for result in results for name in result.ratios))
            rows = [table.cells(r, peers, report.share_of_peak(r)) for r in results]
            header = table.header(peers)
            peak = table.peaks(report, results[0].threads)
            section = nodes.section(ids=[nodes.make_id(title)])
            section += nodes.title(text=title.capitalize())
            section += nodes.paragraph(text=peak)
            section += _table(header, rows, [40, *[10] * (len(header) - 1)])
            shown.append(section)
        return shown


class BenchmarkMisses(Directive):
    """What misses its bar in the same file, by how much, and why: see `misses.py`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Build the table, a row for all cases of a reason."""
        missed: dict[str, dict[str, list[str]]] = {}
        for result in _report_beside(self).results:
            if result.over_bar:
                why = next((REASONS[p] for p in REASONS if re.search(p, result.case)), "not found")
                ratios = missed.setdefault(why, {}).setdefault(result.case, [])
                reached = table.miss(result).removeprefix(f"{result.case}: ")
                ratios.append(f"{reached} ({table.title('', result.threads)[2:]})")
        rows = [
            ["\n".join(f"{case}: {'; '.join(ratios)}" for case, ratios in cases.items()), why]
            for why, cases in missed.items()
        ]
        return [_table(["reached", "why, and what was tried"], rows, [45, 55])]


def _report_beside(directive: Directive) -> Report:
    """What is in the file that a directive names, which stands beside the page."""
    path = Path(directive.state.document.current_source).with_name(directive.arguments[0])
    directive.state.document.settings.env.note_dependency(str(path))
    return Report.read(path)


def _body(function: object) -> str:
    """The source of a function without its decorator."""
    source = inspect.getsource(function)
    return source[source.index("def ") :]


def _kind(value: object) -> str:
    if inspect.isclass(value):
        return "exception" if issubclass(value, BaseException) else "class"
    return "function"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("primitive-table", PrimitiveTable)
    app.add_directive("public-names", PublicNames)
    app.add_directive("mistake-gallery", MistakeGallery)
    app.add_directive("homework-problems", HomeworkProblems)
    app.add_directive("benchmark-results", BenchmarkResults)
    app.add_directive("benchmark-misses", BenchmarkMisses)
    return {"parallel_read_safe": True}
