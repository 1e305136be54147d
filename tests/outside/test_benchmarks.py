"""The benchmarks run, with PyTorch and without it, and both sides do the same work."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg

ROOT = Path(__file__).parents[2]


def benchmarks(*arguments, before=""):
    code = f"{before}\nimport sys\nfrom benchmarks.__main__ import main\nmain(sys.argv[1:])"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True
    )


def test_results_are_printed_and_written(tmp_path):
    pytest.importorskip("torch")
    options = ["--only", "MLP", "--rounds", "2", "--threads", "1,2"]
    done = benchmarks("small", "--json", str(tmp_path / "times.json"), *options)
    assert done.returncode == 0, done.stderr
    assert "small, 2 threads" in done.stdout
    results = json.loads((tmp_path / "times.json").read_text())["results"]
    assert [(r["group"], r["threads"]) for r in results] == [("small", 1), ("small", 2)]
    for result in results:
        assert all(0 < low <= high for low, _, high in (result["minigrad_ms"], result["ratio"]))


def test_minigrad_is_timed_alone_without_pytorch():
    hide = "import sys; sys.modules['torch'] = None"
    done = benchmarks("small", "--only", "MLP", "--rounds", "1", before=hide)
    assert done.returncode == 0, done.stderr
    assert "PyTorch is not installed" in done.stdout
    assert "MLP step" in done.stdout
    assert "geometric mean" not in done.stdout


def test_an_unknown_group_is_an_error_that_lists_the_groups():
    done = benchmarks("big")
    assert done.returncode == 2
    assert "small, convolution, pooling, training, networks" in done.stderr


@pytest.mark.parametrize("group", ["convolution", "pooling"])
def test_both_sides_compute_the_same(group, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.syspath_prepend(ROOT)
    module = __import__(f"benchmarks.{group}", fromlist=["cases"])
    if group == "convolution":  # the same kinds of convolution, smaller
        small = [s._replace(size=min(s.size, 14), batch=1) for s in module.CONVOLUTIONS]
        monkeypatch.setattr(module, "CONVOLUTIONS", small)
    for case in module.cases():
        ours, theirs = case.minigrad()(), case.torch()()
        if isinstance(theirs, tuple):  # the gradients, of which one was asked for
            theirs = next(part for part in theirs if part is not None)
        ours = ours.data if isinstance(ours, mg.Tensor) else ours
        error = np.abs(ours - theirs.detach().numpy()).max()
        assert error <= 1e-4 * max(1, np.abs(ours).max()), case.name
