"""The initial values that VGG, ResNet and MobileNet share."""

from __future__ import annotations

from .. import init
from ..convolution import Conv2d
from ..linear import Linear
from ..module import Module


def draw_he(model: Module, rng: init.Seed) -> None:
    """Draw kernels so that relus keep the variance backwards, and small linear weights.

    Kernels from a normal distribution of standard deviation √(2 / fan_out), linear weights of
    0.01; biases become 0.

    References
    ----------
    He et al., Delving deep into rectifiers, ICCV 2015; the values are torchvision's.

    Examples
    --------
    >>> import layers
    >>> layer = layers.Linear(100, 100)
    >>> draw_he(layer, rng=0)
    >>> round(float(layer.weight.data.std()), 3)
    0.01
    """
    for module in model.modules():
        if isinstance(module, Conv2d):
            init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu", rng=rng)
        elif isinstance(module, Linear):
            init.normal_(module.weight, std=0.01, rng=rng)
        else:
            continue
        if module.bias is not None:
            init.zeros_(module.bias)
