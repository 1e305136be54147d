"""Known mistakes get their cause, and what is right is never accused."""

from __future__ import annotations

import pytest

from minigrad.testing import check_backward

from . import corpus


def test_the_corpus_is_large_enough():
    assert len(corpus.WRONG) >= 100
    assert len({case.forward for case in corpus.WRONG}) >= 20
    assert len(corpus.RIGHT) >= 50


@pytest.mark.parametrize("case", corpus.RIGHT, ids=lambda case: case.name)
def test_what_is_right_is_not_accused(case):
    report = check_backward(case.forward, case.backward, *case.inputs)
    assert report.ok, report.message


@pytest.mark.parametrize("case", corpus.WRONG, ids=lambda case: case.name)
def test_each_mistake_gets_its_cause(case):
    report = check_backward(case.forward, case.backward, *case.inputs)
    assert report.cause == case.cause, report.message
