"""Grad-CAM against its definition, written out."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import layers
import minigrad as mg
from techniques import grad_cam, guided_backprop, guided_grad_cam


def bilinear(plane, size):
    """One plane enlarged, pixel centres aligned, edges repeated: one axis after the other."""
    for axis in (0, 1):
        length = plane.shape[axis]
        place = (np.arange(size[axis]) + 0.5) * length / size[axis] - 0.5
        place = np.clip(place, 0, length - 1)
        low = np.floor(place).astype(int)
        high = np.minimum(low + 1, length - 1)
        share = np.expand_dims(place - low, 1 - axis)
        plane = plane.take(low, axis) * (1 - share) + plane.take(high, axis) * share
    return plane


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(4, 9), st.integers(4, 9))
def test_it_is_the_relu_of_the_maps_weighed_with_their_mean_gradients(seed, height, width):
    rng = np.random.default_rng(seed)
    images = rng.normal(size=(2, 3, height, width))
    h, w = height - 2, width - 2
    linear = layers.Linear(5 * h * w, 4, rng=seed).double()
    convolution = layers.Conv2d(3, 5, 3, rng=seed).double()
    model = layers.Sequential(convolution, layers.ReLU(), layers.Flatten(), linear)
    classes = rng.integers(4, size=2)
    result = grad_cam(model, images, classes, "1")
    maps = np.maximum(convolution(mg.Tensor(images)).data, 0)
    gradient = linear.weight.data[classes].reshape(2, 5, h, w)
    raw = np.zeros((2, h, w))
    for n in range(2):
        for k in range(5):
            raw[n] += gradient[n, k].mean() * maps[n, k]
    raw = np.maximum(raw, 0)
    assert np.allclose(result.raw, raw)
    assert np.allclose(result.map, [bilinear(one, (height, width)) for one in raw])


def test_the_score_is_the_logit_not_the_probability(network, images):
    network.eval()
    before = grad_cam(network, images, 3, "second").raw
    network.output.bias.data = np.array([0.0, 0.0, 0.0, 50.0, 0.0, 0.0])
    assert np.allclose(grad_cam(network, images, 3, "second").raw, before)


def test_it_scales_with_the_score_and_is_not_normalised(network, images):
    before = grad_cam(network, images, 3, "second")
    network.output.weight.data *= 10
    assert np.allclose(grad_cam(network, images, 3, "second").map, 10 * before.map)


def test_no_evidence_is_an_all_zero_map_and_is_said(images):
    model = layers.Sequential(
        layers.Conv2d(3, 2, 3, rng=0), layers.ReLU(), layers.Flatten(), layers.Linear(30, 2, rng=0)
    ).double()
    model[3].weight.data = np.stack([np.full(30, -1.0), np.full(30, 1.0)])
    result = grad_cam(model, images, [0, 1, 0], "1")
    assert result.all_zero.tolist() == [True, False, True]
    assert (result.map[[0, 2]] == 0).all() and result.map[1].max() > 0
    assert "no positive evidence" in result.variant and "2 of 3" in result.variant
    assert "no positive evidence" not in grad_cam(model, images, 1, "1").variant
    result.plot().figure.canvas.draw()


def test_of_a_layer_that_the_score_does_not_depend_on_it_is_zero(images):
    class Idle(layers.Module):
        def __init__(self):
            super().__init__()
            self.used = layers.Linear(105, 2, rng=0)
            self.idle = layers.Conv2d(3, 2, 3, rng=0)

        def forward(self, x):
            self.idle(x)
            return self.used(x.reshape(len(x), 105))

    assert grad_cam(Idle().double(), images, 0, "idle").all_zero.all()


def test_of_a_module_that_is_called_twice_the_last_call_counts(network, images):
    at_relu = grad_cam(network, images, 2, "relu")
    assert at_relu.raw.shape == (3, 5, 3)


def test_guided_grad_cam_is_the_product(network, images):
    guided = guided_backprop(network, images, 4).gradient
    cam = grad_cam(network, images, 4, "second").map
    result = guided_grad_cam(network, images, 4, "second")
    assert np.allclose(result.gradient, guided * cam[:, None])
