"""`minigrad segment`: train, run and score, end to end on a small recipe."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import layers
from techniques.cli import main
from techniques.data import Scenes, SegmentedDataset
from techniques.segmentation import FCN, UNet, recipes


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """An FCN on a few small scenes, one epoch a stage."""

    def scenes(split, data):
        drawn = Scenes(6, seed=len(split), size=32)
        return SegmentedDataset(drawn.images, drawn.masks, drawn.classes)

    recipe = replace(
        recipes.RECIPES["fcn8s"], load=scenes, epochs=(1, 1, 1),
        build=lambda: FCN(11, stride=32, width=2, hidden=4, rng=0),
    )  # fmt: skip
    monkeypatch.setitem(recipes.RECIPES, "fcn8s", recipe)


def test_a_network_is_trained_in_stages_then_scored_and_run(tmp_path, capsys):
    out = tmp_path / "fcn.npz"
    assert main(["segment", "train", "fcn8s", "--out", str(out)]) == 0
    assert "mean IoU" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fcn-curves.png", "fcn.npz"]
    of = ["--network", "fcn8s", "--weights", str(out)]
    assert main(["segment", "score", *of]) == 0
    printed = capsys.readouterr().out
    assert "background" in printed and "pixel accuracy" in printed

    Image.fromarray(np.random.default_rng(0).integers(0, 255, (61, 47, 3), np.uint8)).save(
        tmp_path / "street.png"
    )
    maps = tmp_path / "maps"
    assert main(["segment", "run", str(tmp_path / "street.png"), *of, "--out", str(maps)]) == 0
    mask = np.asarray(Image.open(maps / "street-mask.png"))
    assert mask.shape == (61, 47) and mask.max() < 11
    assert (maps / "street-classes.png").stat().st_size > 1000


def test_a_finished_stage_is_not_trained_again(tmp_path, monkeypatch):
    out = tmp_path / "fcn.npz"
    original, count = FCN.refined, [0]

    def refined(self):
        count[0] += 1
        if count[0] == 2:
            raise KeyboardInterrupt
        return original(self)

    monkeypatch.setattr(FCN, "refined", refined)
    assert main(["segment", "train", "fcn8s", "--out", str(out)]) == 130
    first = tmp_path / "fcn.stage1.checkpoint.npz"
    before = first.stat().st_mtime_ns
    count[0] = 5
    assert main(["segment", "train", "fcn8s", "--out", str(out)]) == 0
    assert out.exists() and not first.exists() and before > 0


def test_a_training_killed_on_coarse_pictures_ends_with_the_same_weights(tmp_path, monkeypatch):
    recipe = replace(
        recipes.RECIPES["fcn8s"], build=lambda: UNet(11, width=2, depth=1, rng=0),
        coarse_epochs=2, epochs=(1,), batch_size=2, balance=0.5, zoom=1.5, brightness=0.2,
    )  # fmt: skip
    monkeypatch.setitem(recipes.RECIPES, "small", recipe)
    recipes.make("small", tmp_path / "whole.npz", progress=False)
    original, steps = layers.optim.AdamW.step, [0]

    def step(self):
        steps[0] += 1
        if steps[0] == 5:  # in the second epoch
            raise KeyboardInterrupt
        original(self)

    monkeypatch.setattr(layers.optim.AdamW, "step", step)
    with pytest.raises(KeyboardInterrupt):
        recipes.make("small", tmp_path / "parts.npz", progress=False)
    recipes.make("small", tmp_path / "parts.npz", progress=False)
    whole, parts = (layers.load(tmp_path / f"{name}.npz") for name in ("whole", "parts"))
    for name in whole:
        np.testing.assert_array_equal(whole[name], parts[name], err_msg=name)
    assert whole["classifier.weight"].dtype == np.float16


@pytest.mark.parametrize(("arguments", "reason"), [
    (["train", "unett"], "did you mean unet?"),
    (["train", "unet", "--out", "unet.txt"], "must be a .npz file"),
    (["score", "--network", "fcn8s", "--weights", "none.npz"], "minigrad segment train fcn8s"),
    (["score", "--network", "segnet"], "name that file as the weights"),
])  # fmt: skip
def test_what_goes_wrong_is_one_line_and_2(arguments, reason, capsys):
    assert main(["segment", *arguments]) == 2
    error = capsys.readouterr().err
    assert reason in error and error.count("\n") == 1
