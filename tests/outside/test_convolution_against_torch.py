"""Convolutions and all their gradients agree with PyTorch's on random configurations."""

from __future__ import annotations

import pytest

import minigrad as mg
from minigrad.kernels import names

from ..minigrad.kernels import geometries
from .agreement import agree, seeds

F = pytest.importorskip("torch").nn.functional
# As chosen by shape most often, and each algorithm for whatever it can compute.
KERNELS = ["compiled", *[name for name in names if name != "reference"]]


@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")
@seeds(1000)
def test_convolution(draw):
    case = draw.note(geometries.convolution(draw.integer))
    x, weight, bias = draw.array(*case.x), draw.array(*case.weight), draw.array(case.y[1])
    stride, padding, *rest = case.settings
    if stride == (1, 1) and draw.integer(0, 9) == 9:
        padding = draw.note("same")
    with mg.kernels(draw.note(draw.choice(*KERNELS))):
        agree(
            lambda *arrays: mg.conv2d(*arrays, stride, padding, *rest),
            lambda *arrays: F.conv2d(*arrays, stride, padding, *rest),
            x, weight, draw.choice(bias, None), linear=True,
        )  # fmt: skip


@seeds(400)
def test_transposed_convolution(draw):
    case = draw.note(geometries.convolution(draw.integer))
    x, weight, bias = draw.array(*case.y), draw.array(*case.weight), draw.array(case.x[1])
    stride, padding, dilation, groups = case.settings
    more = [draw.integer(0, max(s, d) - 1) for s, d in zip(stride, dilation, strict=True)]
    settings = stride, padding, draw.note(more), groups, dilation
    with mg.kernels(draw.note(draw.choice(*KERNELS))):
        agree(
            lambda *arrays: mg.conv_transpose2d(*arrays, *settings),
            lambda *arrays: F.conv_transpose2d(*arrays, *settings),
            x, weight, draw.choice(bias, None), linear=True,
        )  # fmt: skip
