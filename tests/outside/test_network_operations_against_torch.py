"""The operations of networks against PyTorch: values and gradients."""

import numpy as np
import pytest

import minigrad as mg

from ..minigrad.kernels import geometries
from .agreement import TOLERANCE, agree, assert_near, seeds

torch = pytest.importorskip("torch")
F = torch.nn.functional


def compare(ours, theirs, *arrays, rtol=1e-9, atol=1e-10):
    """Both functions on the same arrays: equal values and, for a random cotangent, gradients.

    Floating-point arrays get gradients, others (and None) are passed as they are.
    """
    mine = [mg.Tensor(a, requires_grad=True) if _is_real(a) else a for a in arrays]
    other = [
        torch.tensor(a, requires_grad=True) if _is_real(a)
        else torch.tensor(a) if isinstance(a, np.ndarray) else a
        for a in arrays
    ]  # fmt: skip
    y, z = ours(*mine), theirs(*other)
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=rtol, atol=atol)
    g = np.random.default_rng(0).normal(size=y.shape).astype(y.dtype)
    y.backward(g)
    z.backward(torch.tensor(g))
    for a, b in zip(mine, other, strict=True):
        if isinstance(a, mg.Tensor):
            np.testing.assert_allclose(a.grad, b.grad.numpy(), rtol=rtol, atol=atol)


def _is_real(array):
    return isinstance(array, np.ndarray) and array.dtype.kind == "f"


def normal(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape)


# ---- activations ------------------------------------------------------------------------------


@seeds(200)
def test_activations_of_any_size(draw):
    name = draw.choice("relu", "leaky_relu", "elu", "silu", "sigmoid", "softplus", "gelu")
    shape = [draw.integer(0, draw.choice(3, 20, 60)) for _ in range(draw.integer(1, 3))]
    draw.note(name)
    agree(getattr(mg, name), getattr(F, name), draw.array(*shape))
    for ours, theirs in ((mg.softmax, F.softmax), (mg.log_softmax, F.log_softmax)):
        agree(ours, lambda x, theirs=theirs: theirs(x, -1), draw.array(*shape), least=1)


# ---- softmax ----------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1.0, 1e4])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax_and_its_logarithms(axis, scale):
    x = normal(3, 4, 2) * scale
    compare(lambda x: mg.softmax(x, axis), lambda x: F.softmax(x, axis), x)
    compare(lambda x: mg.log_softmax(x, axis), lambda x: F.log_softmax(x, axis), x)
    compare(lambda x: mg.logsumexp(x, axis), lambda x: torch.logsumexp(x, axis), x)


def test_softmax_with_infinite_scores():
    x = np.array([[-np.inf, 0.0, 1.0], [-np.inf, -np.inf, -np.inf]])
    for ours, theirs in [(mg.softmax, F.softmax), (mg.log_softmax, F.log_softmax)]:
        np.testing.assert_allclose(ours(x), theirs(torch.tensor(x), -1).numpy())
    np.testing.assert_allclose(mg.logsumexp(x, 1), torch.logsumexp(torch.tensor(x), 1).numpy())


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu(approximate):
    compare(
        lambda x: mg.gelu(x, approximate),
        lambda x: F.gelu(x, approximate=approximate),
        np.linspace(-8, 8, 101),
    )


# ---- losses -----------------------------------------------------------------------------------

CLASSES = {
    "batch": (normal(5, 4), np.array([0, 3, -100, 1, 1])),
    "pictures": (normal(2, 4, 3, 2), np.random.default_rng(2).integers(0, 4, (2, 3, 2))),
    "one": (normal(4), np.array(2)),
    "extreme": (normal(5, 4) * 1e4, np.array([0, 3, 2, 1, 1])),
}


@seeds(250)
def test_cross_entropy(draw):
    classes, axis = draw.choice(draw.integer(1, 5), draw.integer(1, 130)), 1
    rest = draw.choice((), geometries.pair(draw.integer, 1, 12))
    shape = draw.integer(0, 9), classes, *rest
    if draw.integer(0, 9) == 9:
        shape, axis = (classes,), 0  # of one example
    scores = draw.rng.normal(size=shape) * draw.choice(1, 10)
    weight = draw.choice(None, draw.rng.uniform(0.1, 2, classes).astype(draw.dtype))
    if draw.choice(True, False):
        target, ignored = mg.softmax(draw.array(*shape), axis), -100
    else:
        target, ignored = _classes(draw, classes, shape[:axis] + shape[axis + 1 :])
    reduction = draw.choice("sum", "none", *["mean"] * (scores.size > 0))
    smoothing = draw.choice(0.0, draw.rng.uniform())
    draw.note((classes, target.shape, weight is not None, ignored, reduction, smoothing))
    # All results are of order one, but may be 0: if there is one class, say.
    count = max(scores.size // classes, 1) if reduction == "mean" else 1
    agree(
        lambda x, t: count * mg.cross_entropy(x, t, weight, ignored, smoothing, reduction),
        lambda x, t: count * F.cross_entropy(
            x, t, None if weight is None else torch.tensor(weight.astype(float)),
            ignore_index=ignored, label_smoothing=smoothing, reduction=reduction,
        ),
        draw.laid_out(scores.astype(draw.dtype)), target, least=1,
    )  # fmt: skip


def _classes(draw, classes, shape):
    """Target classes, some but not all of them ignored, and the number that says so."""
    target = np.asarray(draw.rng.integers(classes, size=shape))
    ignored = draw.choice(-100, int(target.max(initial=0)))
    target[draw.rng.random(shape) < 0.3] = ignored
    return (target, ignored) if (target != ignored).any() else (np.zeros_like(target), -100)


@pytest.mark.parametrize("case", CLASSES)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_nll_loss(case, reduction):
    logits, target = CLASSES[case]
    weight = np.array([0.5, 1.0, 2.0, 0.1])
    compare(
        lambda x: mg.nll_loss(x, target, weight, reduction=reduction),
        lambda x: F.nll_loss(x, torch.tensor(target), torch.tensor(weight), reduction=reduction),
        logits,
    )


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss"])
def test_distances(name, reduction):
    compare(
        lambda x, t: getattr(mg, name)(x, t, reduction),
        lambda x, t: getattr(F, name)(x, t, reduction=reduction),
        normal(3, 4),
        normal(3, 4, seed=2),
    )


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_binary_cross_entropy_with_logits(reduction, scale):
    weight, positive = np.array([[0.5], [2.0], [1.0]]), np.array([1.0, 3.0, 0.2, 2.0])
    compare(
        lambda x, t: mg.binary_cross_entropy_with_logits(x, t, weight, positive, reduction),
        lambda x, t: F.binary_cross_entropy_with_logits(
            x, t, torch.tensor(weight), reduction=reduction, pos_weight=torch.tensor(positive)
        ),
        normal(3, 4) * scale,
        np.random.default_rng(4).random((3, 4)),
    )


# ---- normalisation ----------------------------------------------------------------------------


@seeds(200)
def test_batch_norm_and_its_running_statistics(draw):
    training, channels = draw.choice(True, False), draw.choice(3, draw.integer(1, 130))
    rest = draw.choice((), (draw.integer(1, 90),), geometries.pair(draw.integer, 1, 20))
    # A variance of few values may be any small number, and the rounding of the mean large to it.
    batch = draw.integer(8 if training else 0, 12)
    x = 3 * draw.rng.normal(size=(batch, channels, *rest)) + draw.choice(0, 5, 100)
    statistics = draw.rng.normal(size=channels), draw.rng.uniform(0.5, 2, channels)
    theirs = [torch.tensor(statistic) for statistic in statistics]
    settings = draw.note((training, draw.rng.uniform(), draw.choice(0.1, 1e-5)))
    agree(
        lambda x, *affine: mg.batch_norm(x, *statistics, *affine, *settings),
        lambda x, *affine: F.batch_norm(x, *theirs, *affine, *settings),
        draw.laid_out(x.astype(draw.dtype)), draw.array(channels), draw.array(channels),
    )  # fmt: skip
    for ours, right in zip(statistics, theirs, strict=True):
        allowed = TOLERANCE[draw.dtype] * right.abs().max().item()
        assert_near("a running statistic", ours, right.numpy(), allowed)


@pytest.mark.parametrize("sizes", [(4,), (3, 4)])
def test_layer_norm(sizes):
    compare(
        lambda x, w, b: mg.layer_norm(x, sizes, w, b, 1e-3),
        lambda x, w, b: F.layer_norm(x, sizes, w, b, 1e-3),
        normal(2, 3, 4), normal(*sizes, seed=2), normal(*sizes, seed=3),
    )  # fmt: skip


@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("shape", [(2, 6), (2, 6, 3, 4)])
def test_group_norm(groups, shape):
    if len(shape) == 2 and groups == 6:
        pytest.skip("PyTorch refuses one value a group")
    compare(
        lambda x, w, b: mg.group_norm(x, groups, w, b, 1e-3),
        lambda x, w, b: F.group_norm(x, groups, w, b, 1e-3),
        normal(*shape), normal(6, seed=2), normal(6, seed=3),
    )  # fmt: skip


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3, 4, 5)])
def test_instance_norm(shape):
    compare(
        lambda x, w, b: mg.instance_norm(x, w, b),
        lambda x, w, b: F.instance_norm(x, weight=w, bias=b),
        normal(*shape), normal(3, seed=2), normal(3, seed=3),
    )  # fmt: skip


# ---- resampling -------------------------------------------------------------------------------

@seeds(250)
def test_interpolation(draw):
    shape = draw.integer(0, 3), draw.integer(1, 20), *geometries.pair(draw.integer, 1, 40)
    mode, corners = draw.choice(("nearest", None), ("bilinear", False), ("bilinear", True))
    size, factors = draw.choice(geometries.pair(draw.integer, 1, 60), None), None
    if size is None:
        factors = tuple([_factor(draw, n, mode) for n in shape[2:]])
    draw.note((mode, corners, size, factors))
    agree(
        lambda x: mg.interpolate(x, size, factors, mode, bool(corners)),
        lambda x: F.interpolate(
            x, size, factors, mode, corners, recompute_scale_factor=factors and False
        ),
        draw.array(*shape), linear=True,
    )  # fmt: skip


def _factor(draw, n, mode):
    """A factor for an axis of n pixels, of which at least one is left."""
    factor = max(draw.choice(0.5, 2.0, draw.rng.uniform(0, 4)), 1 / n)
    if mode == "nearest" and int(factor * n) in (n, 2 * n):
        return float(int(factor * n) // n)  # PyTorch uses the ratio of these sizes, not the factor
    return factor


@pytest.mark.parametrize("settings", [
    {"kernel_size": 2}, {"kernel_size": (3, 2), "padding": (1, 0), "stride": (2, 1)},
    {"kernel_size": 2, "dilation": 2, "padding": 2, "stride": 3},
], ids=str)  # fmt: skip
def test_unfold_and_fold(settings):
    pictures = normal(2, 3, 5, 6)
    compare(lambda x: mg.unfold(x, **settings), lambda x: F.unfold(x, **settings), pictures)
    columns = F.unfold(torch.zeros(2, 3, 5, 6), **settings).shape
    compare(
        lambda x: mg.fold(x, (5, 6), **settings),
        lambda x: F.fold(x, (5, 6), **settings),
        normal(*columns),
    )
