"""The two examples that the lecture works out by hand, and the corners of the conventions."""

from __future__ import annotations

import numpy as np
import pytest

from minigrad.kernels import kernel_set, names

ONE, NONE = (1, 1), (0, 0)
IMAGE = np.array([[120.0, 150, 120], [100, 50, 110], [25, 25, 10]]).reshape(1, 1, 3, 3)
each_set = pytest.mark.parametrize("kernels", [kernel_set(name) for name in names], ids=names)


@each_set
def test_max_pooling_and_unpooling_sum_what_meets(kernels):
    values, winners = kernels.max_pool2d(IMAGE, (2, 2), ONE, NONE, ONE, (2, 2))
    np.testing.assert_array_equal(values[0, 0], [[150, 150], [100, 110]])
    x = np.array([[300.0, 450], [100, 250]]).reshape(1, 1, 2, 2)
    unpooled = kernels.max_unpool2d(x, winners, (2, 2), ONE, NONE, ONE, (3, 3))
    np.testing.assert_array_equal(unpooled[0, 0], [[0, 750, 0], [100, 0, 250], [0, 0, 0]])


@each_set
def test_transposed_convolution_stamps_the_kernel(kernels):
    kernel = np.array([[1.0, -1], [2, -2]]).reshape(1, 1, 2, 2)
    stamped = kernels.conv2d_input_gradient(IMAGE, kernel, (4, 4), ONE, NONE, ONE, 1)
    expected = [[120, 30, -30, -120], [340, 10, 0, -350], [225, -100, 105, -230], [50, 0, -30, -20]]
    np.testing.assert_array_equal(stamped[0, 0], expected)


@each_set
def test_of_equal_values_the_first_wins(kernels):
    window = (2, 2), (2, 2), NONE, ONE
    _, winners = kernels.max_pool2d(np.ones((1, 1, 4, 4)), *window, (2, 2))
    indices = kernels.winner_indices(winners, (4, 4), *window)
    np.testing.assert_array_equal(indices[0, 0], [[0, 2], [8, 10]])


@each_set
def test_padding_never_wins_and_minus_infinity_has_a_place(kernels):
    lowest = np.full((1, 1, 3, 3), -np.inf, np.float32)
    window = (3, 3), (2, 2), ONE, ONE
    values, winners = kernels.max_pool2d(lowest, *window, (2, 2))
    assert np.isneginf(values).all()
    indices = kernels.winner_indices(winners, (3, 3), *window)
    np.testing.assert_array_equal(indices[0, 0], [[0, 1], [3, 4]])


@each_set
def test_the_first_nan_wins(kernels):
    x = np.array([[1, np.nan, 5], [np.nan, 9, 2]]).reshape(1, 1, 2, 3)
    values, winners = kernels.max_pool2d(x, (2, 3), ONE, NONE, ONE, ONE)
    assert np.isnan(values).all() and winners.item() == 1


@each_set
def test_average_counts_what_lies_in_the_padded_image(kernels):
    # Window 2 of 3 at stride 2 hangs one column over the padding: its divisor is 2 rows x 1 column.
    x = np.ones((1, 1, 2, 4))
    y = kernels.avg_pool2d(x, (2, 3), (2, 2), (0, 1), (1, 3), True)
    np.testing.assert_allclose(y[0, 0], [[2 / 3, 1, 0.5]])
    y = kernels.avg_pool2d(x, (2, 3), (2, 2), (0, 1), (1, 3), False)
    np.testing.assert_allclose(y[0, 0], [[1, 1, 1]])


@each_set
def test_no_images_make_no_results(kernels):
    x, weight = np.ones((0, 2, 5, 5), np.float32), np.ones((3, 2, 3, 3), np.float32)
    y = kernels.conv2d(x, weight, ONE, ONE, ONE, 1)
    assert y.shape == (0, 3, 5, 5)
    assert kernels.conv2d_input_gradient(y, weight, (5, 5), ONE, ONE, ONE, 1).shape == x.shape
    assert not kernels.conv2d_weight_gradient(x, y, (3, 3), ONE, ONE, ONE, 1).any()
    values, winners = kernels.max_pool2d(x, (2, 2), ONE, NONE, ONE, (4, 4))
    assert values.shape == winners.shape == (0, 2, 4, 4)


@each_set
def test_the_wider_of_two_types_is_kept(kernels):
    x, weight = np.ones((1, 1, 2, 2), np.float32), np.full((1, 1, 1, 1), 1 / 3)
    y = kernels.conv2d(x, weight, ONE, NONE, ONE, 1)
    assert y.dtype == np.float64 and (y == 1 / 3).all()


@each_set
def test_a_fault_in_one_image_stays_there(kernels):
    x = np.zeros((2, 1, 4, 4))
    x[0, 0, 0, 0] = np.nan
    y = kernels.conv2d(x, np.ones((1, 1, 3, 3)), ONE, ONE, ONE, 1)
    expected = np.zeros((2, 1, 4, 4), bool)
    expected[0, 0, :2, :2] = True
    np.testing.assert_array_equal(np.isnan(y), expected)


@pytest.mark.parametrize("empty", range(4), ids=["image", "channel", "row", "column"])
@each_set
def test_nothing_in_is_nothing_out(kernels, empty):
    shape = [2, 2, 3, 3]
    shape[empty] = 0
    x = np.ones(shape)
    weight = np.ones((3, shape[1], 3, 3))
    y = kernels.conv2d(x, weight, ONE, ONE, ONE, 1)
    assert not y.any() and y.shape[:2] == (shape[0], 3)
    dx = kernels.conv2d_input_gradient(y, weight, x.shape[2:], ONE, ONE, ONE, 1)
    assert not dx.any() and dx.shape == x.shape
    dw = kernels.conv2d_weight_gradient(x, y, (3, 3), ONE, ONE, ONE, 1)
    assert not dw.any() and dw.shape == weight.shape
    values, winners = kernels.max_pool2d(x, ONE, ONE, NONE, ONE, x.shape[2:])
    back = kernels.max_unpool2d(values, winners, ONE, ONE, NONE, ONE, x.shape[2:])
    assert values.shape == back.shape == x.shape
    average = kernels.avg_pool2d(x, ONE, ONE, NONE, x.shape[2:], True)
    back = kernels.avg_pool2d_input_gradient(average, x.shape[2:], ONE, ONE, NONE, True)
    assert back.shape == x.shape
