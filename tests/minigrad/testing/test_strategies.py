"""The strategies draw what fits, and the pytest fixture fails with the report."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings

import minigrad as mg
from minigrad.testing import GradientError, gradcheck, strategies
from minigrad.testing.pytest_plugin import gradcheck as fixture


@given(strategies.arrays_away_from(-1.0, 0.0))
def test_arrays_keep_away_from_kinks(x):
    assert np.all(np.abs(x) > 0.04) and np.all(np.abs(x + 1) > 0.04)


@given(strategies.broadcastable_shapes(count=3))
def test_shapes_broadcast(shapes):
    np.broadcast_shapes(*shapes)


@settings(max_examples=10)
@given(strategies.convolutions(max_side=4))
def test_convolutions_fit(c):
    report = gradcheck(lambda x, w, b: mg.conv2d(x, w, b, *c[3:]), *c[:3])
    assert report.cause == "ok", report.message


@settings(max_examples=10)
@given(strategies.poolings())
def test_poolings_fit_and_have_no_ties(p):
    report = gradcheck(lambda x: mg.max_pool2d(x, *p[1:]), p.x)
    assert report.cause == "ok", report.message


def test_the_fixture_raises_the_report():
    check = fixture.__wrapped__() if hasattr(fixture, "__wrapped__") else None
    assert check is not None and check(mg.exp, np.ones(2)).ok
    wrong = mg.primitive(lambda x, /: x * 2, name="wrong_double")
    wrong.vjp("x")(lambda g: g)
    with pytest.raises(GradientError, match=r"0\.5"):
        check(wrong, np.array([1.0, 2.0]))


def test_loading_the_plugin_stays_light():
    code = "import minigrad.testing.pytest_plugin, minigrad.testing, sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"numba", "hypothesis", "matplotlib"} & set(loaded)
