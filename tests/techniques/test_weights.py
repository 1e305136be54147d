"""Weights as images."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import layers
from techniques import weight_grid


def test_three_channels_are_colours():
    weight = np.random.default_rng(0).normal(size=(5, 3, 2, 4))
    result = weight_grid(weight)
    scaled = (weight - weight.min()) * 255 / (weight.max() - weight.min())
    assert result.tiles.dtype == np.uint8
    assert np.array_equal(result.tiles, np.rint(scaled).transpose(0, 2, 3, 1))
    assert "in colour" in result.variant


def test_deeper_kernels_are_shown_channel_by_channel_on_one_scale():
    weight = np.random.default_rng(0).normal(size=(2, 4, 3, 3))
    tiles = weight_grid(weight).tiles
    assert tiles.shape == (8, 3, 3)
    assert np.count_nonzero(tiles == 0) == np.count_nonzero(tiles == 255) == 1
    order = np.argsort(weight.reshape(8, 3, 3)[5].ravel())
    assert (np.diff(tiles[5].ravel()[order].astype(int)) >= 0).all()


@given(st.integers(1, 30), st.integers(1, 4), st.integers(1, 4))
def test_the_grid_is_the_root_of_the_number_wide_with_gaps_of_one_pixel(count, height, width):
    weight = np.random.default_rng(count).normal(size=(count, 3, height, width))
    result = weight_grid(weight)
    columns = int(np.ceil(np.sqrt(count)))
    rows = int(np.ceil(count / columns))
    assert result.grid.shape == (rows * (height + 1) - 1, columns * (width + 1) - 1, 3)
    for index, tile in enumerate(result.tiles):
        top, left = index // columns * (height + 1), index % columns * (width + 1)
        assert np.array_equal(result.grid[top : top + height, left : left + width], tile)


def test_signed_scaling_keeps_zero_grey_and_both_ends_equally_far():
    tiles = weight_grid(np.array([-2.0, 0.0, 1.0, 2.0]).reshape(1, 1, 2, 2), signed=True).tiles
    assert tiles.tolist() == [[[0, 128], [191, 255]]]


def test_rows_of_a_fully_connected_layer_become_images():
    weight = layers.Linear(3 * 4 * 5, 7, rng=0).weight
    tiles = weight_grid(weight, shape=(3, 4, 5)).tiles
    assert tiles.shape == (7, 4, 5, 3)
    as_convolution = weight_grid(weight.data.reshape(7, 3, 4, 5)).tiles
    assert np.array_equal(tiles, as_convolution)


@pytest.mark.parametrize("signed", [False, True])
def test_equal_weights_are_no_division_by_zero(signed):
    with np.errstate(all="raise"):
        assert weight_grid(np.zeros((2, 1, 3, 3)), signed=signed).tiles.shape == (2, 3, 3)


def test_weights_that_are_no_images_are_refused():
    with pytest.raises(ValueError, match=r"12 weights.*shape=\(C, H, W\)"):
        weight_grid(np.ones((5, 12)))
    with pytest.raises(ValueError, match=r"C·H·W = 12, not \(3, 3, 3\)"):
        weight_grid(np.ones((5, 12)), shape=(3, 3, 3))
    with pytest.raises(ValueError, match=r"not \(5,\)"):
        weight_grid(np.ones(5))
    with pytest.raises(ValueError, match="NaN"):
        weight_grid(np.full((1, 1, 2, 2), np.nan))


def test_it_draws_itself():
    result = weight_grid(np.random.default_rng(0).normal(size=(5, 3, 2, 2)))
    assert np.array_equal(result.plot().images[0].get_array(), result.grid)
