"""The operations of networks against PyTorch: values and gradients."""

import numpy as np
import pytest

import minigrad as mg

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


@pytest.mark.parametrize("case", CLASSES)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_cross_entropy_of_classes(case, reduction, weighted, smoothing):
    logits, target = CLASSES[case]
    weight = np.array([0.5, 1.0, 2.0, 0.1]) if weighted else None
    compare(
        lambda x: mg.cross_entropy(
            x, target, weight, reduction=reduction, label_smoothing=smoothing
        ),
        lambda x: F.cross_entropy(
            x, torch.tensor(target), None if weight is None else torch.tensor(weight),
            reduction=reduction, label_smoothing=smoothing,
        ),
        logits,
    )  # fmt: skip


@pytest.mark.parametrize("shape", [(5, 4), (2, 4, 3), (4,)])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_cross_entropy_of_probabilities(shape, reduction, smoothing):
    weight = np.array([0.5, 1.0, 2.0, 0.1])
    target = mg.softmax(normal(*shape, seed=3), 0 if len(shape) == 1 else 1)
    compare(
        lambda x, t: mg.cross_entropy(
            x, t, weight, reduction=reduction, label_smoothing=smoothing
        ),
        lambda x, t: F.cross_entropy(
            x, t, torch.tensor(weight), reduction=reduction, label_smoothing=smoothing
        ),
        normal(*shape),
        target,
    )


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


@pytest.mark.parametrize("shape", [(5, 3), (4, 3, 2), (2, 3, 4, 5)])
@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_and_its_running_statistics(shape, training):
    mean, variance = normal(3), np.random.default_rng(0).uniform(0.5, 2, 3)
    their_mean, their_variance = torch.tensor(mean), torch.tensor(variance)
    compare(
        lambda x, w, b: mg.batch_norm(x, mean, variance, w, b, training, 0.3, 1e-3),
        lambda x, w, b: F.batch_norm(x, their_mean, their_variance, w, b, training, 0.3, 1e-3),
        normal(*shape) * 3 + 5, normal(3, seed=2), normal(3, seed=3),
    )  # fmt: skip
    np.testing.assert_allclose(mean, their_mean.numpy())
    np.testing.assert_allclose(variance, their_variance.numpy())


def test_batch_norm_in_float32_of_values_far_from_zero():
    x = (normal(8, 4, 16, 16) + 100).astype(np.float32)
    ours = mg.batch_norm(x, None, None, training=True)
    assert ours.dtype == np.float32
    theirs = F.batch_norm(torch.tensor(x, dtype=torch.float64), None, None, training=True)
    np.testing.assert_allclose(ours, theirs.numpy(), atol=2e-5)


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

SIZES = [
    {"size": (7, 5)}, {"size": 3}, {"size": (1, 9)}, {"scale_factor": 2}, {"scale_factor": 1.7},
    {"scale_factor": (0.6, 2.5)}, {"scale_factor": 0.5}, {"scale_factor": (1.2, 1.07)},
]  # fmt: skip


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("mode, align_corners", [
    ("nearest", False), ("bilinear", False), ("bilinear", True),
])  # fmt: skip
@pytest.mark.parametrize("shape", [(2, 3, 4, 6), (1, 2, 5, 1)])
def test_interpolate(size, mode, align_corners, shape):
    if shape[-1] == 1 and size.get("scale_factor") == 0.5:
        pytest.skip("no pixel would be left")
    if mode == "nearest" and size.get("scale_factor") == (1.2, 1.07):
        pytest.skip("PyTorch copies an axis that keeps its size; ours takes floor(i / scale)")
    options = {} if mode == "nearest" else {"align_corners": align_corners}
    compare(
        lambda x: mg.interpolate(x, mode=mode, **size, **options),
        lambda x: F.interpolate(
            x, mode=mode, recompute_scale_factor=False if "scale_factor" in size else None,
            **size, **options,
        ),
        normal(*shape),
    )  # fmt: skip


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
