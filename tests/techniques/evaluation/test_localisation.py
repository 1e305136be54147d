"""Scores against a mask, against their definitions in loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from techniques.evaluation import dilated, hits, iou, pointing_game, relevance_mass

seeds = st.integers(0, 10**6)


def drawn(seed, count=4):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, 6, 9)), rng.random((count, 6, 9)) < 0.2


@given(seeds, st.sampled_from([0, 1, 1.5, 3]))
def test_a_maximum_near_enough_to_the_object_hits(seed, tolerance):
    maps, masks = drawn(seed)
    for values, mask, hit in zip(maps, masks, hits(maps, masks, tolerance), strict=True):
        row, column = divmod(int(values.argmax()), 9)
        near = [np.hypot(i - row, j - column) <= tolerance for i, j in np.argwhere(mask)]
        assert hit == any(near)


def test_the_tolerance_is_15_pixels_at_224_unless_given():
    maps, masks = np.zeros((2, 112, 112)), np.zeros((2, 112, 112), bool)
    maps[0, 50, 57], maps[1, 50, 58], masks[:, 50, 50] = 1, 1, True
    assert hits(maps, masks).tolist() == [True, False]


def test_a_map_that_is_the_same_everywhere_never_hits():
    assert pointing_game(np.zeros((2, 3, 3)), np.ones((2, 3, 3), bool)) == 0


def test_classes_count_the_same_however_many_maps_they_have():
    maps = np.zeros((4, 2, 2))
    maps[:3, 0, 0], maps[3, 1, 1] = 1, 1
    masks = np.zeros((4, 2, 2), bool)
    masks[:, 0, 0] = True
    assert pointing_game(maps, masks, tolerance=0) == 0.75
    assert pointing_game(maps, masks, labels=[7, 7, 7, 2], tolerance=0) == 0.5


@given(seeds)
def test_the_mass_inside_and_the_mass_outside_add_up(seed):
    maps, masks = drawn(seed)
    inside, outside = relevance_mass(maps, masks), relevance_mass(maps, ~masks)
    np.testing.assert_allclose(inside + outside, 1)
    np.testing.assert_allclose(relevance_mass(7 * maps, masks), inside)
    assert relevance_mass(-np.abs(maps), masks).tolist() == [0] * 4


@given(seeds, st.floats(0.01, 1))
def test_iou_counts_pixels(seed, threshold):
    maps, masks = drawn(seed)
    for values, mask, share in zip(maps, masks, iou(maps, masks, threshold), strict=True):
        bright = {tuple(p) for p in np.argwhere(values >= threshold * values.max())}
        truth = {tuple(p) for p in np.argwhere(mask)}
        assert share == pytest.approx(len(bright & truth) / len(bright | truth))


@given(seeds, st.sampled_from([0, 1, 1.5, 2.3]))
def test_a_dilated_mask_holds_what_is_near_the_object(seed, radius):
    _, masks = drawn(seed, count=2)
    for mask, grown in zip(masks, dilated(masks, radius), strict=True):
        for place in np.ndindex(mask.shape):
            distances = np.linalg.norm(np.argwhere(mask) - place, axis=1)
            assert grown[place] == (distances <= radius).any()


@pytest.mark.parametrize("score", [pointing_game, relevance_mass, iou])
def test_maps_and_masks_that_do_not_fit_are_named(score):
    with pytest.raises(ValueError, match=r"\(2, 3, 4\) and masks of shape \(2, 4, 3\)"):
        score(np.zeros((2, 3, 4)), np.zeros((2, 4, 3), bool))
    with pytest.raises(ValueError, match="finite"):
        score(np.full((1, 2, 2), np.nan), np.zeros((1, 2, 2), bool))


def test_bad_settings_are_named():
    maps, masks = drawn(0)
    with pytest.raises(ValueError, match="tolerance must be a number of pixels"):
        pointing_game(maps, masks, tolerance=-1)
    with pytest.raises(ValueError, match="threshold must be a share"):
        iou(maps, masks, threshold=0)
    with pytest.raises(ValueError, match=r"labels has shape \(2,\) for 4 maps"):
        pointing_game(maps, masks, labels=[0, 1])
