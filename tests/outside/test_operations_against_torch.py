"""Array operations and their gradients agree with PyTorch's on random configurations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import minigrad as mg

torch = pytest.importorskip("torch")

few = settings(max_examples=25, deadline=None)
filled = arrays.array_shapes(min_dims=1, max_dims=4, max_side=4)


def values(shape, low=-1.9, high=2.236068, seed=0):
    """Distinct values, none of them 0: at ties and kinks PyTorch's conventions are others."""
    size = int(np.prod(shape))
    spread = np.linspace(low, high, size + 2)[1:-1]
    return np.random.default_rng(seed).permutation(spread).reshape(shape)


def agree(ours, theirs, *given_arrays, second=True):
    """The same values, gradients and, if wanted, gradients of a product with the gradient."""
    leaves = [mg.Tensor(x, requires_grad=True) for x in given_arrays]
    others = [torch.tensor(x, requires_grad=True) for x in given_arrays]
    y, z = ours(*leaves), theirs(*others)
    np.testing.assert_allclose(y.data, z.numpy(force=True), rtol=1e-9, atol=1e-10)
    cotangent = np.random.default_rng(1).normal(size=y.shape)
    first = mg.grad(y, leaves, [cotangent], create_graph=second)
    expected = torch.autograd.grad(z, others, torch.tensor(cotangent), create_graph=second)
    for gradient, right in zip(first, expected, strict=True):
        np.testing.assert_allclose(gradient.data, right.numpy(force=True), rtol=1e-8, atol=1e-9)
    if not second or not any(gradient.requires_grad for gradient in expected):
        return
    ways = [np.random.default_rng(2 + i).normal(size=x.shape) for i, x in enumerate(given_arrays)]
    ours_total = sum(np.sum(g * v) for g, v in zip(first, ways, strict=True))
    total = sum(torch.sum(g * torch.tensor(v)) for g, v in zip(expected, ways, strict=True))
    expected = torch.autograd.grad(total, others, allow_unused=True)
    if not ours_total.requires_grad:
        actual = [np.zeros(leaf.shape) for leaf in leaves]
    else:
        actual = [gradient.data for gradient in mg.grad(ours_total, leaves)]
    for gradient, right in zip(actual, expected, strict=True):
        right = np.zeros(gradient.shape) if right is None else right.numpy(force=True)
        np.testing.assert_allclose(gradient, right, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(
    "name",
    ["exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "reciprocal", "sin", "cos", "tan",
     "arctan", "sinh", "cosh", "tanh", "arcsinh", "square", "absolute", "negative", "sigmoid",
     "exp2", "sinc", "floor", "ceil", "trunc", "sign", "deg2rad", "rad2deg"],
)  # fmt: skip
@few
@given(shape=filled)
def test_functions_of_one_array(name, shape):
    agree(getattr(mg, name), getattr(torch, name), values(shape, 0.1, 1.4))


@pytest.mark.parametrize("name", ["arcsin", "arccos", "arctanh"])
@few
@given(shape=filled)
def test_functions_on_an_interval(name, shape):
    agree(getattr(mg, name), getattr(torch, name), values(shape, -0.9, 0.9))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("add", "add"), ("subtract", "sub"), ("multiply", "mul"), ("divide", "div"), ("power", "pow"),
     ("arctan2", "atan2"), ("hypot", "hypot"), ("maximum", "maximum"), ("minimum", "minimum"),
     ("logaddexp", "logaddexp"), ("logaddexp2", "logaddexp2"), ("fmod", "fmod"),
     ("mod", "remainder"), ("copysign", "copysign")],
)  # fmt: skip
@few
@given(case=arrays.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3))
def test_functions_of_two_arrays_broadcast(ours, theirs, case):
    first, second = case.input_shapes
    agree(getattr(mg, ours), getattr(torch, theirs),
          values(first, 0.31, 2.0), values(second, 0.4, 1.7, seed=5))  # fmt: skip


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(mg.sum, torch.sum), (mg.mean, torch.mean), (mg.max, torch.amax), (mg.min, torch.amin),
     (mg.var, lambda x, dim, keepdim: torch.var(x, dim, correction=0, keepdim=keepdim))],
)  # fmt: skip
@few
@given(data=st.data(), shape=filled, keepdims=st.booleans())
def test_reductions(ours, theirs, data, shape, keepdims):
    axes = data.draw(arrays.valid_tuple_axes(len(shape), min_size=1))
    agree(lambda x: ours(x, axis=axes, keepdims=keepdims),
          lambda x: theirs(x, axes, keepdim=keepdims), values(shape))  # fmt: skip


@few
@given(data=st.data(), shape=filled)
def test_products_and_accumulations_with_zeros(data, shape):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = values(shape)
    x[np.random.default_rng(3).random(shape) < 0.3] = 0
    agree(lambda x: mg.prod(x, axis=axis), lambda x: torch.prod(x, axis), x)
    agree(lambda x: mg.cumprod(x, axis=axis), lambda x: torch.cumprod(x, axis), x, second=False)
    agree(lambda x: mg.cumsum(x, axis=axis), lambda x: torch.cumsum(x, axis), x)
    agree(lambda x: mg.sort(x, axis=axis), lambda x: torch.sort(x, axis)[0], values(shape))


@few
@given(arrays.mutually_broadcastable_shapes(signature=np.matmul.signature, max_dims=2, max_side=3))
def test_matmul(case):
    first, second = case.input_shapes
    agree(mg.matmul, torch.matmul, values(first), values(second, seed=1))


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [("bij,bjk->bik", [(2, 3, 4), (2, 4, 2)]), ("bhqd,bhkd->bhqk", [(2, 2, 3, 4), (2, 2, 5, 4)]),
     ("ii->i", [(3, 3)]), ("ij,ij->", [(2, 3), (2, 3)]), ("i,j,k->kji", [(2,), (3,), (4,)]),
     ("...i,ij->...j", [(2, 3, 4), (4, 2)]), ("ij,kl->il", [(2, 3), (4, 2)]),
     ("iij->j", [(3, 3, 2)]), ("nchw,nkhw->nck", [(2, 3, 4, 4), (2, 2, 4, 4)])],
)  # fmt: skip
def test_einsum(subscripts, shapes):
    operands = [values(shape, seed=i) for i, shape in enumerate(shapes)]
    agree(lambda *xs: mg.einsum(subscripts, *xs), lambda *xs: torch.einsum(subscripts, *xs),
          *operands)  # fmt: skip


@few
@given(st.integers(1, 4), st.lists(st.integers(1, 2), max_size=2), st.integers(0, 9))
def test_linear_algebra(size, batch, seed):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(*batch, size, size)) + 4 * np.eye(size)
    b = rng.normal(size=(*batch, size, 2))
    agree(mg.inv, torch.linalg.inv, a)
    agree(mg.det, torch.linalg.det, a)
    agree(mg.solve, torch.linalg.solve, a, b)
    agree(lambda a: mg.slogdet(a)[1], lambda a: torch.linalg.slogdet(a)[1], a)
    agree(lambda a: mg.cholesky(a @ a.mT + np.eye(size)),
          lambda a: torch.linalg.cholesky(a @ a.mT + torch.eye(size)), a)  # fmt: skip


@pytest.mark.parametrize("order", [None, 1, 2, 3, 1.5, np.inf, -np.inf])
def test_vector_norms(order):
    agree(lambda x: mg.norm(x, order, axis=1), lambda x: torch.linalg.norm(x, order, dim=1),
          values((3, 4), seed=4))  # fmt: skip


@pytest.mark.parametrize("order", ["fro", 1, -1, np.inf, -np.inf])
def test_matrix_norms(order):
    agree(lambda x: mg.norm(x, order, axis=(0, 2)),
          lambda x: torch.linalg.norm(x, order, dim=(0, 2)), values((3, 2, 4), seed=4))  # fmt: skip


@pytest.mark.parametrize("ours", ["relu", "silu", "softplus", "elu", "leaky_relu"])
@few
@given(shape=filled)
def test_activations(ours, shape):
    agree(getattr(mg, ours), getattr(torch.nn.functional, ours), values(shape))


@few
@given(data=st.data(), shape=filled)
def test_indexing(data, shape):
    index = data.draw(arrays.integer_array_indices(shape))
    agree(lambda x: x[index], lambda x: x[tuple(map(torch.tensor, index))], values(shape))
    axis = data.draw(st.integers(0, len(shape) - 1))
    order = np.random.default_rng(0).integers(0, shape[axis], shape)
    agree(lambda x: mg.take_along_axis(x, order, axis),
          lambda x: torch.take_along_dim(x, torch.tensor(order), axis), values(shape))  # fmt: skip


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("reflect", "reflect"), ("edge", "replicate"), ("wrap", "circular"), ("constant", "constant")],
)
@pytest.mark.parametrize("widths", [(1, 2, 3, 0), (3, 3, 2, 2), (0, 1, 0, 1)])
def test_padding(ours, theirs, widths):
    left, right, top, bottom = widths
    agree(lambda x: mg.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), ours),
          lambda x: torch.nn.functional.pad(x, widths, theirs), values((2, 2, 4, 5)))  # fmt: skip
