"""What the documentation shows runs as shown, and what it points at exists."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest
from mistakes import MISTAKES

import minigrad as mg
from minigrad import testing

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
ROOT_PACKAGES = ("minigrad", "layers", "techniques")
COMMANDS = ["pip install -e . && minigrad tour", 'pip install -e ".[test]" && pytest']


@pytest.fixture(autouse=True)
def _table_restored():
    """Pages declare primitives of their own."""
    table = mg.Primitive.__init__.__globals__["_TABLE"]
    before = dict(table)
    yield
    table.clear()
    table.update(before)


def blocks(page, language=""):
    """The fenced blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_run_as_shown(page):
    text = "\n".join(block for block in blocks(page, "python") if ">>>" in block)
    example = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    runner.run(example)
    assert runner.failures == 0
    names = {"__name__": f"documentation.{page.stem}"}
    for block in blocks(page, "python"):
        if ">>>" not in block:
            exec(compile(block, page.name, "exec"), names)


def test_the_readme_example_is_short_and_tells_the_truth(capsys):
    example = blocks(ROOT / "README.md", "python")[0]
    assert len(example.split("\n\n")) == 3 and len(example.splitlines()) <= 18
    exec(example, {})
    printed = capsys.readouterr().out
    assert "%0 = relu(x) -> (3,) float64" in printed
    assert "[0. 4. 6.]" in printed
    assert "(4, 64, 64)" in printed


def test_the_readme_has_the_two_commands_as_lines_of_their_own():
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    for command in COMMANDS:
        assert command in lines
        assert command in (ROOT / ".ci" / "run").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_paths_lead_somewhere(page):
    text = page.read_text("utf-8")
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (page.parent / link).exists(), link
    for path in re.findall(r"`((?:minigrad|layers|techniques|tests|docs)/[\w/.]*)`", text):
        assert (ROOT / path).exists(), path


def test_every_page_is_in_a_table_of_contents():
    listed = set()
    for page in PAGES:
        for block in re.findall(r"```\{toctree\}\n(.*?)```", page.read_text("utf-8"), re.S):
            listed |= set(block.split())
    assert {page.stem for page in PAGES if page.parent.name == "docs"} - listed == {"index"}


def test_every_page_with_examples_is_a_notebook():
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    notebooks = pytest.importorskip("notebooks", reason="Sphinx is not installed")
    pages = notebooks.with_examples()
    assert {"weights.md", "tape.md", "stepping.md"} <= {page.name for page in pages}
    for page in pages:
        notebook = notebooks.notebook(page, install="somewhere")
        nbformat.validate(notebook)
        title, install, *cells = notebook.cells
        assert title.source.startswith("# ") and "%pip install -q somewhere" in install.source
        prose = "".join(cell.source for cell in cells if cell.cell_type == "markdown")
        assert "```{" not in prose and "](" not in prose
        assert not any(">>>" in cell.source for cell in cells if cell.cell_type == "code")


@pytest.mark.parametrize(("name", "figures"), [("weights", 2), ("write-an-operation", 0)])
def test_a_chapter_runs_as_a_notebook(name, figures, monkeypatch):
    """All chapters' cells run when the documentation is built."""
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    notebooks = pytest.importorskip("notebooks", reason="Sphinx is not installed")
    monkeypatch.delenv("MPLBACKEND", raising=False)  # figures belong into the notebook
    notebook = notebooks.notebook(ROOT / "docs" / f"{name}.md")
    executed = nbclient.NotebookClient(notebook, timeout=300, startup_timeout=300).execute()
    outputs = [output for cell in executed.cells for output in cell.get("outputs", [])]
    assert outputs
    assert sum("image/png" in output.get("data", {}) for output in outputs) == figures


def documented():
    """The public names that the reference lists, with their values."""
    pages = [page.read_text("utf-8") for page in PAGES if page.name.startswith("reference-")]
    for module in re.findall(r":: ([a-z_.]+)$", "".join(pages), re.M):
        module = importlib.import_module(module)
        for name in getattr(module, "__all__", None) or vars(module):
            value = getattr(module, name)
            if name[0] != "_" and getattr(value, "__module__", "").startswith(ROOT_PACKAGES):
                yield f"{module.__name__}.{name}", value


def test_every_public_function_has_an_example():
    functions = {name: value for name, value in documented() if inspect.isfunction(value)}
    assert len(functions) > 150
    assert not [name for name, value in functions.items() if ">>>" not in (value.__doc__ or "")]


def test_every_public_class_has_an_example_or_says_what_it_holds():
    classes = {name: value for name, value in documented() if inspect.isclass(value)}
    assert len(classes) > 80
    said = re.compile(">>>|^ *(Attributes|Parameters)$", re.M)
    made = {name: value for name, value in classes.items() if not issubclass(value, Exception)}
    assert not [name for name, value in made.items() if not said.search(value.__doc__ or "")]


def test_every_public_name_of_the_engine_has_an_example():
    missing = [name for name in mg.__all__ if ">>>" not in (getattr(mg, name).__doc__ or "")]
    assert not missing


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.backward.__name__)
def test_every_mistake_of_the_gallery_gets_its_cause(mistake):
    report = testing.check_backward(mistake.forward, mistake.backward, *mistake.inputs)
    assert not report.ok
    assert report.cause == mistake.cause


def test_the_gallery_has_forty_mistakes():
    assert len(MISTAKES) == 40
