"""Cleaned pictures, and the attacks that know of the cleaning."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from techniques import pretrained
from techniques.attacks import fgsm, pgd
from techniques.data import Shapes
from techniques.defenses import at_temperature, bit_depth, defended, expected, jpeg, median
from techniques.model import logits


@given(seed=st.integers(0, 1000), bits=st.integers(1, 8))
def test_bit_depth_leaves_so_many_levels_and_is_idempotent(seed, bits):
    images = np.random.default_rng(seed).random((2, 3, 9, 7)).astype(np.float32)
    few = bit_depth(images, bits)
    assert len(np.unique(few)) <= 2**bits and few.dtype == np.float32
    assert np.abs(few - images).max() <= 0.5 / (2**bits - 1) + 1e-6
    assert np.array_equal(bit_depth(few, bits), few)


@given(seed=st.integers(0, 1000), window=st.sampled_from([1, 3, 5]))
def test_median_is_that_of_each_window(seed, window):
    images = np.random.default_rng(seed).random((1, 2, 8, 6))
    result, margin = median(images, window), window // 2
    for top in range(9 - window):
        for left in range(7 - window):
            around = images[0, :, top : top + window, left : left + window]
            middle = result[0, :, top + margin, left + margin]
            assert np.allclose(middle, np.median(around, axis=(1, 2)))


def test_jpeg_keeps_shape_and_dtype_and_loses_more_at_lower_quality():
    images = Shapes(2, seed=1).images
    change = [np.abs(jpeg(images, quality) - images).mean() for quality in (95, 50, 10)]
    assert jpeg(images).shape == images.shape and jpeg(images).dtype == images.dtype
    assert change[0] < change[1] < change[2]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: jpeg(x, 0), "quality from 1 to 95"),
        (lambda x: jpeg(x[:, :1]), "1 channels"),
        (lambda x: bit_depth(x, 0), "from 1 to 16"),
        (lambda x: median(x, 4), "odd"),
        (lambda x: median(x + 1), "outside of the bounds"),
        (lambda x: expected(len, lambda x, rng: x, 0), "at least one sample"),
        (lambda x: at_temperature(len, 0), "positive"),
    ],
)
def test_bad_settings_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.full((1, 3, 8, 8), 0.5))


CLEANINGS = {
    "jpeg": jpeg,
    "bit_depth": lambda images: bit_depth(images, 3),
    "median": median,
}


@pytest.mark.parametrize("name", CLEANINGS)
def test_the_adaptive_attack_breaks_what_the_other_does_not(name):
    model, _ = pretrained.load("shapes")
    shapes = Shapes(32, seed=77)
    behind = defended(model, CLEANINGS[name])
    unaware = pgd(model, shapes.images, shapes.labels, 5 / 255, rng=0).images
    aware = pgd(behind, shapes.images, shapes.labels, 5 / 255, rng=0).images
    right = [
        (logits(behind, images).argmax(axis=1) == shapes.labels).mean()
        for images in (shapes.images, unaware, aware)
    ]
    assert right[2] < right[1] < right[0]


def test_expectation_over_noise_gives_the_mean_and_its_gradient():
    weight = np.random.default_rng(0).normal(size=(4, 3))

    def model(x):
        return mg.relu(x.reshape(len(x), 4)) @ weight

    def noisy(images, rng):
        return images + rng.normal(0, 0.5, images.shape)

    image = np.full((1, 1, 2, 2), 0.1)
    x = mg.Tensor(image, requires_grad=True)
    scores = expected(model, noisy, samples=4000, rng=0)(x)
    (gradient,) = mg.grad(scores[:, 0].sum(), x)
    above = 0.579  # the probability that N(0.1, 0.5²) is positive
    assert np.allclose(gradient.data.ravel(), above * weight[:, 0], atol=0.05)


def test_temperature_brings_back_a_gradient_that_large_logits_hide():
    model, _ = pretrained.load("shapes")
    shapes = Shapes(24, seed=78)
    images = shapes.images.astype(np.float32)

    def distilled(x):
        return model(x) * 400  # as confident as a network distilled at a high temperature

    masked = fgsm(distilled, images, shapes.labels, 4 / 255)
    adaptive = fgsm(at_temperature(distilled, 400), images, shapes.labels, 4 / 255)
    assert masked.success.sum() < adaptive.success.sum()
