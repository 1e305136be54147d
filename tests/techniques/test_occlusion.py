"""Occlusion against plain loops, on images of any shape."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from techniques import occlusion


def model(x):
    """Scores that are no sums over pixels: products of neighbours."""
    neighbours = (x[:, :, :, 1:] * x[:, :, :, :-1]).sum(axis=(1, 2, 3)).reshape(-1, 1)
    return mg.concatenate([neighbours, -2 * neighbours], axis=1)


@given(st.data())
def test_it_is_the_mean_fall_of_the_score_over_the_windows_that_cover_a_pixel(data):
    size = data.draw(st.tuples(st.integers(1, 7), st.integers(2, 7)))
    window = tuple(data.draw(st.integers(1, length)) for length in size)
    stride = data.draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    images, cover = rng.normal(size=(2, 3, *size)), rng.normal(size=(3, 1, 1))
    result = occlusion(model, images, [1, 0], window, stride, baseline=cover)
    tops, lefts = (
        range(0, -(-(length - width) // step) * step + 1, step)
        for length, width, step in zip(size, window, stride, strict=True)
    )
    assert result.falls.shape == (2, len(tops), len(lefts))
    total, count = np.zeros((2, *size)), np.zeros(size)
    clean = model(mg.Tensor(images)).data
    for (i, top), (j, left) in ((a, b) for a in enumerate(tops) for b in enumerate(lefts)):
        hidden = images.copy()
        hidden[:, :, top : top + window[0], left : left + window[1]] = cover
        fall = (clean - model(mg.Tensor(hidden)).data)[[0, 1], [1, 0]]
        np.testing.assert_allclose(result.falls[:, i, j], fall, atol=1e-12)
        total[:, top : top + window[0], left : left + window[1]] += fall[:, None, None]
        count[top : top + window[0], left : left + window[1]] += 1
    np.testing.assert_allclose(result.map, total / np.maximum(count, 1), atol=1e-12)


@pytest.mark.parametrize(("window", "stride"), [(0, 1), (2, 0), ((1, -1), 1), (1.5, 1), (8, 1)])
def test_windows_that_do_not_fit_are_named(window, stride):
    with pytest.raises(ValueError, match=r"window|stride"):
        occlusion(model, np.zeros((1, 3, 7, 9)), 0, window, stride)
