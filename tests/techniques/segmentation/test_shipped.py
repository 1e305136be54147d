"""The segmentation networks that ship are small, and as good as they say on held-out pictures."""

from dataclasses import replace

import numpy as np
import pytest

from techniques.data import Scenes, data_folder, load_camvid
from techniques.segmentation import score
from techniques.segmentation.recipes import HERE, RECIPES, load, stated_mean_iou

SHIPPED = [name for name, recipe in RECIPES.items() if recipe.weights.exists()]


def test_all_weights_that_ship_stay_under_three_megabytes():
    assert sum(file.stat().st_size for file in HERE.glob("*.npz")) < 3_000_000


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_network_is_small_and_in_eval_mode(name):
    model, recipe = load(name)
    assert not model.training
    assert sum(p.size for p in model.parameters()) <= 600_000
    logits = model(np.zeros((1, 3, 61, 47), np.float32))
    assert logits.shape == (1, len(recipe.classes), 61, 47) and logits.dtype == np.float32


def test_unet_reaches_its_stated_score_on_scenes_that_nobody_has_seen():
    model, recipe = load("unet")
    measured = score(model, Scenes(100, seed=12345), len(recipe.classes)).mean_iou
    assert stated_mean_iou("unet") >= 0.9
    assert abs(measured - stated_mean_iou("unet")) < 0.03


def test_the_street_network_reaches_its_stated_score_on_real_test_pictures():
    try:
        data_folder()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    model, recipe = load("unet-camvid")
    test = load_camvid("test")
    some = replace(test, images=test.images[::8], masks=test.masks[::8])
    measured = score(model, some, len(recipe.classes), recipe.ignore_index).mean_iou
    assert stated_mean_iou("unet-camvid") >= 0.45
    assert abs(measured - stated_mean_iou("unet-camvid")) < 0.04
