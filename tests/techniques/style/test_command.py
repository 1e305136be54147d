"""`minigrad style`: what it writes, what it says, how it ends."""

import numpy as np
import pytest
from PIL import Image

from techniques.cli import main


@pytest.fixture
def pictures(tmp_path):
    rng = np.random.default_rng(0)
    for name, size in (("town", (40, 30)), ("waves", (36, 32)), ("night", (32, 32))):
        pixels = rng.integers(0, 255, (size[1], size[0], 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    return tmp_path


def run(folder, *arguments, styles=("waves",)):
    files = [str(folder / f"{name}.png") for name in ("town", *styles)]
    return main(["style", *files, "--size", "24", "--steps", "3", *map(str, arguments)])


def test_it_paints_a_picture_of_the_asked_size_and_a_strip(pictures, capsys):
    out, strip = pictures / "out.png", pictures / "strip.jpg"
    assert run(pictures, "--out", out, "--strip", strip) == 0
    assert Image.open(out).size == (32, 24)
    assert Image.open(strip).size[0] > 3 * 32 and Image.open(strip).format == "JPEG"
    assert str(out) in capsys.readouterr().out


def test_its_options_reach_the_painting(pictures):
    out, kept = pictures / "out.png", pictures / "kept.png"
    more = ["--network", "resnet20", "--start", "noise", "--optimizer", "adam"]
    assert run(pictures, "--mix", 1, 2, "--out", out, *more, styles=("waves", "night")) == 0
    assert run(pictures, "--keep-colour", "--scales", "2", "--tv-weight", "1", "--out", kept) == 0
    assert not np.array_equal(np.asarray(Image.open(out)), np.asarray(Image.open(kept)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "no/such/folder.png"], "a folder that is there"),
        (["--out", "picture.txt"], "suffix of images"),
        (["--network", "vgg15"], "vgg15"),
        (["--weights", "none.pth"], "none.pth"),
        (["--steps", "0"], "steps"),
        (["--size", "0"], "size"),
        (["--mix", "1", "2"], "mix"),
    ],
)
def test_a_bad_option_is_one_line_and_2(pictures, arguments, message, capsys):
    out = [] if "--out" in arguments else ["--out", pictures / "out.png"]
    assert run(pictures, *arguments, *out) == 2
    error = capsys.readouterr().err
    assert error.startswith("minigrad: error: ") and error.count("\n") == 1
    assert message in error
    assert not (pictures / "out.png").exists()


def test_after_ctrl_c_the_picture_so_far_is_written(pictures, monkeypatch, capsys):
    def interrupted(*arguments, watch, **options):
        watch(1, {"total": 1.0}, np.full((1, 3, 2, 2), 0.5))
        raise KeyboardInterrupt

    monkeypatch.setattr("techniques.style.command.style_transfer", interrupted)
    out = pictures / "out.png"
    assert run(pictures, "--out", out) == 130
    assert Image.open(out).getpixel((0, 0)) == (128, 128, 128)
    assert "has been written" in capsys.readouterr().err
