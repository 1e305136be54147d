"""The pairs of a file are found, given inputs, and checked."""

from __future__ import annotations

import sys

import pytest

from minigrad.testing.files import check_file, load, parsed_shapes, table
from techniques.cli import main

FILE = """
import numpy as np
relu_shapes = [(3, 4)]
def relu_forward(x): return np.maximum(x, 0)
def relu_backward(g, x): return g * (x > 0)
def linear_inputs(rng): return rng.normal(size=(3, 4)), rng.normal(size=(4, 5)), rng.normal(size=5)
def linear_forward(x, w, b): return x @ w + b
def linear_backward(g, x, w, b): return g @ w.T, x.T @ g, g
def f(x): return np.exp(x)
def df(g, x): return g * np.exp(x)
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(FILE)
    return path


def test_a_file_that_changes_within_a_second_is_run_as_it_is_now(file, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)  # what is kept of it must not be used
    assert load(file).df(1.0, 0.0) == 1
    file.write_text(FILE.replace("return g * np.exp(x)", "return 2 + np.exp(x)"))
    assert load(file).df(1.0, 0.0) == 3


def test_every_pair_of_a_file_is_checked(file):
    relu, linear = check_file(file)
    assert (relu.name, relu.cause) == ("relu", "ok")
    assert [i.cause for i in linear.inputs] == ["ok", "ok", "missing_broadcast_sum"]
    assert "missing_broadcast_sum" in table([relu, linear])


def test_the_command_says_so_with_its_exit_status(file, capsys):
    assert main(["check", str(file)]) == 1
    assert "sum over axis 0" in " ".join(capsys.readouterr().out.split())
    one = ["check", str(file), "--forward", "f", "--backward", "df"]
    assert main([*one, "--shapes", "2x3"]) == 0
    assert main(one) == 2
    assert "--shapes" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--shapes", "3,4"], ["--forward", "f"]])
def test_bad_arguments_are_one_line_and_2(file, arguments, capsys):
    assert main(["check", str(file), *arguments]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_pair_that_raises_is_wrong(tmp_path):
    path = tmp_path / "broken.py"
    path.write_text("def a_forward(x): return x\ndef a_backward(g, x): return g, g\n")
    (report,) = check_file(path, shapes=parsed_shapes(["3"]))
    assert not report.ok and "returned 2 gradient(s)" in report.findings[0].sentence
