"""Corruptions: what goes in comes out alike, and each does what its definition says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from techniques.blur import gaussian_weights
from techniques.corruptions import BENCHMARK, EXTRA, corrupt
from techniques.corruptions.blur import disc
from techniques.corruptions.filters import (
    correlate,
    fractal,
    gaussian_blur,
    motion_blurred,
    sample,
    zoomed,
)
from techniques.corruptions.severities import SEVERITIES
from techniques.data import Shapes

NAMES = BENCHMARK + EXTRA
RANDOM = {
    "gaussian_noise", "shot_noise", "impulse_noise", "speckle_noise", "glass_blur", "motion_blur",
    "snow", "frost", "fog", "elastic_transform", "spatter",
}  # fmt: skip
PICTURE = Shapes(1, seed=4).images[0].transpose(1, 2, 0)


def test_fifteen_and_four_with_five_severities_for_three_sizes():
    assert len(BENCHMARK) == 15 and len(EXTRA) == 4
    assert all(len(row) == 5 for rows in SEVERITIES.values() for row in rows)
    assert all(len(rows) == 3 for rows in SEVERITIES.values())


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=8)
@given(
    shape=st.tuples(st.integers(9, 40), st.integers(9, 40)),
    severity=st.integers(1, 5),
    dtype=st.sampled_from([np.uint8, np.float32, np.float64]),
    seed=st.integers(0, 100),
)
def test_shape_dtype_and_range_stay(name, shape, severity, dtype, seed):
    pictures = np.random.default_rng(seed).random((2, *shape, 3))
    pictures = (pictures * 255 if dtype == np.uint8 else pictures).astype(dtype)
    before = pictures.copy()
    result = corrupt(pictures, name, severity, seed)
    assert result.shape == pictures.shape and result.dtype == dtype
    assert np.array_equal(pictures, before)
    assert result.min() >= 0 and result.max() <= (255 if dtype == np.uint8 else 1)
    assert np.array_equal(result, corrupt(pictures, name, severity, seed))


@pytest.mark.parametrize("name", NAMES)
def test_only_random_corruptions_depend_on_the_seed(name):
    first, other = corrupt(PICTURE, name, 3, 0), corrupt(PICTURE, name, 3, 1)
    assert np.array_equal(first, other) == (name not in RANDOM)


# Saturation goes both ways, elastic transformations and spatter are of two kinds, as published.
@pytest.mark.parametrize("name", sorted(set(NAMES) - {"saturate", "elastic_transform", "spatter"}))
@pytest.mark.parametrize("size", [64, 224])
def test_the_picture_changes_more_with_severity(name, size):
    pictures = Shapes(3, seed=4, size=size).images.transpose(0, 2, 3, 1)
    change = [np.abs(corrupt(pictures, name, s, 0) - pictures).mean() for s in (1, 3, 5)]
    assert 0 < change[0] < change[2] and change[0] < change[1] * 1.3 < change[2] * 1.3**2


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((PICTURE, "fogg", 1), ValueError, "did you mean fog"),
        ((PICTURE, "fog", 0), ValueError, "from 1 to 5"),
        ((PICTURE, "fog", 2.5), ValueError, "from 1 to 5"),
        ((PICTURE * 255, "fog", 1), ValueError, "divide by 255"),
        ((PICTURE * np.nan, "fog", 1), ValueError, r"in \[0, 1\]"),
        ((PICTURE.transpose(2, 0, 1), "fog", 1), ValueError, "transpose"),
        ((PICTURE.astype(int), "fog", 1), TypeError, "uint8"),
    ],
)
def test_bad_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        corrupt(*arguments)


# ---- against their definitions ----------------------------------------------------------------


def test_contrast_and_brightness():
    mean = PICTURE.mean(axis=(0, 1), keepdims=True)
    expected = np.clip((PICTURE - mean) * 0.2 + mean, 0, 1)
    assert np.allclose(corrupt(PICTURE, "contrast", 3), expected, atol=1e-6)
    from matplotlib.colors import hsv_to_rgb, rgb_to_hsv

    hsv = rgb_to_hsv(PICTURE.astype(float))
    hsv[..., 2] = np.minimum(hsv[..., 2] + 0.3, 1)
    assert np.allclose(corrupt(PICTURE, "brightness", 3), hsv_to_rgb(hsv), atol=1e-6)


@pytest.mark.parametrize(("severity", "factor", "offset"), [(1, 0.3, 0), (3, 2, 0), (4, 5, 0.1)])
def test_saturate(severity, factor, offset):
    from matplotlib.colors import hsv_to_rgb, rgb_to_hsv

    picture = PICTURE.astype(float)
    picture[0] = 0.5  # grey
    hsv = rgb_to_hsv(picture)
    hsv[..., 1] = np.clip(hsv[..., 1] * factor + offset, 0, 1)
    assert np.allclose(corrupt(picture, "saturate", severity), hsv_to_rgb(hsv), atol=1e-6)


def test_pixelate_and_jpeg_are_pillows():
    import io

    picture = np.rint(PICTURE * 255).astype(np.uint8)
    small = Image.fromarray(picture).resize((44, 44), Image.Resampling.BOX)
    expected = np.asarray(small.resize((64, 64), Image.Resampling.NEAREST))
    assert np.array_equal(corrupt(picture, "pixelate", 3), expected)
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=50)
    assert np.array_equal(corrupt(picture, "jpeg_compression", 3), np.asarray(Image.open(stream)))


def test_noise_has_the_stated_moments():
    grey = np.full((200, 220, 3), 0.5)
    assert np.isclose(corrupt(grey, "gaussian_noise", 1, 0).std(), 0.08, rtol=0.02)
    assert np.isclose(corrupt(grey, "shot_noise", 1, 0).std(), np.sqrt(0.5 / 60), rtol=0.02)
    assert np.isclose(corrupt(grey, "speckle_noise", 1, 0).std(), 0.5 * 0.15, rtol=0.02)
    impulses = corrupt(grey, "impulse_noise", 5, 0)
    assert np.isclose((impulses != 0.5).mean(), 0.27, rtol=0.02)
    assert np.isclose((impulses == 0).sum(), (impulses == 1).sum(), rtol=0.05)
    photons = corrupt(grey, "shot_noise", 5, 0) * 3
    assert np.allclose(photons, np.rint(photons))


def test_glass_blur_exchanges_pixels(monkeypatch):
    monkeypatch.setitem(SEVERITIES, "glass_blur", (((0, 2, 2),) * 5,) * 3)
    glass = corrupt(PICTURE, "glass_blur", 1, 0)
    assert not np.array_equal(glass, PICTURE)
    assert np.array_equal(
        np.sort(glass.reshape(-1, 3), axis=0), np.sort(PICTURE.reshape(-1, 3), axis=0)
    )


def test_zoom_blur_is_the_mean_of_the_picture_and_its_zooms():
    zooms = [zoomed(PICTURE, factor) for factor in np.arange(1, 1.06, 0.01)]
    expected = np.mean([PICTURE, *zooms], axis=0)
    assert np.allclose(corrupt(PICTURE, "zoom_blur", 1), expected, atol=1e-6)


def test_fog_keeps_the_maximum_of_the_picture():
    foggy = corrupt(PICTURE, "fog", 5, 0)
    assert foggy.max() <= PICTURE.max() + 1e-6
    assert foggy.std() < PICTURE.std()


# ---- the filters ------------------------------------------------------------------------------


@settings(max_examples=10)
@given(sigma=st.floats(0.1, 2), seed=st.integers(0, 1000))
def test_gaussian_blur_is_the_correlation_with_its_kernel(sigma, seed):
    image = np.random.default_rng(seed).random((11, 13, 3))
    radius = int(4 * sigma + 0.5)
    weights = gaussian_weights(sigma, radius)
    padded = np.pad(image, [(radius, radius), (radius, radius), (0, 0)], mode="edge")
    expected = np.zeros_like(image)
    for row, down in enumerate(weights):
        for column, right in enumerate(weights):
            expected += down * right * padded[row : row + 11, column : column + 13]
    assert np.allclose(gaussian_blur(image, sigma), expected)


@given(st.integers(0, 1000))
def test_blurs_keep_a_flat_picture_and_the_mean_of_light(seed):
    level = np.random.default_rng(seed).random(3)
    flat = np.broadcast_to(level, (12, 15, 3))
    assert np.allclose(correlate(flat, disc(3, 0.1)), flat)
    assert np.allclose(motion_blurred(flat, 5, 2, seed % 90), flat)
    assert np.allclose(zoomed(flat, 1.3), flat)


def test_sampling_at_whole_places_returns_the_pixels_and_zoom_1_changes_nothing():
    rows, columns = np.mgrid[:64, :64].astype(float)
    assert np.allclose(sample(PICTURE, rows, columns), PICTURE)
    assert np.allclose(zoomed(PICTURE, 1.0), PICTURE)
    mirrored = sample(PICTURE, -rows, columns + 0.0)
    assert np.allclose(mirrored, PICTURE)


def test_motion_blur_goes_along_its_angle():
    dot = np.zeros((21, 21))
    dot[10, 10] = 1
    level = motion_blurred(dot, 4, 3, 0)
    assert np.allclose(level[10].sum(), 1) and level[10, :2].sum() == 0
    upright = motion_blurred(dot, 4, 3, 90)
    assert np.allclose(upright[:, 10].sum(), 1)


@pytest.mark.parametrize("size", [2, 16, 64])
def test_fractal_noise_fills_the_range_and_is_smoother_with_more_decay(size):
    rough, smooth = (fractal(size, decay, np.random.default_rng(0)) for decay in (1.3, 3))
    for noise in (rough, smooth):
        assert noise.shape == (size, size) and noise.min() == 0 and noise.max() == 1
    if size > 2:
        steps = [np.abs(np.diff(noise, axis=0)).mean() for noise in (rough, smooth)]
        assert steps[1] < steps[0]
