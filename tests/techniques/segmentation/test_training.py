"""Training learns, resumes to the same curve, and leaves a frozen trunk alone."""

import numpy as np
import pytest

import layers
from techniques.data import Scenes
from techniques.segmentation import FCN, UNet, predict, score, train, transfer, vary

SCENES = Scenes(16, seed=1, size=16)


def unet():
    return UNet(11, width=2, depth=1, rng=0)


def run(model, epochs=2, **options):
    return train(model, SCENES, classes=11, epochs=epochs, rng=0, progress=False, **options)


class Halves:
    """Pictures whose bright half is class 1."""

    masks = np.random.default_rng(0).integers(0, 2, (32, 1, 8)).repeat(8, axis=1)
    images = np.repeat(masks[:, None], 3, axis=1).astype(np.float32)


def test_a_small_network_learns_what_is_bright():
    model = UNet(2, width=4, depth=1, rng=0)
    history = train(model, Halves, classes=2, epochs=20, validation=Halves, learning_rate=0.02,
                    rng=0, progress=False)  # fmt: skip
    assert history.validation_accuracy[-1] == score(model, Halves, 2).mean_iou > 0.95
    assert (predict(model, Halves.images) == Halves.masks).mean() > 0.95


def test_a_killed_run_goes_on_to_the_same_curve(tmp_path, monkeypatch):
    whole = run(unet(), epochs=3, validation=SCENES)
    path = tmp_path / "run.npz"
    count = [0]
    original = layers.optim.AdamW.step

    def stop(self):
        count[0] += 1
        if count[0] == 4:  # in the second epoch, as a kill would
            raise KeyboardInterrupt
        original(self)

    with monkeypatch.context() as patched:
        patched.setattr(layers.optim.AdamW, "step", stop)
        with pytest.raises(KeyboardInterrupt):
            run(unet(), epochs=3, validation=SCENES, checkpoint=path)
    resumed = run(unet(), epochs=3, validation=SCENES, checkpoint=path)
    assert resumed == whole


def test_a_frozen_trunk_stands_still_and_then_moves_by_smaller_steps():
    network = FCN(11, stride=4, width=2, hidden=4, rng=0)
    before = network.trunk.state_dict()
    before = {name: array.copy() for name, array in before.items()}
    run(network, frozen=network.trunk)
    for name, array in network.trunk.state_dict().items():
        np.testing.assert_array_equal(array, before[name], err_msg=name)
    assert all(p.requires_grad for p in network.parameters())
    head, whole = transfer(network, network.trunk, SCENES, classes=11, epochs=(1, 1), rng=0,
                           progress=False)  # fmt: skip
    assert (head.epochs, whole.epochs) == (1, 1)
    assert any((array != before[name]).any() for name, array in network.trunk.state_dict().items())


def test_what_is_frozen_must_be_a_part():
    with pytest.raises(ValueError, match="no part of the model"):
        run(unet(), frozen=unet())


@pytest.mark.parametrize("zoom", [1.0, 2.0])
def test_picture_and_mask_vary_together(zoom):
    masks = np.random.default_rng(0).integers(0, 5, (4, 12, 9))
    images = np.repeat(masks[:, None], 3, axis=1).astype(np.float32) / 5
    varied, classes = vary(images, masks, np.random.default_rng(1), zoom=zoom)
    assert varied.dtype == np.float32 and classes.dtype == masks.dtype
    np.testing.assert_array_equal(np.rint(varied[:, 0] * 5), classes)
    if zoom == 1:
        for before, after in zip(masks, classes, strict=True):
            assert (after == before).all() or (after == before[:, ::-1]).all()


def test_brightness_stays_in_the_valid_range():
    images = np.random.default_rng(0).random((8, 3, 4, 4), np.float32)
    varied, _ = vary(images, np.zeros((8, 4, 4), int), np.random.default_rng(1), brightness=0.5)
    assert varied.min() >= 0 and varied.max() <= 1 and varied.dtype == np.float32
    assert not np.array_equal(varied, images)
