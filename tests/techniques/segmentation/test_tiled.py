"""Overlapping tiles equal the whole picture."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import layers
import minigrad as mg
from techniques.segmentation import UNet, tiled


@settings(max_examples=20, deadline=None)
@given(
    height=st.integers(3, 40), width=st.integers(3, 40),
    rows=st.integers(1, 9), columns=st.integers(1, 9), overlap=st.integers(2, 5),
)  # fmt: skip
def test_tiles_equal_the_whole_where_the_margin_covers_the_receptive_field(
    height, width, rows, columns, overlap
):
    blur = layers.Sequential(
        layers.Conv2d(3, 2, 3, padding=1, rng=0), layers.ReLU(),
        layers.Conv2d(2, 2, 3, padding=1, rng=1),
    )  # fmt: skip
    image = np.random.default_rng(0).random((3, height, width), np.float32)
    result = tiled(blur, image, (rows + 2 * overlap, columns + 2 * overlap), overlap)
    whole = blur(image[None]).data[0]
    assert result.shape == whole.shape
    inner = np.s_[:, 2:-2, 2:-2]
    np.testing.assert_allclose(result[inner], whole[inner], atol=1e-5)


def test_a_unet_without_padding_gives_the_whole_of_a_mirrored_picture():
    network = UNet(2, width=2, depth=1, padding="valid", rng=0).eval()
    image = np.random.default_rng(0).random((2, 3, 30, 22), np.float32)
    margin = 8  # 36 → 20
    result = tiled(network, image, tile=36, overlap=margin)
    padded = np.pad(image, ((0, 0), (0, 0), (margin, margin), (margin, margin)), mode="reflect")
    np.testing.assert_allclose(result, network(padded).data, atol=1e-5)


@pytest.mark.parametrize(("tile", "overlap", "reason"), [
    (8, 4, "less than half"), (8, -1, "less than half"), (40, 2, "larger overlap")])  # fmt: skip
def test_margins_that_leave_nothing_are_refused(tile, overlap, reason):
    network = UNet(2, width=1, depth=1, padding="valid", rng=0)
    with pytest.raises(ValueError, match=reason):
        tiled(network, np.zeros((3, 40, 40), np.float32), tile, overlap)


def test_the_model_is_evaluated_and_left_as_it_was():
    network = UNet(2, width=1, depth=1, rng=0).train()
    before = network.state_dict()
    tiled(network, np.ones((3, 20, 20), np.float32), 20, 4)
    assert network.training
    assert all(np.array_equal(before[key], value) for key, value in network.state_dict().items())
    assert isinstance(tiled(mg.relu, np.ones((3, 20, 20), np.float32), 20, 4), np.ndarray)
