"""What may be asked about besides a class."""

import numpy as np
import pytest

import minigrad as mg
from techniques import (
    Pixels,
    Unit,
    backprop,
    grad_cam,
    integrated_gradients,
    occlusion,
    saliency,
)
from techniques.segmentation import UNet


def test_a_function_may_pick_any_score(network, images):
    network.eval()
    by_class = saliency(network, images, 4)
    picked = saliency(network, images, lambda scores: scores[:, 4])
    assert np.array_equal(picked.map, by_class.map)
    assert picked.target is None and "a score of the output" in picked.variant


def test_a_model_of_maps_is_asked_with_a_function(images):
    def maps(x):
        return mg.relu(x) * x  # (N, C, H, W), as of a segmentation network

    gradient = backprop(maps, images, lambda y: y[:, 1, 2, 3]).gradient
    expected = np.zeros_like(images)
    expected[:, 1, 2, 3] = 2 * images[:, 1, 2, 3]
    assert np.allclose(gradient, expected)
    with pytest.raises(ValueError, match="such as Pixels"):
        backprop(maps, images, 1)


@pytest.fixture(scope="module")
def segmenter():
    return UNet(4, width=2, depth=2, rng=0).eval()


def test_a_pixels_class_is_one_score_of_the_map(segmenter, images):
    at_pixel = saliency(segmenter, images, Pixels(3, (5, 2)))
    by_hand = saliency(segmenter, images, lambda maps: maps[:, 3, 5, 2])
    assert np.array_equal(at_pixel.map, by_hand.map)
    assert "class 3 at row 5, column 2" in at_pixel.variant


def test_a_region_is_the_mean_of_its_pixels(segmenter, images):
    region = np.zeros(images.shape[2:], bool)
    region[2:4, 3:6] = True
    pixels = [backprop(segmenter, images, Pixels(1, place)).gradient
              for place in np.argwhere(region)]  # fmt: skip
    whole = backprop(segmenter, images, Pixels(1, region)).gradient
    assert np.allclose(whole, np.mean(pixels, axis=0), atol=1e-6)


def test_grad_cam_asks_for_a_pixel_at_any_layer(segmenter, images):
    cam = grad_cam(segmenter, images, Pixels(0, (1, 1)), "encoder.2")
    assert cam.map.shape == (len(images), *images.shape[2:])
    assert "class 0 at row 1, column 1" in cam.variant


@pytest.mark.parametrize(("pixels", "reason"), [
    (Pixels(4, (0, 0)), "classes 0 to 3"),
    (Pixels(0, (0, 99)), "no pixel at row 0, column 99"),
    (Pixels(0, np.ones((2, 2), bool)), r"size \(\d+, \d+\)"),
    (Pixels(0, np.zeros((7, 5), bool)), "not 0 pixels"),
])  # fmt: skip
def test_pixels_that_are_not_there_are_told(pixels, reason, segmenter, images):
    with pytest.raises((ValueError, IndexError), match=reason):
        saliency(segmenter, images, pixels)


def test_a_classifier_has_no_pixels(network, images):
    with pytest.raises(ValueError, match="ask for the class itself"):
        saliency(network, images, Pixels(0, (1, 1)))


def test_a_unit_depends_on_its_receptive_field_alone(network, images):
    gradient = backprop(network, images, Unit("second", 3, (2, 0))).gradient
    rows, columns = np.nonzero(np.abs(gradient).sum(axis=(0, 1)))
    assert (rows.min(), rows.max()) == (1, 5) and (columns.min(), columns.max()) == (0, 3)


def test_a_channel_is_the_mean_of_its_units(network, images):
    network.eval()
    units = [backprop(network, images, Unit("second", 1, place)).gradient
             for place in np.ndindex(5, 3)]  # fmt: skip
    whole = backprop(network, images, Unit(network.second, 1))
    assert np.allclose(whole.gradient, np.mean(units, axis=0))


def test_maps_of_a_layer_before_the_unit_may_be_weighed(network, images):
    assert grad_cam(network, images, Unit("hidden", 2), "first").raw.shape == (3, 7, 5)


def test_methods_that_compare_scores_take_units_too(network, images):
    unit = Unit("second", 0)
    gap = integrated_gradients(network, images, unit, steps=200).completeness_gap
    assert np.abs(gap).max() < 1e-2
    assert occlusion(network, images, unit, 2, 2).map.any()


@pytest.mark.parametrize(
    ("pick", "made"), [(lambda y: y.sum(), r"\(\)"), (lambda y: y, r"\(3, 6\)"), (len, "int")]
)
def test_a_function_that_picks_something_else_is_told(pick, made, network, images):
    with pytest.raises(ValueError, match=rf"picked {made}.*one score for each.*\(3,\)"):
        saliency(network, images, pick)


def test_a_unit_that_is_not_there_is_told(network, images):
    with pytest.raises(IndexError):
        saliency(network, images, Unit("second", 9))
    with pytest.raises(ValueError, match="secund"):
        saliency(network, images, Unit("secund", 0))
