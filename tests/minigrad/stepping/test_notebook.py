"""Rich displays, and the documentation's notebook on them, executed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad.stepping import Stepper, example

PAGE = Path(__file__).parents[3] / "docs" / "stepping-notebook.md"


@pytest.fixture(scope="module")
def executed():
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed")
    notebooks = pytest.importorskip("notebooks", reason="Sphinx and nbformat are not installed")
    return nbclient.NotebookClient(notebooks.notebook(PAGE), timeout=300).execute()


def displayed(notebook, kind):
    """What the cells displayed of one kind, in order."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output.data[kind] for output in outputs if kind in output.get("data", {})]


def test_the_notebook_runs_and_shows_every_view(executed):
    tensor, tape, page = displayed(executed, "text/html")[:3]
    assert "image: Tensor 1×1×3×3 float64" in tensor and tensor.count("<td") == 9
    assert tape.count('data-node="') == 3
    assert page.startswith("<iframe srcdoc=") and 'sandbox="allow-scripts"' in page
    assert len(displayed(executed, "image/svg+xml")) == 1
    assert len(displayed(executed, "image/gif")) == 1
    assert len(displayed(executed, "image/png")) == 1


def test_the_notebook_prints_steps_checks_and_reasons(executed):
    printed = "".join(
        output.text for cell in executed.cells for output in cell.get("outputs", [])
        if output.output_type == "stream"
    )  # fmt: skip
    assert "stamped = conv_transpose2d got" in printed
    assert "✗" not in printed and printed.count("✓") == 4
    assert "all 2 units of relu 1 are dead" in printed


@pytest.mark.parametrize(
    "data",
    [3.0, [], [1.0, np.nan, -np.inf], np.zeros((2, 0)), np.arange(24).reshape(2, 3, 4), [True]],
    ids=str,
)
def test_any_tensor_has_a_display(data):
    tensor = mg.Tensor(data, name="<b>&</b>")
    shown = tensor._repr_html_()
    assert shown.count("<td") == np.size(data)
    assert "&lt;b&gt;" in shown and "<b>" not in shown


def test_a_large_tensor_is_summarised():
    shown = mg.Tensor(np.arange(10_000.0).reshape(100, 100))._repr_html_()
    assert shown.count("<td") == 36 and "from 0 to 9999" in shown


def test_a_long_tape_is_shown_by_its_parts_or_its_start():
    x = mg.Tensor(1.0, requires_grad=True)
    h = x
    for i in range(200):
        h = mg.tanh(h)
        if i % 50 == 49:
            h.name = f"block{i // 50}.out"
    bundle = mg.tape(h)._repr_mimebundle_()
    assert "200 operations in 4 parts" in bundle["text/html"]
    assert "image/svg+xml" not in bundle


def test_a_very_long_walk_is_not_put_into_a_notebook():
    x = mg.Tensor(1.0, requires_grad=True)
    for _ in range(1001):
        x = mg.sin(x)
    assert "write_html" in Stepper(x)._repr_html_()


def test_the_frame_cannot_reach_the_notebook():
    frame = Stepper(example("loss"))._repr_html_()
    assert 'sandbox="allow-scripts"' in frame and "allow-same-origin" not in frame
    assert frame.count("<script") == 0 and frame.count('"') == 2 * frame.count('="')
