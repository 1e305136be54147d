"""CE, mCE and their kin; and what corruption does to a network."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from techniques import pretrained
from techniques.corruptions import (
    ALEXNET,
    BENCHMARK,
    PERTURBATIONS,
    corruption_error,
    corruption_errors,
    flip_rate,
    mean_corruption_error,
    perturbation_sequence,
    relative_corruption_error,
    top5_distance,
)
from techniques.data import Shapes

SHARES = st.lists(st.floats(0.05, 1), min_size=5, max_size=5)


@given(SHARES, SHARES)
def test_corruption_error_is_a_ratio_of_sums(errors, baseline):
    assert np.isclose(corruption_error(errors, baseline), 100 * sum(errors) / sum(baseline))
    by_mean = corruption_error(errors, np.mean(baseline))
    assert np.isclose(by_mean, corruption_error(errors, baseline))
    assert np.isclose(corruption_error(errors, errors), 100)


def test_the_mean_is_over_corruptions_not_over_errors():
    errors = {name: [0.5 * ALEXNET[name]] * 5 for name in BENCHMARK}
    assert np.isclose(mean_corruption_error(errors), 50)
    errors["fog"] = [ALEXNET["fog"]] * 5
    assert np.isclose(mean_corruption_error(errors), (14 * 50 + 100) / 15)
    assert np.isclose(mean_corruption_error(errors, errors), 100)
    assert np.isclose(relative_corruption_error(errors, 0.1, errors, 0.1), 100)


def test_a_missing_corruption_is_named():
    errors = {name: [0.5] * 5 for name in BENCHMARK if name != "snow"}
    with pytest.raises(ValueError, match="errors lacks snow"):
        mean_corruption_error(errors)
    with pytest.raises(ValueError, match="five shares"):
        corruption_error([0.5] * 4, [0.5] * 5)
    with pytest.raises(ValueError, match="no error"):
        corruption_error([0.5] * 5, [0.0] * 5)


def test_errors_of_a_network_grow_with_severity():
    model, _ = pretrained.load("shapes")
    shapes = Shapes(48, seed=31)
    names = ["gaussian_noise", "defocus_blur", "fog"]
    result = corruption_errors(model, shapes.images, shapes.labels, names, rng=0)
    assert list(result.errors) == names
    for errors in result.errors.values():
        assert errors[4] > errors[0] >= result.clean - 0.1
    assert len(result.plot().lines) == 3


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_a_sequence_changes_slowly(name):
    picture = Shapes(1, seed=2, size=32).images[0].transpose(1, 2, 0)
    frames = perturbation_sequence(picture, name, 9, rng=0)
    assert frames.shape == (9, 32, 32, 3) and frames.dtype == picture.dtype
    assert frames.min() >= 0 and frames.max() <= 1
    steps = np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3))
    assert (steps > 0).all() and steps.max() < 0.15
    if name in ("translate", "rotate", "tilt", "scale", "brightness"):
        assert np.allclose(frames[4], picture, atol=1e-6)
        assert np.abs(frames[0] - frames[-1]).mean() > steps.mean()


@given(st.integers(0, 10**6))
def test_the_top_five_distance_counts_places(seed):
    scores = np.random.default_rng(seed).permuted(np.tile(np.arange(8), (3, 4, 1)), axis=2)
    expected = []
    for sequence in scores:
        for before, after in itertools.pairwise(sequence):
            first, then = np.argsort(-before), np.argsort(-after)
            moved = 0
            for rank in range(1, 6):
                now = int(np.flatnonzero(then == first[rank - 1])[0]) + 1
                moved += sum(1 for j in range(min(rank, now) + 1, max(rank, now) + 1) if j - 1 <= 5)
            expected.append(moved)
    assert top5_distance(scores) == np.mean(expected)
    assert top5_distance(scores[:, [0, 0]]) == 0


def test_a_constant_answer_does_not_flip():
    assert flip_rate(np.ones((3, 5), int)) == 0
    with pytest.raises(ValueError, match="at least 2 frames"):
        flip_rate([[1], [2]])
