"""Every page with examples is a notebook too: ``python docs/notebooks.py FOLDER`` writes them all.

The documentation's build puts them into ``notebooks/`` and links each from its page.
"""

from __future__ import annotations

import doctest
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sources import source_of
from sphinx.application import Sphinx

import minigrad

PAGES = Path(__file__).parent
WHEEL = f"minigrad-{minigrad.__version__}-py3-none-any.whl"
INSTALL = """\
try:
    import minigrad
except ImportError:  # a hosted notebook
    %pip install -q {}"""

_FENCE = re.compile(r"^(?P<ticks>```+|:::+)(?P<kind>.*)\n(?P<body>(?s:.*?))^(?P=ticks)\n?", re.M)
_FRONT_MATTER = re.compile(r"\A---\n.*?^---\n", re.M | re.S)
_OPTIONS = re.compile(r"\A(---\n.*?^---\n|(:[\w-]+:[^\n]*\n)+)", re.M | re.S)
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(((?!\w+:)[^)]*)\)")


def notebook(page: Path, install: str = WHEEL) -> Any:
    """Return a page as a notebook, without outputs.

    Parameters
    ----------
    page : Path
        In MyST Markdown. ``{code-cell}`` blocks and doctest examples become code cells, the
        source that ``{source}`` shows becomes a listing, and what only the documentation can
        show is left out.
    install : str
        What pip installs minigrad from, in a notebook that does not have it.

    Raises
    ------
    ValueError
        If the page has no examples.
    """
    text = _FRONT_MATTER.sub("", page.read_text("utf-8"))
    cells = [new_code_cell(INSTALL.format(install), metadata={"tags": ["install"]})]
    prose, end = "", 0
    for fence in _FENCE.finditer(text):
        prose += text[end : fence.start()]
        end = fence.end()
        code = _code(fence["kind"], fence["body"])
        if code is None:
            prose += _listing(page, fence)
            continue
        cells += [*_markdown(prose), code]
        prose = ""
    cells += _markdown(prose + text[end:])
    if not any(cell.cell_type == "code" for cell in cells[1:]):
        raise ValueError(f"{page.name} has no examples to make a notebook of")
    cells[:2] = cells[1::-1]  # the title first
    for count, cell in enumerate(cells):
        cell.id = f"cell-{count}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def with_examples() -> list[Path]:
    """The pages that are notebooks, too."""
    return [
        page for page in sorted(PAGES.glob("*.md"))
        if any(_code(fence["kind"], fence["body"]) for fence in _FENCE.finditer(page.read_text()))
    ]  # fmt: skip


def write(folder: Path, install: str = WHEEL) -> list[Path]:
    """Write all notebooks to a folder, and return where they are."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for page in with_examples():
        path = folder / f"{page.stem}.ipynb"
        nbformat.write(notebook(page, install), path)
        written.append(path)
    return written


def _code(kind: str, body: str) -> Any:
    """A code cell from a block that is one, or None."""
    if kind.startswith("{code-cell}"):
        options = _OPTIONS.match(body)
        code = body[options.end() if options else 0 :].strip("\n")
        hidden = options is not None and "hide-" in options[0]
        return new_code_cell(code, metadata={"jupyter": {"source_hidden": True}} if hidden else {})
    if kind == "python" and ">>>" in body:
        examples = doctest.DocTestParser().get_examples(body)
        raises = any(example.exc_msg for example in examples)
        code = "".join(example.source for example in examples).strip("\n")
        return new_code_cell(code, metadata={"tags": ["raises-exception"]} if raises else {})
    return None


def _listing(page: Path, fence: re.Match[str]) -> str:
    """What stands in the notebook for another block."""
    kind = fence["kind"]
    if kind.startswith("{source}"):
        return "".join(f"```python\n{source_of(name)}\n```\n" for name in kind.split()[1:])
    if kind.startswith("{include}"):
        return (page.parent / kind.split()[1]).read_text("utf-8")
    return "" if kind.startswith("{") else fence[0]


def _markdown(text: str) -> list[Any]:
    """A cell of prose; links within the documentation lead nowhere from here."""
    text = _LINK.sub(lambda link: "" if link[1] else link[2], text).strip()
    return [new_markdown_cell(text)] if text else []


def _write_beside_pages(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.format == "html":
        write(Path(app.outdir) / "notebooks", app.config.notebook_install)


def _link(app: Sphinx, name: str, template: str, context: dict[str, Any], document: Any) -> None:
    if name in {page.stem for page in with_examples()}:
        link = f'<a href="notebooks/{name}.ipynb" download>As a notebook</a>'
        context["body"] = f'<p class="notebook">{link}</p>{context["body"]}'


def setup(app: Sphinx) -> dict[str, bool]:
    """Write the notebooks after the pages, and link them."""
    app.add_config_value("notebook_install", WHEEL, "html")
    app.connect("build-finished", _write_beside_pages)
    app.connect("html-page-context", _link)
    return {"parallel_read_safe": True}


if __name__ == "__main__":
    for path in write(*map(Path, sys.argv[1:2] or ["notebooks"])):
        print(path)
