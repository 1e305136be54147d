"""A classifier that strides and one that slides say the same."""

import numpy as np
import pytest

from techniques import pretrained
from techniques.data import Scenes
from techniques.segmentation import score_map, sliding_window, without_padding


@pytest.fixture(scope="module")
def scenes():
    return Scenes(2, seed=1, size=84, extent=84).images[:, :, :76]


def test_both_maps_are_equal_where_nothing_pads(scenes):
    classifier = without_padding(pretrained.load("shapes")[0])
    strided = score_map(classifier, scenes, 64)
    slid = sliding_window(classifier, scenes, 64, strided.stride)
    assert strided.stride == (4, 4)
    assert strided.scores.shape == (2, 10, 4, 6)
    np.testing.assert_allclose(strided.scores, slid.scores, rtol=1e-4, atol=1e-4)


def test_the_heat_of_a_class_lies_in_the_middle_of_its_windows(scenes):
    result = score_map(pretrained.load("shapes")[0], scenes, 64)
    heat = result.heat(3)
    assert heat.shape == (2, 76, 84)
    for i, j in np.ndindex(4, 6):
        assert (heat[:, 4 * i + 32, 4 * j + 32] == result.probabilities[:, 3, i, j]).all()
    heat[:, 30:46, 30:54] = 0
    assert not heat.any()


def test_images_smaller_than_the_window_are_refused():
    classifier, _ = pretrained.load("shapes")
    with pytest.raises(ValueError, match="64 × 64 does not fit into images of 32 × 80"):
        score_map(classifier, np.zeros((1, 3, 32, 80), np.float32), 64)
