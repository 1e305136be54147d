"""The measures against their definitions, pixel by pixel."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from techniques.segmentation import Metrics, boundary_f_score, metrics
from techniques.segmentation.distance import distance_to


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_measures_equal_their_definitions(seed, classes):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes + 1, (2, 4, 5))
    truth[truth == classes] = 255
    found = rng.integers(0, classes, truth.shape)
    result = metrics(found, truth, classes, ignore_index=255)
    seen = truth != 255
    unions = []
    for index in range(classes):
        ours, theirs = (found == index) & seen, (truth == index) & seen
        union = (ours | theirs).sum()
        if union == 0:
            assert np.isnan(result.iou[index]) and np.isnan(result.dice[index])
            continue
        shared = (ours & theirs).sum()
        assert math.isclose(result.iou[index], shared / union)
        assert math.isclose(result.dice[index], 2 * shared / (ours.sum() + theirs.sum()))
        unions.append((shared / union, theirs.sum()))
    if seen.any():
        assert math.isclose(result.mean_iou, np.mean([iou for iou, _ in unions]))
        assert math.isclose(result.pixel_accuracy, (found == truth)[seen].mean())
        weighted = sum(iou * count for iou, count in unions) / seen.sum()
        assert math.isclose(result.frequency_weighted_iou, weighted)


def test_rows_of_the_confusion_are_the_truth():
    np.testing.assert_array_equal(metrics([1], [0], classes=2).confusion, [[0, 1], [0, 0]])


def test_pictures_add_up():
    rng = np.random.default_rng(0)
    found, truth = rng.integers(0, 3, (2, 4, 6, 6))
    both = metrics(found[:2], truth[:2], 3) + metrics(found[2:], truth[2:], 3)
    assert isinstance(both, Metrics)
    np.testing.assert_array_equal(both.confusion, metrics(found, truth, 3).confusion)


def test_a_perfect_map_has_one_everywhere_and_an_absent_class_counts_in_no_mean():
    truth = np.array([[0, 2], [2, 0]])
    result = metrics(truth, truth, classes=4)
    assert result.mean_iou == result.pixel_accuracy == result.mean_accuracy == 1.0
    np.testing.assert_array_equal(np.isnan(result.iou), [False, True, False, True])


@pytest.mark.parametrize(("found", "truth", "error", "reason"), [
    (np.zeros((2, 3, 3)), np.zeros((2, 3, 3), int), TypeError, "argmax"),
    (np.zeros((2, 4, 3, 3), int), np.zeros((2, 3, 3), int), ValueError, "same shape"),
    ([0], [255], ValueError, "target holds 255, .*ignore_index"),
    ([3], [0], ValueError, "prediction holds 3"),
])  # fmt: skip
def test_what_is_no_pair_of_class_maps_is_refused(found, truth, error, reason):
    with pytest.raises(error, match=reason):
        metrics(found, truth, classes=3)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 9))
def test_distances_are_those_to_the_nearest_mark(seed, height, width):
    mask = np.random.default_rng(seed).random((height, width)) < 0.2
    marks = np.argwhere(mask)
    for place in np.ndindex(mask.shape):
        expected = np.sqrt(((marks - place) ** 2).sum(axis=1)).min() if len(marks) else np.inf
        assert math.isclose(distance_to(mask)[place], expected)


def test_a_border_within_the_tolerance_is_right_and_beyond_it_wrong():
    truth = np.zeros((20, 20), int)
    truth[5:12, 5:12] = 1
    moved = np.roll(truth, 2, axis=0)
    assert boundary_f_score(moved, truth, 2, tolerance=2)[1] == 1
    assert boundary_f_score(moved, truth, 2, tolerance=1)[1] < 0.8
    assert np.isnan(boundary_f_score(truth * 0, truth * 0, 3)[2])
    assert boundary_f_score(truth * 0, truth, 2)[1] == 0
