"""FCN, SegNet and U-Net: sizes, alignment, and what crosses over."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import layers
import minigrad as mg
from techniques.segmentation import (
    FCN,
    BilinearUpsampling,
    EncoderDecoder,
    SegNet,
    Trunk,
    UNet,
    bilinear_kernel,
)  # fmt: skip

NETWORKS = {
    "FCN-32s": FCN(3, stride=32, width=2, rng=0),
    "FCN-8s": FCN(3, stride=8, width=2, rng=0),
    "SegNet": SegNet(3, width=2, rng=0),
    "EncoderDecoder": EncoderDecoder(3, width=2, rng=0),
    "UNet": UNet(3, width=2, rng=0),
    "UNet, bilinear": UNet(3, width=2, upsampling="bilinear", rng=0),
}


@pytest.mark.parametrize("name", NETWORKS)
@settings(max_examples=5, deadline=None)
@given(height=st.integers(16, 70), width=st.integers(16, 70))
def test_the_map_has_the_images_size_whatever_that_is(name, height, width):
    network = NETWORKS[name].eval()
    assert network(np.zeros((1, 3, height, width), np.float32)).shape == (1, 3, height, width)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_parameter_gets_a_gradient(name):
    network = NETWORKS[name].train()
    network.zero_grad()
    images = np.random.default_rng(0).random((2, 3, 61, 47), np.float32)
    mg.cross_entropy(network(images), np.zeros((2, 61, 47), int)).backward()
    assert [key for key, p in network.named_parameters() if p.grad is None] == []


def test_the_papers_unet_makes_388_of_572():
    assert UNet(2, width=1, padding="valid").output_size(572) == 388
    assert UNet(2, width=1, padding="valid")(np.zeros((1, 3, 188, 204), np.float32)).shape[2:] == (
        4, 20,
    )  # fmt: skip


@pytest.mark.parametrize(("network", "side"), [
    (UNet(2, width=1), 15), (UNet(2, width=1, padding="valid"), 187)])  # fmt: skip
def test_too_small_an_image_is_refused_with_the_least_size(network, side):
    with pytest.raises(ValueError, match=f"at least {side + 1} × {side + 1}"):
        network(np.zeros((1, 3, side, side), np.float32))


def test_bilinear_upsampling_interpolates_away_from_the_border():
    np.testing.assert_array_equal(bilinear_kernel(4)[0], [0.0625, 0.1875, 0.1875, 0.0625])
    x = np.random.default_rng(0).random((1, 2, 6, 7), np.float32)
    for factor in (2, 4, 8):
        up = BilinearUpsampling(2, factor)(x).data
        expected = mg.interpolate(x, scale_factor=factor, mode="bilinear")
        inner = np.s_[:, :, factor:-factor, factor:-factor]
        np.testing.assert_allclose(up[inner], expected[inner], atol=1e-6)


@pytest.mark.parametrize(("model", "coarsest"), [
    (layers.models.VGG(11, rng=0), 32), (layers.models.AlexNet(rng=0), 32),
    (layers.models.ResNet(18, rng=0), 32), (layers.models.ResNet(20, rng=0), 4),
    (layers.models.SqueezeNet("1_1", rng=0), 16), (layers.models.MobileNet("v2", rng=0), 32),
], ids=lambda value: type(value).__name__)  # fmt: skip
def test_any_named_network_can_be_the_trunk(model, coarsest):
    trunk = Trunk(model)
    assert max(trunk.channels) == coarsest
    network = FCN(3, stride=coarsest // 2, trunk=trunk, hidden=4, rng=0).eval()
    assert network(np.zeros((1, 3, 61, 47), np.float32)).shape == (1, 3, 61, 47)
    own = {id(p) for p in model.parameters()}
    assert any(id(p) in own for p in network.parameters())


def test_a_trunk_gives_the_models_own_maps():
    model = layers.models.ResNet(18, rng=0).eval()
    images = np.random.default_rng(0).random((1, 3, 64, 64), np.float32)
    with layers.capture(model, "layer2", "layer4") as activations:
        model(images)
    maps = Trunk(model).eval().maps(mg.Tensor(images))
    np.testing.assert_array_equal(maps[8].data, activations["layer2"].data)
    np.testing.assert_array_equal(maps[32].data, activations["layer4"].data)


def test_a_refined_fcn_begins_as_the_coarse_one_away_from_the_border():
    coarse = FCN(3, stride=32, width=2, rng=0).eval()
    fine = coarse.refined().refined()
    assert list(fine.skips) == ["16", "8"] and coarse.skips.keys() == []
    images = np.random.default_rng(0).random((1, 3, 160, 160), np.float32)
    inner = np.s_[:, :, 48:-48, 48:-48]
    before, after = coarse(images).data[inner], fine(images).data[inner]
    assert np.abs(after - before).max() < 0.1 * np.ptp(before)
    with pytest.raises(ValueError, match="finest"):
        FCN(3, stride=1, width=2).refined()


def test_an_unknown_stride_is_refused():
    with pytest.raises(ValueError, match="1, 2, 4, 8, 16, 32, none of 12"):
        FCN(3, stride=12, width=2)


def test_segnets_decoder_puts_values_where_the_maxima_stood():
    """A bright pixel comes back at its own place, not somewhere in its window."""
    network = SegNet(1, in_channels=1, width=1, depth=1, rng=0).eval()
    x = np.zeros((1, 1, 4, 4), np.float32)
    x[0, 0, 1, 0] = 5
    pooled, indices = mg.max_pool2d(mg.Tensor(x), 2, return_indices=True)
    back = network.enlarged(pooled, indices, (4, 4)).data
    np.testing.assert_array_equal(back, x)
