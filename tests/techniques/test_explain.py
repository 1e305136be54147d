"""The panel for one picture."""

import numpy as np
import pytest
from PIL import Image

from techniques.cli import main
from techniques.methods import METHODS


def saved(folder, width, height):
    path = folder / "picture.png"
    noise = np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)
    Image.fromarray(noise).save(path)
    return path


@pytest.mark.parametrize(
    ("size", "network", "methods"),
    [
        ((90, 40), "cifar10", ["saliency", "grad-cam", "guided-grad-cam"]),
        ((3, 5), "cifar10", ["lrp"]),
        ((40, 60), "shapes", ["layer-cam", "backprop"]),
    ],
)
def test_a_picture_of_any_size_gets_its_panel(size, network, methods, tmp_path, capsys):
    out = tmp_path / "panel.png"
    arguments = [str(saved(tmp_path, *size)), "--network", network, "--out", str(out)]
    assert main(["explain", *arguments, "--method", *methods]) == 0
    assert str(out) in capsys.readouterr().out
    with Image.open(out) as panel:
        assert np.asarray(panel.convert("L")).std() > 10


def test_a_class_may_be_asked_about_by_name(tmp_path, capsys):
    out = tmp_path / "panel.png"
    picture = str(saved(tmp_path, 32, 32))
    arguments = ["explain", picture, "--target", "ship", "--method", "saliency", "--out", str(out)]
    assert main(arguments) == 0
    assert "“ship”" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--method", "magic"], ", ".join(METHODS)),
        (["--target", "unicorn"], "airplane"),
        (["--network", "cifar"], "cifar10"),
        (["--out", "nowhere/panel.png"], "nowhere"),
    ],
)
def test_what_is_not_there_is_one_line_and_2(arguments, told, tmp_path, capsys):
    assert main(["explain", str(saved(tmp_path, 32, 32)), *arguments]) == 2
    printed = capsys.readouterr().err
    assert told in printed and printed.count("\n") == 1
