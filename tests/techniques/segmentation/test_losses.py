"""Focal and border-weighted losses, and the instances they look at."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad.testing import assert_gradients
from techniques.segmentation import (
    border_weights,
    connected_components,
    focal_loss,
    weighted_cross_entropy,
)  # fmt: skip

RNG = np.random.default_rng(0)
LOGITS, TARGET = RNG.normal(size=(2, 3, 4, 5)), RNG.integers(0, 3, (2, 4, 5))
TARGET[0, 0] = 255


def probability_of_the_truth():
    p = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)
    return np.take_along_axis(p, np.where(TARGET == 255, 0, TARGET)[:, None], axis=1)[:, 0]


def test_the_focal_loss_is_its_formula():
    p, seen = probability_of_the_truth(), TARGET != 255
    expected = -((1 - p) ** 2) * np.log(p)
    loss = focal_loss(LOGITS, TARGET, gamma=2, ignore_index=255)
    np.testing.assert_allclose(float(loss), expected[seen].mean())
    weight = np.array([1.0, 2.0, 5.0])
    counts = weight[np.where(seen, TARGET, 0)] * seen
    loss = focal_loss(LOGITS, TARGET, gamma=2, weight=weight, ignore_index=255)
    np.testing.assert_allclose(float(loss), (expected * counts).sum() / counts.sum())


def test_without_focus_or_weights_both_are_the_cross_entropy():
    expected = float(mg.cross_entropy(LOGITS, TARGET, ignore_index=255))
    np.testing.assert_allclose(float(focal_loss(LOGITS, TARGET, 0, ignore_index=255)), expected)
    even = np.full(TARGET.shape, 3.0)
    loss = weighted_cross_entropy(LOGITS, TARGET, even, ignore_index=255)
    np.testing.assert_allclose(float(loss), expected)


def test_their_gradients_are_right():
    weights = RNG.random(TARGET.shape)
    assert_gradients(lambda x: focal_loss(x, TARGET, ignore_index=255), LOGITS)
    assert_gradients(lambda x: weighted_cross_entropy(x, TARGET, weights, 255), LOGITS)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.integers(1, 8))
def test_components_are_what_a_flood_fills(seed, height, width):
    classes = np.random.default_rng(seed).integers(0, 3, (height, width))
    expected, count = np.zeros_like(classes), 0
    for start in np.ndindex(classes.shape):
        if classes[start] == 0 or expected[start]:
            continue
        count += 1
        todo = [start]
        while todo:
            y, x = todo.pop()
            if 0 <= y < height and 0 <= x < width and not expected[y, x] and (
                classes[y, x] == classes[start]
            ):
                expected[y, x] = count
                todo += [(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)]
    np.testing.assert_array_equal(connected_components(classes), expected)


def test_a_gap_between_two_instances_weighs_more_the_thinner_it_is():
    row = np.zeros((5, 40), int)
    row[:, :10] = row[:, 12:20] = row[:, 28:] = 1
    weights = border_weights(row, classes=2)[2]
    background = row.size / (2 * (row == 0).sum())
    thin = background + 10 * np.exp(-((1 + 2) ** 2) / 50)
    np.testing.assert_allclose(weights[10], thin, rtol=1e-6)
    assert weights[10] > weights[23] > background
    np.testing.assert_allclose(weights[0], row.size / (2 * (row == 1).sum()), rtol=1e-6)


def test_one_instance_has_no_gaps_and_an_empty_map_one_weight():
    assert len(np.unique(border_weights(np.eye(1, 9, dtype=int), 2))) == 2
    np.testing.assert_array_equal(border_weights(np.zeros((3, 3), int), 2), 1)
