"""The stepper in a pseudo-terminal: keys, screens, sizes, and what it leaves behind."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from contextlib import closing

import pytest

from minigrad.stepping import Stepper, example
from minigrad.stepping.arrays import inline

pytest.importorskip("termios", reason="there are no pseudo-terminals here")

from .virtual_terminal import ROOT, Terminal

RIGHT, LEFT = "\x1b[C", "\x1b[D"


def test_keys_step_on_back_and_into_the_kernel_and_q_gives_the_terminal_back():
    with closing(Terminal("step", "transposed")) as terminal:
        terminal.wait("backward, step 0 of 4")
        terminal.press("f" + RIGHT)
        terminal.wait("forward, step 1 of 4")
        terminal.press("in")
        screen = terminal.wait("window 2 of 9")
        assert any("−120 + 150 = 30" in line for line in screen)
        assert any("[150]" in line for line in screen)
        assert any("‹  30›" in line for line in screen)
        terminal.press(LEFT)
        terminal.wait("window 1 of 9")
        terminal.press("oq")
        assert terminal.end() == 0
        assert terminal.raw.endswith("\x1b[?7h\x1b[?25h\x1b[?1049l")


def test_the_screen_follows_the_engine_through_random_moves():
    stepper = Stepper(example("scalar"))
    x = stepper.tape.leaves[0]
    moves = random.Random(0).choices([RIGHT, LEFT, "n", "p"], k=30)
    with closing(Terminal("step", "scalar")) as terminal:
        terminal.wait("step 0 of 6")
        for move in moves:
            stepper.next() if move in (RIGHT, "n") else stepper.back()
            terminal.press(move)
        screen = terminal.wait(f"step {stepper.position} of 6")
        if stepper.record is not None:
            text = "\n".join(screen)
            assert f"{stepper.record.label} = {stepper.record.operation}" in text
            for sent in stepper.record.contributions:
                assert sent.filled in text
                if sent.target is x and len(sent.addends) > 1:
                    assert f"= {inline(stepper.sums[x])}  so far at x" in text


@pytest.mark.parametrize(("rows", "columns"), [(24, 80), (10, 40), (60, 200), (6, 20)])
def test_nothing_is_wider_or_longer_than_the_window(rows, columns):
    with closing(Terminal("step", "skip", rows=rows, columns=columns)) as terminal:
        terminal.wait("step")
        terminal.press("nnin?")
        terminal.wait("minigrad")
        drawn = terminal.raw[terminal.raw.rfind("\x1b[H") :]
        assert drawn.count("\n") <= rows - 1


def test_a_window_that_changes_its_size_is_drawn_again():
    with closing(Terminal("step", "network")) as terminal:
        terminal.wait("? help")
        terminal.resize(12, 50)
        terminal.wait_for(lambda screen: "─" * 50 in screen, "the narrow screen")
        terminal.press("n")
        terminal.wait("mse_loss")
        terminal.resize(30, 120)
        terminal.wait_for(lambda screen: any(line.endswith("q quit") for line in screen))


def test_search_breakpoints_checks_explanations_and_rules():
    with closing(Terminal("step", "network", rows=40, columns=120)) as terminal:
        terminal.wait("step 0 of 4")
        terminal.press("/relu\r")
        terminal.wait("step 3 of 4")
        terminal.press("c")
        terminal.wait("✓ x: 8 elements agree")
        terminal.press("d")
        screen = terminal.wait("deconvnet")
        assert any("*" in line for line in screen) and any("3 differ" in line for line in screen)
        terminal.press("d\x1b[H" + "bhidden.weight\r" + "r")
        terminal.wait("stopped at tensor hidden.weight")
        terminal.press("eoutput.bias\r")
        terminal.wait("the gradient of output.bias is ordinary")
        terminal.press("g9\r")
        terminal.wait("go to 0 … 4, not 9")
        terminal.press("z")
        terminal.wait("hidden (2 steps)")
        terminal.press("?")
        terminal.wait("Any key leaves this page")


def test_what_cannot_be_done_is_said_in_a_line():
    with closing(Terminal("step", "scalar", columns=120)) as terminal:
        terminal.wait("step 0 of 6")
        terminal.press("i")
        terminal.wait("no step has been taken yet")
        terminal.press("ni")
        terminal.wait("there are no windows in add")
        terminal.press("X")
        terminal.wait("'X' does nothing here")


def test_without_colour_no_colour_is_sent():
    with closing(Terminal("step", "network", NO_COLOR="1")) as terminal:
        terminal.wait("step 0")
        terminal.press("nnnd")
        terminal.wait("under each rule")
        assert "\x1b[31" not in terminal.raw and ";34m" not in terminal.raw


def test_ctrl_c_ends_with_130_and_gives_the_terminal_back():
    with closing(Terminal("step", "scalar")) as terminal:
        terminal.wait("step 0")
        terminal.press("\x03")
        assert terminal.end() == 130
        assert "\x1b[?1049l" in terminal.raw


SCRIPT = """
import sys
import numpy as np
import minigrad as mg
w = mg.Tensor(1.0, requires_grad=True, name="w")
for i in range(3):
    loss = np.exp(w * 0.5)
    loss.backward()
    print("gradient", w.grad, sys.argv[1:])
"""


def test_a_script_stops_at_its_backward_and_goes_on_to_the_next(tmp_path):
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    with closing(Terminal("step", str(script), "word", columns=120)) as terminal:
        terminal.wait("train.py, backward() 1")
        terminal.press("n")
        terminal.wait("train.py:7  loss = np.exp(w * 0.5)")
        terminal.press("N")
        terminal.wait("train.py, backward() 2")
        terminal.press("NN")
        assert terminal.end() == 0
        assert terminal.raw.count("['word']") == 3


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "techniques.cli", "step", *arguments],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip


def test_without_a_terminal_the_walk_is_listed():
    listed = run("scalar")
    assert listed.returncode == 0 and "\x1b" not in listed.stdout
    assert "6 of 6: %0 = multiply, recorded at scalar.py:9: product = x * y" in listed.stdout
    assert "x: gradient 3.368" in listed.stdout


def test_a_listing_needs_no_unicode():
    listed = subprocess.run(
        [sys.executable, "-m", "techniques.cli", "step", "scalar"], capture_output=True, cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"}, check=True,
    )  # fmt: skip
    assert b"6 of 6: %0 = multiply" in listed.stdout


def test_a_reader_that_goes_away_ends_the_listing_quietly():
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run(
        [sys.executable, "-m", "techniques.cli", "step", "scalar"],
        stdout=write, stderr=subprocess.PIPE, cwd=ROOT, check=False,
    )  # fmt: skip
    os.close(write)
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_a_rule_that_fails_is_shown_and_the_stepper_goes_on(tmp_path):
    script = tmp_path / "broken.py"
    script.write_text(
        "import minigrad as mg\n"
        "x = mg.Tensor([1.0], requires_grad=True)\n"
        "with mg.backward_rules(relu=lambda g: g[7]):\n"
        "    mg.relu(x).sum().backward()\n"
    )
    with closing(Terminal("step", str(script))) as terminal:
        terminal.wait("step 0 of 2")
        terminal.press("nn")
        terminal.wait("IndexError: index 7 is out of bounds")
        terminal.press("p")
        terminal.wait("step 0 of 2")
        terminal.press("q")
        assert terminal.end() == 0


def test_without_a_name_the_examples_are_listed_the_lectures_first():
    lines = run().stdout.splitlines()
    assert lines[1].split()[0] == "unpooling" and lines[2].split()[0] == "transposed"


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("scaler", None, "did you mean scalar?"),
        ("missing.py", None, "is not a Python file"),
        ("broken.py", "x = = 1", "line 1: invalid syntax"),
        ("failing.py", "a = 1\n1 / 0", "failing.py, line 2, failed: ZeroDivisionError"),
        ("quiet.py", "import minigrad", "calls backward() 0 times"),
    ],
)
def test_what_goes_wrong_is_one_line_and_2(name, text, reason, tmp_path):
    if text is not None:
        (tmp_path / name).write_text(text)
        name = str(tmp_path / name)
    ended = run(name)
    assert ended.returncode == 2
    assert reason in ended.stderr and ended.stderr.count("\n") == 1


def test_a_later_backward_can_be_asked_for(tmp_path):
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    assert "backward() 3" in run(str(script), "--at", "3").stdout
    assert "there is no call 4" in run(str(script), "--at", "4").stderr
