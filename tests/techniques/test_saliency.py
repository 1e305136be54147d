"""Saliency, SmoothGrad, integrated gradients."""

import numpy as np
import pytest

import minigrad as mg
from techniques import backprop, integrated_gradients, saliency, smooth_grad

WEIGHT = np.random.default_rng(0).normal(size=(3 * 7 * 5, 6))


def linear(x):
    return x.reshape(len(x), 3 * 7 * 5) @ WEIGHT


def smooth(x):
    return np.tanh(linear(x))


def test_of_a_linear_model_it_is_the_weights(images):
    kernels = WEIGHT[:, [4, 0, 1]].T.reshape(3, 3, 7, 5)
    result = saliency(linear, images, [4, 0, 1])
    assert np.allclose(result.gradient, kernels)
    assert np.allclose(result.map, np.abs(kernels).max(axis=1))
    assert np.allclose(saliency(linear, images, [4, 0, 1], "sum").map, np.abs(kernels).sum(axis=1))
    assert np.allclose(saliency(linear, images, [4, 0, 1], "signed").map, kernels.sum(axis=1))


def test_the_variant_names_the_reduction(images):
    variants = {saliency(linear, images, 0, way).variant for way in ("max", "sum", "signed")}
    assert len(variants) == 3 and all("logit" in variant for variant in variants)


def test_its_gradient_agrees_with_central_differences(network, images):
    network.eval()
    gradient = saliency(network, images, 3).gradient
    for index in [(0, 0, 0, 0), (1, 2, 3, 4), (2, 1, 6, 2)]:
        step = np.zeros_like(images)
        step[index] = 1e-6
        rise = network(mg.Tensor(images + step)).data - network(mg.Tensor(images - step)).data
        assert gradient[index] == pytest.approx(rise[index[0], 3] / 2e-6, rel=1e-6, abs=1e-9)


def test_without_noise_smooth_grad_is_saliency(network, images):
    smoothed = smooth_grad(network, images, 1, samples=3, noise=0.0, reduce="sum")
    plain = saliency(network, images, 1, reduce="sum")
    assert np.allclose(smoothed.map, plain.map)


def test_smooth_grad_averages_gradients_at_copies_with_noise_of_the_value_range(images):
    images[0] *= 3
    seen = []

    def watched(x):
        seen.append(x.data.copy())
        return linear(x * x)

    result = smooth_grad(watched, images, 2, samples=300, noise=0.2, rng=1)
    copies = np.stack(seen[1:])  # the first call is for the prediction
    deviation = (copies - images).std(axis=(0, 2, 3, 4))
    assert np.allclose(deviation, 0.2 * np.ptp(images, axis=(1, 2, 3)), rtol=0.05)
    expected = 2 * copies.mean(axis=0) * WEIGHT[:, 2].reshape(3, 7, 5)
    assert np.allclose(result.gradient, expected)


def test_smooth_grad_is_reproducible_from_its_seed(network, images):
    once, again, other = (
        smooth_grad(network, images, samples=3, rng=rng).map
        for rng in (5, np.random.default_rng(5), 6)
    )
    assert np.array_equal(once, again) and not np.array_equal(once, other)


@pytest.mark.parametrize("baseline", [0, 0.3, "black and white"])
def test_integrated_gradients_add_up_to_the_rise_of_the_score(baseline, images):
    if baseline == "black and white":
        baseline = np.indices((7, 5)).sum(axis=0) % 2
    start = np.broadcast_to(np.asarray(baseline, float), images.shape)
    result = integrated_gradients(smooth, images, [0, 3, 5], baseline, steps=60)
    rows = np.arange(3), [0, 3, 5]
    rise = smooth(mg.Tensor(images)).data[rows] - smooth(mg.Tensor(start)).data[rows]
    assert np.allclose(result.map.sum(axis=(1, 2)), rise, atol=1e-6)
    assert np.abs(result.completeness_gap).max() < 1e-6
    assert np.allclose(result.attribution, result.gradient * (images - start))


def test_the_completeness_gap_is_the_error_of_a_coarse_path(images):
    result = integrated_gradients(smooth, images * 4, 2, steps=1)
    rise = smooth(mg.Tensor(images * 4)).data[:, 2]
    assert np.allclose(result.completeness_gap, result.attribution.sum(axis=(1, 2, 3)) - rise)
    assert np.abs(result.completeness_gap).max() > 1e-3


def test_of_a_linear_model_the_path_does_not_matter(images):
    result = integrated_gradients(linear, images, 1, steps=2)
    assert np.allclose(result.gradient, backprop(linear, images, 1).gradient)


def test_bad_settings_are_named(images):
    with pytest.raises(ValueError, match="max, sum, signed, not 'mean'"):
        saliency(linear, images, 0, "mean")
    with pytest.raises(ValueError, match="samples must be a positive integer, not 0"):
        smooth_grad(linear, images, 0, samples=0)
    with pytest.raises(ValueError, match=r"noise .* not -0\.1"):
        smooth_grad(linear, images, 0, noise=-0.1)
    with pytest.raises(ValueError, match=r"steps must be a positive integer, not 2\.5"):
        integrated_gradients(linear, images, 0, steps=2.5)
    with pytest.raises(ValueError, match=r"baseline has shape \(4, 4\)"):
        integrated_gradients(linear, images, 0, np.zeros((4, 4)))


def test_signed_maps_are_drawn_centred_at_zero(images):
    drawn = saliency(linear, images, 0, "signed").plot().images[-1]
    low, high = drawn.get_clim()
    assert low == -high < 0


@pytest.mark.parametrize("noise", [-1, np.nan, np.inf, "0.1", [0.1]])
def test_noise_that_is_no_fraction_is_named(noise, images):
    with pytest.raises(ValueError, match="noise must be a fraction"):
        smooth_grad(linear, images, 0, noise=noise)
