"""The compiled kernels agree with PyTorch over random configurations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigrad.kernels import kernel_set

torch = pytest.importorskip("torch")
functional = torch.nn.functional
compiled = kernel_set("compiled")
many = settings(max_examples=150, deadline=None)


def pairs(low: int, high: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(low, high), st.integers(low, high))


def assert_close(actual: np.ndarray, expected) -> None:
    expected = expected.detach().numpy()
    tolerance = 1e-4 if expected.dtype == np.float32 else 1e-11
    assert actual.dtype == expected.dtype
    scale = max(1, np.abs(expected).max(initial=0))
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance * scale)


@many
@given(st.data())
def test_convolution_and_its_gradients(data):
    kernel, stride, padding = (
        data.draw(pairs(low, high)) for low, high in ((1, 5), (1, 3), (0, 4))
    )
    dilation, groups = data.draw(pairs(1, 2)), data.draw(st.integers(1, 2))
    size = tuple(
        max(1, (k - 1) * d + 1 - 2 * p) + data.draw(st.integers(0, 40))
        for k, d, p in zip(kernel, dilation, padding, strict=True)
    )
    batch, inputs, outputs = (data.draw(st.integers(1, most)) for most in (20, 12, 20))
    dtype = data.draw(st.sampled_from(("float32", "float64")))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    x = rng.standard_normal((batch, groups * inputs, *size)).astype(dtype)
    weight = rng.standard_normal((groups * outputs, inputs, *kernel)).astype(dtype)
    tx, tw = (torch.from_numpy(array).requires_grad_() for array in (x, weight))
    y = functional.conv2d(tx, tw, None, stride, padding, dilation, groups)
    g = rng.standard_normal(y.shape).astype(dtype)
    y.backward(torch.from_numpy(g))
    geometry = stride, padding, dilation, groups
    assert_close(compiled.conv2d(x, weight, *geometry), y)
    assert_close(compiled.conv2d_input_gradient(g, weight, size, *geometry), tx.grad)
    assert_close(compiled.conv2d_weight_gradient(x, g, kernel, *geometry), tw.grad)


@many
@given(st.data())
def test_transposed_convolution(data):
    kernel, stride, padding = (
        data.draw(pairs(low, high)) for low, high in ((1, 5), (1, 4), (0, 2))
    )
    dilation, groups = data.draw(pairs(1, 2)), data.draw(st.integers(1, 2))
    extra = tuple(
        data.draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True)
    )
    least = [
        -(-max(0, 2 * p + 1 - e - d * (k - 1) - 1) // s) + 1
        for k, s, p, d, e in zip(kernel, stride, padding, dilation, extra, strict=True)
    ]
    source = tuple(z + data.draw(st.integers(0, 9)) for z in least)
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    x = rng.standard_normal((2, groups * 3, *source))
    weight = rng.standard_normal((groups * 3, 5, *kernel))
    expected = functional.conv_transpose2d(
        torch.from_numpy(x),
        torch.from_numpy(weight),
        None,
        stride,
        padding,
        extra,
        groups,
        dilation,
    )
    size = tuple(expected.shape[2:])
    actual = compiled.conv2d_input_gradient(x, weight, size, stride, padding, dilation, groups)
    assert_close(actual, expected)


@many
@given(st.data())
def test_pooling_and_its_gradients(data):
    kernel, stride = data.draw(pairs(1, 4)), data.draw(pairs(1, 4))
    padding = tuple(data.draw(st.integers(0, k // 2)) for k in kernel)
    ceil, count = data.draw(st.booleans()), data.draw(st.booleans())
    size = tuple(k + data.draw(st.integers(0, 30)) for k in kernel)
    dtype = data.draw(st.sampled_from(("float32", "float64")))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    x = rng.standard_normal((2, 3, *size)).round(1).astype(dtype)  # with ties
    tx = torch.from_numpy(x).requires_grad_()
    values, indices = functional.max_pool2d(
        tx, kernel, stride, padding, ceil_mode=ceil, return_indices=True
    )
    output = tuple(values.shape[2:])
    actual, positions = compiled.max_pool2d(x, kernel, stride, padding, (1, 1), output)
    assert_close(actual, values)
    np.testing.assert_array_equal(positions, indices.numpy())
    g = rng.standard_normal(actual.shape).astype(dtype)
    (gradient,) = torch.autograd.grad(values, tx, torch.from_numpy(g))
    assert_close(compiled.max_unpool2d(g, positions, size), gradient)
    average = functional.avg_pool2d(tx, kernel, stride, padding, ceil, count)
    assert_close(compiled.avg_pool2d(x, kernel, stride, padding, output, count), average)
    (gradient,) = torch.autograd.grad(average, tx, torch.from_numpy(g))
    actual = compiled.avg_pool2d_input_gradient(g, size, kernel, stride, padding, count)
    assert_close(actual, gradient)
