"""Gradient ascent: the steps, the penalties and the tricks, against their definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import layers
import minigrad as mg
from techniques import Unit, deep_dream, gradient_ascent
from techniques.blur import gaussian_blur
from techniques.fourier import natural
from techniques.regularisers import Regularisers, yosinski

WEIGHT = np.random.default_rng(0).normal(size=(3 * 6 * 5, 4)).astype(np.float32)
SHAPE = (3, 6, 5)


def linear(x):
    return x.reshape(len(x), 90) @ WEIGHT


def network():
    return layers.Sequential(
        layers.Conv2d(3, 4, 3, padding=1, rng=0), layers.ReLU(), layers.Conv2d(4, 5, 3, rng=1)
    )


def test_bare_ascent_on_a_linear_model_goes_straight():
    result = gradient_ascent(linear, 2, SHAPE, steps=3, step=1e-3, step_rule="plain")
    expected = 0.5 + 3e-3 * WEIGHT[:, 2].reshape(1, *SHAPE)
    np.testing.assert_allclose(result.images, expected, rtol=1e-5)
    np.testing.assert_allclose(np.diff(result.scores[:, 0]), 1e-3 * (WEIGHT[:, 2] ** 2).sum(),
                               rtol=1e-3)  # fmt: skip


def test_the_rules_say_how_far_a_step_goes():
    def way(rule, step):
        image = gradient_ascent(linear, 1, SHAPE, steps=1, step=step, step_rule=rule).images
        return image.astype(float) - 0.5

    assert np.sqrt((way("rms", 0.01) ** 2).mean()) == pytest.approx(0.01, rel=1e-4)
    rise = (way("progress", 0.25).ravel() * WEIGHT[:, 1]).sum()
    assert rise == pytest.approx(0.25, rel=1e-4)
    assert np.sqrt((way("progress", 1e9) ** 2).mean()) == pytest.approx(0.1, rel=1e-4)


def test_penalties_are_part_of_the_gradient():
    regularisers = Regularisers(l2=0.3, tv=0.2)
    picture = np.random.default_rng(1).random((1, *SHAPE)).astype(np.float32)
    result = gradient_ascent(
        linear, 0, SHAPE, steps=1, step=1e-3, step_rule="plain", start=picture,
        regularisers=regularisers,
    )  # fmt: skip
    variation = np.zeros_like(picture)
    for i, j in np.ndindex(6, 5):
        for other in [(i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)]:
            if 0 <= other[0] < 6 and 0 <= other[1] < 5:
                difference = picture[0, :, i, j] - picture[0, :, other[0], other[1]]
                variation[0, :, i, j] += np.sign(difference)
    slope = WEIGHT[:, 0].reshape(1, *SHAPE) - 0.6 * (picture - 0.5) - 0.2 * variation
    np.testing.assert_allclose(
        result.images, np.clip(picture + 1e-3 * slope, 0, 1), rtol=0, atol=1e-6
    )


def test_decay_blur_and_clipping_come_in_this_order_and_not_at_the_end():
    rng = np.random.default_rng(2)
    away, gradient = rng.normal(size=(2, 2, 3, 6, 5))
    tricks = Regularisers(
        decay=0.1, blur=0.7, blur_every=2, small_values=10, small_norms=20, small_contributions=30
    )
    expected = gaussian_blur(0.9 * away, 0.7)
    for n in range(2):
        one = expected[n]
        one[np.abs(one) < np.percentile(np.abs(one), 10)] = 0
        norm = np.sqrt((one**2).sum(0))
        one[:, norm < np.percentile(norm, 20)] = 0
        contribution = np.abs((one * gradient[n]).sum(0))
        one[:, contribution < np.percentile(contribution, 30)] = 0
    np.testing.assert_allclose(tricks.applied(away, gradient, step=2), expected)
    unblurred = Regularisers(decay=0.1, blur=0.7, blur_every=2).applied(away, gradient, step=1)
    np.testing.assert_allclose(unblurred, 0.9 * away)
    one_step = {"shape": SHAPE, "steps": 1, "step": 0.01}
    bare = gradient_ascent(linear, 3, **one_step)
    assert np.array_equal(
        gradient_ascent(linear, 3, **one_step, regularisers=tricks).images, bare.images
    )


def test_jitter_looks_at_rolled_images_and_rolls_the_gradient_back():
    seen = []

    def watched(x):
        seen.append(x.data.copy())
        return (
            (x * x * np.arange(30.0, dtype=np.float32).reshape(6, 5))
            .sum(axis=(1, 2, 3))
            .reshape(1, 1)
        )

    start = np.random.default_rng(3).uniform(0.4, 0.6, (1, *SHAPE)).astype(np.float32)
    result = gradient_ascent(
        watched, 0, SHAPE, steps=1, step=1e-5, step_rule="plain", start=start,
        regularisers=Regularisers(jitter=2), rng=1,
    )  # fmt: skip
    shifts = [s for s in np.ndindex(5, 5)
              if np.array_equal(np.roll(start, (s[0] - 2, s[1] - 2), (2, 3)), seen[0])]  # fmt: skip
    down, right = shifts[0][0] - 2, shifts[0][1] - 2
    slope = 2 * seen[0] * np.arange(30.0).reshape(6, 5)
    expected = start + 1e-5 * np.roll(slope, (-down, -right), (2, 3))
    np.testing.assert_allclose(result.images, expected, atol=1e-6)


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), height=st.integers(1, 7), width=st.integers(1, 8))
def test_the_filter_of_fourier_space_is_a_scaling_and_its_adjoint(seed, height, width):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, 1, 3, height, width))
    forth, back = (natural(a) * b).sum(), (a * natural(b)).sum()
    np.testing.assert_allclose(forth, back, atol=1e-9)  # symmetric
    assert (natural(a) * a).sum() >= 0  # every step goes up
    constant = np.ones((1, 1, height, width))
    np.testing.assert_allclose(natural(constant), constant)


def test_octaves_grow_to_the_full_size():
    sizes = []

    def watched(x):
        sizes.append(x.shape[2:])
        return x.mean(axis=(2, 3))

    result = gradient_ascent(watched, 0, (3, 40, 20), steps=2, octaves=3, octave_scale=2)
    assert sizes == [(10, 5)] * 2 + [(20, 10)] * 2 + [(40, 20)] * 2
    assert result.images.shape == (1, 3, 40, 20) and result.scores.shape == (6, 1)


@pytest.mark.parametrize("target", [Unit("2", 3), Unit("2", 3, (1, 1)), lambda y: y[:, 0, 2, 2]])
def test_units_and_scores_can_be_climbed_too(target):
    result = gradient_ascent(network(), target, (3, 8, 8), steps=20, step=0.01)
    assert result.scores[-1, 0] > result.scores[0, 0]
    assert result.target is None


def test_each_class_of_an_array_gets_its_image_within_the_bounds():
    result = gradient_ascent(linear, [3, 1], SHAPE, steps=50, step=0.2, bounds=(-1, 2))
    assert result.images.min() == -1 and result.images.max() == 2
    assert (linear(mg.Tensor(result.images)).data.argmax(axis=1) == [3, 1]).all()
    assert result.target.tolist() == [3, 1]
    result.plot().figure.canvas.draw()


def test_it_is_reproducible_from_its_seed():
    def made(rng):
        return gradient_ascent(
            linear, 0, SHAPE, steps=3, start="noise", regularisers=Regularisers(jitter=2), rng=rng
        ).images

    assert np.array_equal(made(1), made(1)) and not np.array_equal(made(1), made(2))


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_the_presets_are_scaled_to_the_image(number):
    small, large = yosinski(number, 64), yosinski(number, 227)
    assert small["steps"] == large["steps"] == {1: 500, 2: 750}.get(number, 1000)
    assert (
        small["regularisers"].blur
        <= large["regularisers"].blur
        == {1: 0.5, 2: 0, 3: 1, 4: 0.5}[number]
    )
    assert (small["step_rule"] == "progress") == (number in (1, 4))
    result = gradient_ascent(linear, 1, SHAPE, **{**small, "steps": 20})
    assert result.scores[-1, 0] > result.scores[0, 0]


def test_bad_arguments_are_named():
    for wrong in ({"decay": 2}, {"small_norms": 101}, {"l2": -1}, {"blur_every": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Regularisers(**wrong)
    with pytest.raises(ValueError, match="step_rule"):
        gradient_ascent(linear, 0, SHAPE, step_rule="huge")
    with pytest.raises(ValueError, match="shape must be"):
        gradient_ascent(linear, 0, (6, 5))
    with pytest.raises(ValueError, match="a target is needed"):
        gradient_ascent(linear, None, SHAPE)
    with pytest.raises(ValueError, match="start must be"):
        gradient_ascent(linear, 0, SHAPE, start="pink")
    with pytest.raises(ValueError, match="1 to 4, not 5"):
        yosinski(5, 64)


def test_a_dream_keeps_the_picture_and_excites_the_layer():
    picture = np.random.default_rng(4).random((2, 3, 30, 24)).astype(np.float32)
    dream = deep_dream(network(), picture, "1", steps=3, octaves=2, jitter=3, rng=0)
    assert dream.images.shape == picture.shape
    assert dream.images.min() >= 0 and dream.images.max() <= 1
    assert (dream.scores[-1] > dream.scores[3]).all()
    assert np.corrcoef(dream.images.ravel(), picture.ravel())[0, 1] > 0.9
    still = deep_dream(network(), picture, "1", steps=1, step=0, octaves=2)
    np.testing.assert_allclose(still.images, picture, atol=1e-6)
