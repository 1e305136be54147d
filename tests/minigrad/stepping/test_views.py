"""Rules side by side, parts of a network, the graph's layout, figures, listings."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.stepping import Comparison, Stepper, example, plot_tape, save_gif, write_html
from minigrad.stepping.arrays import grid, inline, number, summary
from minigrad.stepping.debugger import debugger_of
from minigrad.stepping.examples import EXAMPLES
from minigrad.stepping.graph import HEIGHT, lay_out, lay_out_parts, svg
from minigrad.stepping.listing import listing
from minigrad.stepping.modules import parts_of

from .tapes import build, programs


def test_cells_differ_where_the_rules_do():
    x = mg.Tensor([-1.0, 2.0, 3.0, -1.0], requires_grad=True)
    comparison = Comparison((mg.relu(x) * np.array([1.0, -1.0, 1.0, -1.0])).sum())
    for _ in range(3):
        comparison.next()
    (cells,) = comparison.cells
    assert cells.values["guided backprop"].tolist() == [0, 0, 1, 0]
    assert cells.differing["backprop"].tolist() == [False] * 4
    assert cells.differing["deconvnet"].tolist() == [True, True, False, False]
    assert cells.differing["guided backprop"].tolist() == [False, True, False, False]
    comparison.back()
    assert not any(d.any() for d in comparison.cells[0].differing.values())


@pytest.mark.parametrize("direction", ["backward", "forward"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_lists_steps_and_passes_its_checks(name, direction):
    stepper = Stepper(example(name), direction=direction)
    text = listing(stepper)
    assert text.count(", recorded at ") == len(stepper)
    assert "not kept" not in text
    stepper.go(0)
    while record := stepper.next():
        assert all(check.ok for check in record.check())


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_key_at_every_place_of_an_example_leaves_a_screen(name):
    from minigrad.stepping.screen import frame

    debugger = debugger_of(example(name))
    keys = ["right", "i", "right", "w", "c", "d", "o", "d", "f", "z", "left", "J", "?", "?", "N"]
    for key in keys * (len(debugger.stepper) + 1):
        debugger.press(key)
        lines = frame(debugger, 80, 24)
        assert len(lines) == 24 and all(line.cell_len <= 80 for line in lines)


def variable(data, name=None):
    return mg.Tensor(np.asarray(data, float), requires_grad=True, name=name)


ODD = {
    "empty": lambda: (variable(np.zeros((0, 3))) * 2).sum(),
    "no images": lambda: mg.conv2d(variable(np.zeros((0, 1, 4, 4))), np.ones((1, 1, 2, 2))).sum(),
    "not finite": lambda: mg.log(variable([-1.0, 0.0, np.nan, np.inf])).sum(),
    "names": lambda: mg.exp(variable(1.0, "長い名前" * 30 + "\x1b[31m\n</script>")),
    "one name twice": lambda: variable(1.0, "same") * variable(2.0, "same"),
    "five axes": lambda: variable(np.ones((2, 1, 2, 1, 2))).sum(),
    "large": lambda: mg.relu(variable(np.ones((30, 30, 3)))).sum(),
    "a leaf": lambda: variable(1.0, "x"),
    "many inputs": lambda: np.einsum("i,j,ij->", *map(variable, ([1], [2, 3], [[4, 5]]))),
    "half": lambda: mg.Tensor(np.ones(3, np.float16), requires_grad=True).sum(),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_tapes_have_every_view(name, tmp_path):
    from minigrad.stepping.screen import frame

    with np.errstate(all="ignore"):
        output = ODD[name]()
        debugger = debugger_of(output)
        for key in ["n", "i", "n", "c", "d", "n", "d", "o", "f", "n", "z", "n", "end", "home"]:
            debugger.press(key)
            for width, height in ((80, 24), (30, 8)):
                lines = frame(debugger, width, height)
                assert len(lines) == height and all(line.cell_len <= width for line in lines)
                assert all(line.plain.isprintable() for line in lines)
        assert "\x1b" not in listing(Stepper(output))
        page = write_html(output, tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("</script>") == 2
    assert tape_is_drawn(output)


def tape_is_drawn(output):
    bundle = mg.tape(output)._repr_mimebundle_()
    return bundle["image/svg+xml"].startswith("<svg") and mg.tape(output).plot()


KEYS = [*"npifowzdcrb/ge?J<> -x3", "enter", "escape", "backspace", "left", "right", "home", "end"]


@given(programs, st.lists(st.sampled_from(KEYS), max_size=40))
def test_whatever_keys_are_pressed_the_sums_are_the_engines_at_that_place(program, keys):
    output, _ = build(program)
    debugger = debugger_of(output)
    for key in keys:
        debugger.press(key)
    stepper, fresh = debugger.stepper, Stepper(output)
    stepper.turn("backward")
    fresh.move(stepper.position)
    assert stepper.sums.keys() == fresh.sums.keys()
    for target, value in fresh.sums.items():
        np.testing.assert_array_equal(stepper.sums[target], value, strict=True)
        assert len(stepper.addends(target)) == len(fresh.addends(target))


def test_a_collapsed_list_steps_over_whole_parts():
    debugger = debugger_of(example("skip"))
    for key in ("z", "right", "right"):
        debugger.press(key)
    assert debugger.stepper.position == 2 and debugger.row == 2
    debugger.press("right")
    assert debugger.stepper.position == 4 and "decoder (2 steps)" in debugger.rows[3:4][0]
    debugger.press("z")
    debugger.press("left")
    debugger.press("z")
    assert debugger.row == 3
    debugger.press("left")
    assert debugger.stepper.position == 2


@given(programs)
def test_boxes_do_not_overlap_and_edges_go_down(program):
    output, _ = build(program)
    tape = mg.tape(output)
    layout = lay_out(tape, Stepper(output).labels)
    rows = {}
    for box in layout.boxes:
        rows.setdefault(box.y, []).append((box.x, box.x + box.width))
    for spans in rows.values():
        spans.sort()
        assert all(left[1] < right[0] for left, right in pairwise(spans))
    for path, _ in layout.paths:
        for above, below in pairwise(path):
            assert below.y - above.y > HEIGHT
    assert max(box.x + box.width for box in layout.boxes) <= layout.width
    assert svg(layout).count('data-node="') == len(tape)


def test_parts_are_named_after_the_tensors_in_them():
    tape = mg.tape(example("skip"))
    parts = parts_of(tape)
    assert [(p.name, p.stop - p.start) for p in parts][:3] == [
        ("encoder", 3), ("decoder", 2), ("head", 1),
    ]  # fmt: skip
    assert svg(lay_out_parts(tape, parts)).count("box part") == len(parts)


def test_a_tape_and_a_kernel_are_drawn(tmp_path):
    from PIL import Image

    tape = mg.tape(example("skip"))
    axes = tape.plot()
    assert {"encoder.high", "relu 1×2×4×4"} <= {text.get_text() for text in axes.texts}
    assert plot_tape(tape, axes) is axes
    stepper = Stepper(example("transposed"), direction="forward")
    stepper.next()
    walk = stepper.into()
    walk.go(3)
    with Image.open(save_gif(walk, tmp_path / "stamps.gif")) as picture:
        assert picture.n_frames == len(walk)
    assert walk.position == 3


# ---- numbers ----------------------------------------------------------------------------------


def test_numbers_are_short_and_say_what_is_not_finite():
    written = [number(v) for v in (0.0, -0.0, 1e-7, 123456.0, -1.5, np.nan, -np.inf, True, 7)]
    assert written == ["0", "0", "1e-07", "1.235e+05", "−1.5", "nan", "−∞", "True", "7"]


@pytest.mark.parametrize(
    "array",
    [np.zeros(0), np.full(500, np.nan), np.array([-1e308, 1e308] * 300), np.zeros((3, 0, 500)),
     np.arange(2000), np.full(1000, 1e-310), np.ones((1, 1, 1, 1, 2))],
    ids=lambda a: f"{a.shape} {a.dtype}",
)  # fmt: skip
def test_any_array_has_a_summary_a_line_and_a_grid(array):
    assert str(summary(array)) and inline(array) is not None
    assert sum(map(len, grid(array))) <= 400
