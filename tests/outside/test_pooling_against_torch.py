"""Pooling and unpooling agree with PyTorch's on random configurations: values and gradients."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg

from ..minigrad.kernels import geometries
from .agreement import agree, seeds

torch = pytest.importorskip("torch")
F = torch.nn.functional


@seeds(400)
def test_max_pooling_and_its_indices(draw):
    case = draw.note(geometries.pooling(draw.integer))
    settings = case.kernel_size, case.stride, case.padding, case.dilation, case.ceil_mode
    # Every other configuration has ties.
    x = draw.laid_out(draw.rng.normal(size=case.x).round(draw.choice(1, 9)).astype(draw.dtype))
    agree(lambda x: mg.max_pool2d(x, *settings), lambda x: F.max_pool2d(x, *settings), x)
    _, indices = mg.max_pool2d(x, *settings, return_indices=True)
    _, expected = F.max_pool2d(torch.tensor(np.array(x, float)), *settings, return_indices=True)
    np.testing.assert_array_equal(indices, expected.numpy())


@seeds(100)
def test_unpooling_of_windows_side_by_side(draw):
    case = geometries.pooling(draw.integer)
    while case.stride != case.kernel_size or case.dilation != (1, 1):
        case = geometries.pooling(draw.integer)
    settings = case.kernel_size, case.stride, case.padding
    image = draw.rng.normal(size=draw.note(case).x)
    _, indices = F.max_pool2d(
        torch.tensor(image), *settings, ceil_mode=case.ceil_mode, return_indices=True
    )
    mode = draw.choice("sum", "overwrite")
    agree(
        lambda x, i: mg.max_unpool2d(x, i, *settings, case.x[2:], mode),
        lambda x, i: F.max_unpool2d(x, i, *settings, case.x[2:]),
        draw.array(*case.y), draw.laid_out(indices.numpy()), linear=True,
    )  # fmt: skip


@seeds(100)
def test_unpooling_to_any_places_adds_up(draw):
    case = draw.note(geometries.pooling(draw.integer))
    indices = draw.laid_out(draw.rng.integers(case.x[2] * case.x[3], size=case.y))
    agree(
        lambda x, i: mg.max_unpool2d(x, i, 2, output_size=case.x),
        lambda x, i: x.new_zeros(case.x).flatten(2)
        .scatter_add(2, i.flatten(2), x.flatten(2)).unflatten(2, case.x[2:]),
        draw.array(*case.y), indices, linear=True,
    )  # fmt: skip


@seeds(250)
def test_average_pooling(draw):
    case = draw.note(geometries.pooling(draw.integer, dilated=False))
    settings = case.kernel_size, case.stride, case.padding, case.ceil_mode, draw.choice(True, False)
    agree(
        lambda x: mg.avg_pool2d(x, *settings),
        lambda x: F.avg_pool2d(x, *settings),
        draw.array(*case.x), linear=True,
    )  # fmt: skip


@seeds(150)
def test_adaptive_average_pooling(draw):
    case = draw.note(geometries.pooling(draw.integer))
    size = draw.note(draw.choice((1, 1), (1, None), geometries.pair(draw.integer, 1, 9)))
    agree(
        lambda x: mg.adaptive_avg_pool2d(x, size),
        lambda x: F.adaptive_avg_pool2d(x, size),
        draw.array(*case.x), linear=True,
    )  # fmt: skip
