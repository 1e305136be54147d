"""Rank correlation and structural similarity against their definitions."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from techniques.evaluation import rank_correlation, ssim

seeds = st.integers(0, 10**6)


def rank(values):
    """One more than how many are smaller, and half of how many others are equal."""
    return np.array([(values < v).sum() + ((values == v).sum() + 1) / 2 for v in values])


@given(seeds)
def test_rank_correlation_is_that_of_the_ranks_ties_sharing_theirs(seed):
    first, second = np.random.default_rng(seed).integers(0, 5, size=(2, 3, 4, 5)).astype(float)
    for a, b, found in zip(first, second, rank_correlation(first, second), strict=True):
        expected = np.corrcoef(rank(a.ravel()), rank(b.ravel()))[0, 1]
        np.testing.assert_allclose(found, expected, atol=1e-12)


@given(seeds)
def test_rank_correlation_sees_only_the_order(seed):
    maps = np.random.default_rng(seed).normal(size=(2, 3, 5))
    np.testing.assert_allclose(rank_correlation(maps, np.exp(maps)), 1)
    np.testing.assert_allclose(rank_correlation(maps, -maps), -1)


def test_a_constant_map_is_like_no_other():
    maps = np.random.default_rng(0).normal(size=(1, 3, 5))
    assert rank_correlation(maps, np.zeros_like(maps)).tolist() == [0]


@given(seeds)
def test_ssim_is_the_mean_over_gaussian_windows(seed):
    maps = np.random.default_rng(seed).random((2, 12, 13))
    x, y = ((m - m.min()) / np.ptp(m) for m in maps)
    offsets = np.arange(-5, 6)
    weight = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * 1.5**2))
    weight /= weight.sum()
    a, b = (np.pad(m, 5, mode="symmetric") for m in (x, y))
    values = []
    for i, j in np.ndindex(x.shape):
        u, v = a[i : i + 11, j : j + 11], b[i : i + 11, j : j + 11]
        mean_u, mean_v = (weight * u).sum(), (weight * v).sum()
        variance_u = (weight * (u - mean_u) ** 2).sum()
        variance_v = (weight * (v - mean_v) ** 2).sum()
        covariance = (weight * (u - mean_u) * (v - mean_v)).sum()
        values.append(
            (2 * mean_u * mean_v + 1e-4) * (2 * covariance + 9e-4)
            / ((mean_u**2 + mean_v**2 + 1e-4) * (variance_u + variance_v + 9e-4))
        )  # fmt: skip
    np.testing.assert_allclose(ssim(maps[:1], maps[1:])[0], np.mean(values), rtol=1e-9)


@given(seeds)
def test_ssim_is_symmetric_and_does_not_see_scale(seed):
    first, second = np.random.default_rng(seed).random((2, 2, 9, 8))
    np.testing.assert_allclose(ssim(first, second), ssim(second, first))
    np.testing.assert_allclose(ssim(first, second), ssim(3 * first - 1, second))
    np.testing.assert_allclose(ssim(first, first), 1)
