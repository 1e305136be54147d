"""Which layers are taken of which network, and weight files that tell which network they are."""

import numpy as np
import pytest

import layers
import minigrad as mg
from layers import models
from techniques.style import open_network
from techniques.style.features import features_at
from techniques.style.networks import vgg_relus


@pytest.mark.parametrize(
    "name", ["cifar10", "squeezenet1_0", "resnet18", "resnet20", "mobilenet_v1", "mobilenet_v2"]
)
def test_every_layer_gives_maps_deeper_ones_smaller(name):
    painter = open_network(name)
    x = mg.Tensor(np.random.default_rng(0).random((1, 3, 64, 64), np.float32))
    found = features_at(painter.model, x, painter.style_layers)
    sizes = [maps.shape[2] for maps in found]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] > sizes[-1]
    assert features_at(painter.model, x, painter.content_layers)[0].shape[2] < 64


@pytest.mark.parametrize("batch_norm", [False, True])
def test_vgg_relus_have_the_papers_names(batch_norm):
    with layers.init.skip():
        network = models.VGG(19, batch_norm)
    relus = vgg_relus(network)
    assert [name for name in relus if name.startswith("relu4")] == [f"relu4_{i}" for i in "1234"]
    for block, number in ((1, 2), (2, 2), (3, 4), (4, 4), (5, 4)):
        last = int(relus[f"relu{block}_{number}"].split(".")[1])
        assert isinstance(network.features[last], layers.ReLU)
        assert isinstance(network.features[last + 1], layers.MaxPool2d)


def test_a_weight_file_opens_its_network(tmp_path):
    network = models.SqueezeNet("1_1", classes=4, rng=3)
    layers.save(network, tmp_path / "w.safetensors")
    painter = open_network(weights=tmp_path / "w.safetensors")
    assert "squeezenet1_1" in painter.description
    weight = painter.model.network.features[0].weight.data
    np.testing.assert_array_equal(weight, network.features[0].weight.data)


def test_a_network_that_paints_nothing_is_refused():
    with pytest.raises(ValueError, match="LeNet"):
        open_network("lenet")
    with pytest.raises(ValueError, match="no network 'vgg15'"):
        open_network("vgg15")


def test_random_networks_take_their_statistics_from_the_pictures():
    pictures = np.random.default_rng(0).random((2, 3, 48, 48), np.float32)
    painter = open_network("resnet20", rng=0, pictures=pictures)
    (maps,) = features_at(painter.model, mg.Tensor(pictures), ["network.layer2.0.bn1"])
    np.testing.assert_allclose(maps.data.mean(axis=(0, 2, 3)), 0, atol=0.01)
    np.testing.assert_allclose(maps.data.std(axis=(0, 2, 3)), 1, atol=0.02)
