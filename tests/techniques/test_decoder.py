"""The lecture's worked examples, window by window."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from techniques.decoder import (
    IMAGE,
    KERNEL,
    VALUES,
    conv_transpose_steps,
    max_pool_steps,
    max_unpool_steps,
)


def test_max_pooling_of_the_lecture():
    steps = max_pool_steps(IMAGE, 2)
    assert steps[-1].output.tolist() == [[150, 150], [100, 110]]
    assert steps[2].patch.tolist() == [[100, 50], [25, 25]] and steps[2].stamp.tolist() == [[100]]
    assert np.isnan(steps[0].output).sum() == 3


def test_max_unpooling_of_the_lecture_sums_what_meets():
    steps = max_unpool_steps(VALUES, IMAGE, 2)
    assert [step.position for step in steps] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert steps[0].output.tolist() == [[0, 300, 0], [0, 0, 0], [0, 0, 0]]
    assert steps[1].patch.tolist() == [[450]] and steps[1].stamp.tolist() == [[450, 0], [0, 0]]
    assert steps[1].output[0].tolist() == [0, 750, 0]
    assert steps[-1].output.tolist() == [[0, 750, 0], [100, 0, 250], [0, 0, 0]]


def test_transposed_convolution_of_the_lecture():
    steps = conv_transpose_steps(IMAGE, KERNEL)
    assert steps[1].output[0].tolist() == [120, -120 + 150, -150, 0]
    assert steps[1].output[1].tolist() == [240, -240 + 300, -300, 0]
    assert steps[-1].output.tolist() == [
        [120, 30, -30, -120],
        [340, 10, 0, -350],
        [225, -100, 105, -230],
        [50, 0, -30, -20],
    ]


sizes = st.integers(1, 3)


@given(st.integers(0, 999), sizes, sizes, st.integers(1, 4), st.integers(1, 4), sizes)
def test_each_step_adds_its_stamp_to_its_window(seed, kh, kw, height, width, stride):
    rng = np.random.default_rng(seed)
    image, kernel = rng.normal(size=(height, width)), rng.normal(size=(kh, kw))
    steps = conv_transpose_steps(image, kernel, stride)
    output = np.zeros_like(steps[0].output)
    for step in steps:
        assert np.allclose(step.stamp, image[step.position] * kernel)
        output[step.window] += step.stamp
        assert np.allclose(step.output, output)
    whole = mg.conv_transpose2d(image[None, None], kernel[None, None], stride=stride)
    assert np.allclose(output, whole[0, 0])


@given(st.integers(0, 999), st.integers(1, 3), st.integers(3, 6), st.integers(3, 6), sizes)
def test_unpooling_what_was_pooled_puts_the_maxima_back(seed, size, height, width, stride):
    image = np.random.default_rng(seed).permutation(height * width).reshape(height, width) + 1.0
    pooled = max_pool_steps(image, size, stride)[-1].output
    steps = max_unpool_steps(pooled, image, size, stride)
    output = np.zeros_like(image)
    for step in steps:
        output[step.window] += step.stamp
        assert np.array_equal(step.output, output)
    found = output > 0
    assert np.array_equal(output[found] % image[found], np.zeros(found.sum()))
    assert set(image[found]) == set(pooled.ravel())


def test_only_planes_are_stepped_through():
    with pytest.raises(ValueError, match=r"one plane \(H, W\).*\(1, 3, 3\)"):
        max_pool_steps(IMAGE[None], 2)
