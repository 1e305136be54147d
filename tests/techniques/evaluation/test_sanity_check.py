"""Randomised networks: what is shuffled, when, and what it says of a method."""

import numpy as np
import pytest

import layers
from techniques import grad_cam, saliency
from techniques.evaluation import rank_correlation, sanity_check, ssim


def test_layers_come_from_the_output_on_with_their_normalisation(network, images):
    check = sanity_check(network, images, saliency, rng=0)
    assert check.layers == ("output", "hidden", "second", "first")
    assert check.rank_correlation.shape == check.ssim.shape == (4, 3)
    assert check.maps.shape == (4, 3, 7, 5)


@pytest.mark.parametrize("order", ["cascading", "independent"])
def test_cascading_keeps_what_is_shuffled_and_independent_does_not(order, network, images):
    seen = []

    def watch(model, some, target):
        seen.append(model.state_dict())
        return some[:, 0]

    sanity_check(network, images, watch, order=order, rng=1)
    parts = ["output", "hidden", "second", "first"]
    for step, state in enumerate(seen):
        for place, part in enumerate(parts):
            now, before = state[f"{part}.weight"], seen[0][f"{part}.weight"]
            touched = place < step if order == "cascading" else place == step - 1
            assert np.array_equal(now, before) != touched
            assert np.array_equal(np.sort(now, axis=None), np.sort(before, axis=None))
    assert (seen[-1]["norm.weight"].shape) == (4,)


def test_the_model_is_left_as_it_is(network, images):
    before = network.state_dict()
    sanity_check(network, images, saliency, rng=0)
    assert all(np.array_equal(value, before[name]) for name, value in network.state_dict().items())


def test_similarities_are_those_of_the_maps_for_the_class_of_the_intact_network(network, images):
    network.eval()
    check = sanity_check(network, images, lambda *a: grad_cam(*a, "second"), rng=2)
    original = grad_cam(network, images, None, "second").map
    assert np.array_equal(check.original, original)
    np.testing.assert_allclose(check.rank_correlation[1], rank_correlation(original, check.maps[1]))
    np.testing.assert_allclose(check.ssim[2], ssim(original, check.maps[2]))


def test_a_method_that_looks_at_the_image_alone_does_not_change(network, images):
    check = sanity_check(network, images, lambda model, some, target: some.mean(axis=1), rng=0)
    np.testing.assert_allclose(check.rank_correlation, 1)
    np.testing.assert_allclose(check.ssim, 1)
    assert len(check.plot().lines) == 3


def test_it_is_reproducible_from_its_seed(network, images):
    once, again, other = (
        sanity_check(network, images, saliency, rng=rng).maps for rng in (3, 3, 4)
    )
    assert np.array_equal(once, again) and not np.array_equal(once, other)


def test_bad_arguments_are_named(network, images):
    with pytest.raises(ValueError, match="cascading"):
        sanity_check(network, images, saliency, order="random")
    with pytest.raises(ValueError, match="no parameters"):
        sanity_check(layers.ReLU(), images, saliency, target=lambda y: y.sum(axis=(1, 2, 3)))
