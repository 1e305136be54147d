"""The source of a function as the page shows it: from the file, without docstrings."""

from __future__ import annotations

import ast
import inspect
import io
import keyword
import textwrap
import tokenize
from collections.abc import Callable

from markupsafe import Markup, escape


def source(function: Callable[..., object]) -> str:
    """Return the source of a function, or of a class and its methods, without docstrings.

    Examples
    --------
    >>> from techniques.tour.listing import source
    >>> from techniques.tour.section import percent
    >>> print(source(percent))
    def percent(share: float) -> str:
        return f"{100 * share:.1f}"
    """
    text = textwrap.dedent(inspect.getsource(function))
    lines = text.splitlines()
    docstrings = [
        node.body[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None
    ]
    for docstring in sorted(docstrings, key=lambda node: node.lineno, reverse=True):
        del lines[docstring.lineno - 1 : docstring.end_lineno]
    return "\n".join(line for line in lines if line)


def name(function: Callable[..., object]) -> str:
    """Return where the function stands, as one would import it."""
    return f"{function.__module__}.{function.__qualname__}"


def highlighted(text: str) -> Markup:
    """Return Python source as HTML, with keywords, strings, numbers and comments marked.

    Examples
    --------
    >>> from techniques.tour.listing import highlighted
    >>> highlighted("x if y < 1 else 2")
    Markup('x <b>if</b> y &lt; <i>1</i> <b>else</b> <i>2</i>')
    """
    lines = text.splitlines(keepends=True)
    html, row, column = Markup(), 1, 0

    def upto(end: tuple[int, int]) -> str:
        nonlocal row, column
        taken = ""
        while row < end[0]:
            taken += lines[row - 1][column:]
            row, column = row + 1, 0
        if row <= len(lines):
            taken += lines[row - 1][column : end[1]]
        column = end[1]
        return taken

    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        html += escape(upto(token.start))
        html += _marked(token.type, token.string, upto(token.end))
    return html


def _marked(kind: int, word: str, text: str) -> Markup:
    """Wrap one token in the element that the style sheet colours."""
    if kind == tokenize.COMMENT:
        return Markup("<em>{}</em>").format(text)
    if kind in (tokenize.STRING, tokenize.NUMBER) or "STRING" in tokenize.tok_name[kind]:
        return Markup("<i>{}</i>").format(text)
    if kind == tokenize.NAME and keyword.iskeyword(word):
        return Markup("<b>{}</b>").format(text)
    return escape(text)
