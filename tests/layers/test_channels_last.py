"""Weights with channels last: the same network computed both ways gives the same numbers."""

import numpy as np
import pytest

import layers


class Network(layers.Module):
    def __init__(self):
        super().__init__()
        self.conv = layers.Conv2d(3, 4, (3, 2), rng=0)
        self.depth = layers.Conv2d(4, 8, 3, groups=4, bias=False, rng=1)
        self.norm = layers.BatchNorm2d(8)
        self.up = layers.ConvTranspose2d(8, 5, 2, stride=2, rng=2)
        self.fc = layers.Linear(5 * 4 * 6, 7, rng=3)
        self.out = layers.Linear(7, 2, rng=4)

    def forward(self, x):
        x = self.up(self.norm(self.depth(self.conv(x))))
        return self.out(self.fc(x.reshape(len(x), -1)))


NAMES = {
    "conv": "conv2d", "depth": "dw", "norm": "bn", "up": "up", "fc": ["fc", [4, 6]], "out": "out",
}  # fmt: skip


def keras_arrays(rng):
    return {
        "conv2d/kernel:0": rng.normal(size=(3, 2, 3, 4)), "conv2d/bias:0": rng.normal(size=4),
        "dw/depthwise_kernel": rng.normal(size=(3, 3, 4, 2)),
        "bn/gamma": rng.normal(size=8), "bn/beta": rng.normal(size=8),
        "bn/moving_mean": rng.normal(size=8), "bn/moving_variance": rng.uniform(1, 2, 8),
        "up/kernel": rng.normal(size=(2, 2, 5, 8)), "up/bias": rng.normal(size=5),
        "fc/kernel": rng.normal(size=(120, 7)), "fc/bias": rng.normal(size=7),
        "out/kernel": rng.normal(size=(7, 2)), "out/bias": rng.normal(size=2),
    }  # fmt: skip


def channels_last(a, x):
    """The network on (N, H, W, C), written with sums over windows."""

    def windows(x, size):
        return np.lib.stride_tricks.sliding_window_view(x, size, axis=(1, 2))

    x = np.einsum("nyxchw,hwcd->nyxd", windows(x, (3, 2)), a["conv2d/kernel:0"])
    x = x + a["conv2d/bias:0"]
    x = np.einsum("nyxchw,hwcm->nyxcm", windows(x, (3, 3)), a["dw/depthwise_kernel"])
    x = x.reshape(*x.shape[:3], 8)
    x = (x - a["bn/moving_mean"]) / np.sqrt(a["bn/moving_variance"] + 1e-5)
    x = x * a["bn/gamma"] + a["bn/beta"]
    n, h, w, _ = x.shape
    x = np.einsum("nyxc,hwdc->nyhxwd", x, a["up/kernel"]).reshape(n, 2 * h, 2 * w, 5)
    x = (x + a["up/bias"]).reshape(n, -1)
    x = x @ a["fc/kernel"] + a["fc/bias"]
    return x @ a["out/kernel"] + a["out/bias"]


def test_both_layouts_compute_the_same():
    rng = np.random.default_rng(0)
    arrays = keras_arrays(rng)
    model = Network().double().eval()
    model.load_state_dict(layers.from_channels_last(model, arrays, NAMES))
    x = rng.normal(size=(2, 6, 6, 3))
    np.testing.assert_allclose(
        np.asarray(model.requires_grad_(False)(x.transpose(0, 3, 1, 2))), channels_last(arrays, x)
    )


@pytest.mark.parametrize(
    ("arrays", "names", "message"),
    [
        ({"bn/gamma": None}, {}, "'bn/gamma' is missing, for norm.weight"),
        ({"dw/depthwise_kernel": None}, {}, "'dw/kernel' or 'dw/depthwise_kernel' is missing"),
        ({"extra/kernel": np.ones(1)}, {}, "'extra/kernel' belongs to none"),
        ({"conv2d/kernel:0": np.ones((3, 3, 3, 4))}, {}, r"conv.weight has \(4, 3, 3, 2\)"),
        ({}, {"fc": None}, "'fc' is left out"),
        ({}, {"relu": "relu"}, "'relu' is no such module"),
        ({}, {"fc": ["fc", [7, 7]]}, "takes no maps"),
        ({}, {"fc": ["fc", 7]}, "height, width"),
    ],
)
def test_what_does_not_fit_is_named(arrays, names, message):
    arrays = {**keras_arrays(np.random.default_rng(0)), **arrays}
    arrays = {name: array for name, array in arrays.items() if array is not None}
    names = {name: value for name, value in {**NAMES, **names}.items() if value is not None}
    with pytest.raises(ValueError, match=message):
        layers.from_channels_last(Network(), arrays, names)
