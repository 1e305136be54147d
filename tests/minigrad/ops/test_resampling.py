"""Interpolation, unfold and fold."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import minigrad as mg

sides = st.integers(1, 7)
factors = st.sampled_from([0.4, 0.5, 1, 1.5, 1.7, 2, 3])
modes = st.sampled_from([("nearest", False), ("bilinear", False), ("bilinear", True)])


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# ---- interpolation ----------------------------------------------------------------------------


@pytest.mark.parametrize("align_corners", [False, True])
def test_bilinear_interpolation_leaves_an_axis_that_keeps_its_size(align_corners):
    x = normal(1, 2, 4, 6)
    y = mg.interpolate(x, scale_factor=1.1, mode="bilinear", align_corners=align_corners)
    np.testing.assert_array_equal(y, x)


@given(sides, sides, factors, factors, modes)
def test_interpolation_and_its_gradient_are_adjoint(h, w, rows, columns, mode):
    assume(int(h * rows) and int(w * columns))
    x = mg.Tensor(normal(2, 1, h, w), requires_grad=True)
    y = mg.interpolate(x, scale_factor=(rows, columns), mode=mode[0], align_corners=mode[1])
    assert y.shape == (2, 1, int(h * rows), int(w * columns))
    v = normal(*y.shape, seed=1)
    (back,) = mg.grad(y, x, v)
    assert np.vdot(y.data, v) == pytest.approx(np.vdot(x.data, back.data), abs=1e-9)


@given(sides, sides, sides, sides, modes)
def test_a_constant_image_stays_constant(h, w, rows, columns, mode):
    y = mg.interpolate(np.full((1, 1, h, w), 3.0), (rows, columns), None, *mode)
    np.testing.assert_allclose(y, np.full((1, 1, rows, columns), 3.0))


@given(sides, sides, modes)
def test_the_same_size_is_the_same_image(h, w, mode):
    x = normal(1, 2, h, w)
    np.testing.assert_allclose(mg.interpolate(x, (h, w), None, *mode), x)


@given(st.integers(2, 7), st.integers(2, 9))
def test_aligned_corners_keep_a_ramp_straight(n, m):
    x = np.linspace(0, 1, n)[None, None, None]
    y = mg.interpolate(x, (1, m), mode="bilinear", align_corners=True)
    np.testing.assert_allclose(y.ravel(), np.linspace(0, 1, m), atol=1e-12)


def test_nearest_repeats_pixels():
    x = normal(1, 2, 3, 4)
    np.testing.assert_array_equal(
        mg.interpolate(x, scale_factor=2), x.repeat(2, axis=2).repeat(2, axis=3)
    )


def test_the_factor_given_maps_the_coordinates():
    # Three pixels times 1.5 are four, and pixel i is ⌊i / 1.5⌋, not ⌊i · 3 / 4⌋.
    x = np.arange(3.0).reshape(1, 1, 1, 3)
    assert mg.interpolate(x, scale_factor=(1, 1.5)).ravel().tolist() == [0, 0, 1, 2]
    ratio = mg.interpolate(x, scale_factor=(1, 1.5), mode="bilinear")
    np.testing.assert_allclose(ratio.ravel(), [0, 0.5, 7 / 6, 11 / 6])


def test_infinity_spreads_no_further_than_its_neighbours():
    x = np.zeros((1, 1, 5, 5))
    x[0, 0, 2, 2] = np.inf
    assert np.isfinite(mg.interpolate(x, 10)).sum() == 96
    assert np.isfinite(mg.interpolate(x, 10)).mean() > 0.9


def test_float32_stays_in_both_directions():
    x = mg.Tensor(normal(1, 1, 3, 3).astype(np.float32), requires_grad=True)
    y = mg.interpolate(x, 7, mode="bilinear")
    y.sum().backward()
    assert y.dtype == x.grad.dtype == np.float32


def test_empty_batches():
    assert mg.interpolate(np.zeros((0, 3, 4, 4)), 2, mode="bilinear").shape == (0, 3, 2, 2)
    assert mg.unfold(np.zeros((0, 3, 4, 4)), 2).shape == (0, 12, 9)
    assert mg.fold(np.zeros((0, 12, 9)), 4, 2).shape == (0, 3, 4, 4)


@pytest.mark.parametrize("options, message", [
    ({}, "either size or scale_factor"),
    ({"size": 2, "scale_factor": 2}, "either size or scale_factor"),
    ({"size": 0}, "at least 1"),
    ({"scale_factor": -1}, "positive"),
    ({"scale_factor": 0.1}, "no pixel left"),
    ({"size": 2, "mode": "bicubic"}, "'nearest' or 'bilinear', not 'bicubic'"),
    ({"size": 2, "align_corners": True}, "bilinear"),
])  # fmt: skip
def test_interpolate_refuses_what_makes_no_sense(options, message):
    with pytest.raises(ValueError, match=message):
        mg.interpolate(np.zeros((1, 1, 4, 4)), **options)


# ---- unfold and fold --------------------------------------------------------------------------

windows = st.fixed_dictionaries({
    "kernel_size": st.tuples(st.integers(1, 3), st.integers(1, 3)),
    "dilation": st.integers(1, 2),
    "padding": st.tuples(st.integers(0, 2), st.integers(0, 2)),
    "stride": st.tuples(st.integers(1, 3), st.integers(1, 3)),
})


@given(st.integers(5, 7), st.integers(5, 7), windows)
def test_fold_is_the_adjoint_of_unfold(h, w, settings):
    x = normal(2, 3, h, w)
    columns = mg.unfold(x, **settings)
    v = normal(*columns.shape, seed=1)
    assert np.vdot(columns, v) == pytest.approx(np.vdot(x, mg.fold(v, (h, w), **settings)))


def test_unfold_and_a_product_are_a_convolution():
    x, kernel = normal(2, 3, 5, 6), normal(4, 3, 3, 3, seed=1)
    columns = mg.unfold(x, 3, padding=1)
    y = (kernel.reshape(4, -1) @ columns).reshape(2, 4, 5, 6)
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))), (3, 3), axis=(2, 3)
    )
    np.testing.assert_allclose(y, np.einsum("nchwij,ocij->nohw", windows, kernel))


def test_patches_side_by_side_come_back_as_they_were():
    x = normal(2, 3, 4, 6)
    np.testing.assert_array_equal(mg.fold(mg.unfold(x, 2, stride=2), (4, 6), 2, stride=2), x)


def test_columns_that_do_not_fit_the_image_are_refused():
    with pytest.raises(ValueError, match=r"\(N, C · 4, 9\).*not shape \(1, 4, 8\)"):
        mg.fold(np.zeros((1, 4, 8)), 4, 2)
    with pytest.raises(ValueError, match="larger than the image"):
        mg.unfold(np.zeros((1, 1, 2, 2)), 3)
