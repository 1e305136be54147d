"""Which network weights belong to, and the normalisation in front of it."""

import numpy as np
import pytest

import layers
from layers import models

LIGHT = ["lenet", "squeezenet1_0", "squeezenet1_1", "resnet18", "resnet20", "resnet32",
         "mobilenet_v1", "mobilenet_v2"]  # fmt: skip


@pytest.mark.parametrize("name", LIGHT)
def test_weights_tell_their_network(name):
    with layers.init.skip():
        model = models.NETWORKS[name](classes=7)
    found, loaded = models.recognize(model.state_dict())
    assert found == name
    assert not loaded.training
    for key, array in model.state_dict().items():
        np.testing.assert_array_equal(loaded.state_dict()[key], array)


def test_old_files_without_counters_are_recognised():
    arrays = {
        key: array
        for key, array in models.ResNet(20, classes=3, rng=0).state_dict().items()
        if not key.endswith("num_batches_tracked")
    }
    assert models.recognize(arrays)[0] == "resnet20"


@pytest.mark.parametrize("change", ["more", "fewer", "shape", "empty"])
def test_weights_of_no_network_are_refused(change):
    arrays = models.LeNet(rng=0).state_dict()
    if change == "more":
        arrays["extra"] = np.ones((10, 1))
    elif change == "fewer":
        del arrays["fc1.bias"]
    elif change == "shape":
        arrays["conv1.weight"] = np.ones((6, 2, 5, 5))
    else:
        arrays = {}
    with pytest.raises(ValueError, match="none of the networks"):
        models.recognize(arrays)


def test_normalized_pictures_have_mean_0_and_deviation_1():
    mean, deviation = (0.2, 0.4), (0.1, 0.3)
    x = np.random.default_rng(0).normal(size=(2, 2, 50, 50))
    pictures = x * np.reshape(deviation, (2, 1, 1)) + np.reshape(mean, (2, 1, 1))
    y = models.Normalized(layers.Identity(), mean, deviation)(pictures)
    np.testing.assert_allclose(np.asarray(y), x, atol=1e-5)


@pytest.mark.parametrize("numbers", [((0.5,), (1, 1)), ((0.5,), (0,))])
def test_a_normalisation_that_makes_no_sense_is_refused(numbers):
    with pytest.raises(ValueError, match="deviation"):
        models.Normalized(layers.Identity(), *numbers)
