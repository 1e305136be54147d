"""The code on the page is the code in the package."""

import ast
import html
import inspect
import re
import textwrap

import pytest

from techniques.tour.listing import highlighted, source
from techniques.tour.route import ROUTE


def shown(stops):
    return {function for stop in stops for function in stop.section.code}


def test_the_listing_is_the_source_without_docstrings(stops):
    assert len(shown(stops)) >= len(ROUTE)
    for function in shown(stops):
        (whole,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
        (listed,) = ast.parse(source(function)).body
        for node in ast.walk(whole):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
                node.body = node.body[1:]
        assert ast.dump(listed) == ast.dump(whole)


def test_highlighting_keeps_every_character(stops):
    for function in shown(stops):
        text = html.unescape(re.sub(r"</?[bi]>|</?em>", "", highlighted(source(function))))
        assert text == source(function)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# why", "<em># why</em>"),
        ("x = 'if'", "x = <i>&#39;if&#39;</i>"),
        ("not_a = 1", "not_a = <i>1</i>"),
    ],
)
def test_each_kind_of_word_has_its_element(text, expected):
    assert highlighted(text) == expected
