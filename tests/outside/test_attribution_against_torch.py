"""Attributions against PyTorch's autograd, on the same weights and kinds of network.

Each network is written once, for `layers` and for `torch.nn`. PyTorch's ReLU is a function of its
own here, whose backward rule each method names.
"""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

import layers
import techniques

torch = pytest.importorskip("torch")
RULE = {"now": None}
EPSILON = 0.01


class Rectify(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return RULES[RULE["now"]](g, x)


RULES = {
    "backprop": lambda g, x: g * (x > 0),
    "deconvnet": lambda g, x: g.clamp(min=0),
    "guided_backprop": lambda g, x: g.clamp(min=0) * (x > 0),
    "lrp": lambda g, x: g * x.clamp(min=0) / (x + EPSILON * (2 * (x >= 0) - 1)),
}


class TorchReLU(torch.nn.Module):
    def forward(self, x):
        return Rectify.apply(x)


TORCH = SimpleNamespace(**{**vars(torch.nn), "ReLU": TorchReLU})


def head(nn):
    return [nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 5)]


def plain(nn):
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 8, 3), nn.ReLU(),
        *head(nn),
    )  # fmt: skip


def batch_normalised(nn):
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(6, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), *head(nn),
    )  # fmt: skip


def depthwise(nn):
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, stride=2, padding=1), nn.ReLU(),
        nn.Conv2d(6, 6, 3, padding=1, groups=6), nn.ReLU(), nn.Conv2d(6, 8, 1), nn.ReLU(),
        *head(nn),
    )  # fmt: skip


def residual(nn):
    class Residual(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Conv2d(3, 8, 3, padding=1)
            self.first = nn.Conv2d(8, 8, 3, padding=1)
            self.second = nn.Conv2d(8, 8, 3, padding=1)
            self.relus = nn.ModuleList([nn.ReLU() for _ in range(3)])
            self.head = nn.Sequential(*head(nn))

        def forward(self, x):
            x = self.relus[0](self.stem(x))
            x = self.relus[1](self.second(self.relus[2](self.first(x))) + x)
            return self.head(x)

    return Residual()


def reused(nn):
    class Reused(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Conv2d(3, 8, 3)
            self.again = nn.Conv2d(8, 8, 3, padding=1)
            self.relu = nn.ReLU()
            self.head = nn.Sequential(*head(nn))

        def forward(self, x):
            x = self.relu(self.stem(x))
            for _ in range(2):
                x = self.relu(self.again(x))
            return self.head(x)

    return Reused()


# Each kind of network, with a layer to look at.
KINDS = {plain: "4", batch_normalised: "6", depthwise: "3", residual: "relus.1", reused: "again"}
CLASSES = np.array([3, 0])


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def pair(request):
    """The same network here and there, the layer to look at, and images for both."""
    torch.manual_seed(0)
    theirs = request.param(TORCH).double().eval()
    for name, buffer in theirs.named_buffers():
        if name.endswith("running_var"):
            buffer.uniform_(0.5, 2)
        elif name.endswith("running_mean"):
            buffer.normal_()
    ours = request.param(layers).double().eval()
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    images = np.random.default_rng(1).normal(size=(2, 3, 11, 9))
    return ours, theirs, KINDS[request.param], images


def score(theirs, x):
    return class_score(theirs(x))


def gradient(theirs, images, rule="backprop"):
    RULE["now"] = rule
    x = torch.tensor(images, requires_grad=True)
    return torch.autograd.grad(score(theirs, x).sum(), x)[0].numpy()


def last_output(theirs, layer, x):
    """The output of a network, and the last one of a layer."""
    kept = []
    hook = theirs.get_submodule(layer).register_forward_hook(lambda *args: kept.append(args[2]))
    output = theirs(x)
    hook.remove()
    return output, kept[-1]


def class_score(output):
    return output[range(len(output)), CLASSES]


def maps_and_gradient(theirs, layer, images, pick=class_score):
    """The last output of a layer, and the gradient of the score to it."""
    RULE["now"] = "backprop"
    output, maps = last_output(theirs, layer, torch.tensor(images))
    (g,) = torch.autograd.grad(pick(output).sum(), maps)
    return maps.detach(), g


def enlarged(raw, images):
    return torch.nn.functional.interpolate(
        raw[:, None], size=images.shape[2:], mode="bilinear", align_corners=False
    )[:, 0]


def near(actual, expected):
    expected = np.asarray(expected)
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize("name", ["backprop", "deconvnet", "guided_backprop"])
def test_rules_of_relu(name, pair):
    ours, theirs, _, images = pair
    near(getattr(techniques, name)(ours, images, CLASSES).gradient, gradient(theirs, images, name))


def test_saliency_and_its_means(pair):
    ours, theirs, _, images = pair
    g = gradient(theirs, images)
    near(techniques.saliency(ours, images, CLASSES).map, np.abs(g).max(1))
    near(techniques.saliency(ours, images, CLASSES, "sum").map, np.abs(g).sum(1))
    near(techniques.saliency(ours, images, CLASSES, "signed").map, g.sum(1))
    rng, deviation = np.random.default_rng(5), 0.1 * np.ptp(images, axis=(1, 2, 3))
    noisy = [images + deviation[:, None, None, None] * rng.normal(size=images.shape) for _ in "abc"]
    copies = np.stack([gradient(theirs, one) for one in noisy])
    for statistic, expected in {
        "mean": copies.mean(0), "square": (copies**2).mean(0), "variance": copies.var(0)
    }.items():  # fmt: skip
        result = techniques.smooth_grad(
            ours, images, CLASSES, samples=3, noise=0.1, rng=5, statistic=statistic
        )
        near(result.gradient, expected)
    nodes, shares = np.polynomial.legendre.leggauss(4)
    path = [share / 2 * gradient(theirs, (node + 1) / 2 * images)
            for node, share in zip(nodes, shares, strict=True)]  # fmt: skip
    result = techniques.integrated_gradients(ours, images, CLASSES, steps=4)
    near(result.attribution, images * sum(path))


def test_maps_of_class_activation(pair):
    ours, theirs, layer, images = pair
    maps, g = maps_and_gradient(theirs, layer, images)
    places = g**2 / (2 * g**2 + maps.sum((2, 3), keepdim=True) * g**3 + 1e-6)
    weights = (g.clamp(min=0) * torch.where(g == 0, 0.0, places)).sum((2, 3), keepdim=True)
    expected = {
        techniques.grad_cam: g.mean((2, 3), keepdim=True) * maps,
        techniques.grad_cam_plus_plus: weights * maps,
        techniques.layer_cam: g.clamp(min=0) * maps,
        techniques.hires_cam: g * maps,
    }
    for method, terms in expected.items():
        result = method(ours, images, CLASSES, layer)
        raw = terms.sum(1).clamp(min=0)
        near(result.raw, raw)
        near(result.map, enlarged(raw, images))


def test_score_cam(pair):
    ours, theirs, layer, images = pair
    maps, _ = maps_and_gradient(theirs, layer, images)
    scores = torch.zeros(maps.shape[:2], dtype=torch.float64)
    for n, k in np.ndindex(*maps.shape[:2]):
        mask = enlarged(maps[n : n + 1, k], images)
        mask = (mask - mask.min()) / (mask.max() - mask.min()).clamp(min=1e-300)
        scores[n, k] = theirs(torch.tensor(images[n : n + 1]) * mask)[0, CLASSES[n]].detach()
    raw = (scores.softmax(1)[:, :, None, None] * maps).sum(1).clamp(min=0)
    near(techniques.score_cam(ours, images, CLASSES, layer).raw, raw)


def test_guided_grad_cam(pair):
    ours, theirs, layer, images = pair
    maps, g = maps_and_gradient(theirs, layer, images)
    cam = enlarged((g.mean((2, 3), keepdim=True) * maps).sum(1).clamp(min=0), images)
    expected = gradient(theirs, images, "guided_backprop") * cam[:, None].numpy()
    near(techniques.guided_grad_cam(ours, images, CLASSES, layer).gradient, expected)


def test_relevance_of_the_epsilon_rule(pair):
    ours, theirs, _, images = pair
    scores = score(theirs, torch.tensor(images)).detach().numpy()
    kept = (np.abs(scores) / (np.abs(scores) + EPSILON))[:, None, None, None]
    result = techniques.lrp(ours, images, CLASSES, epsilon=EPSILON)
    near(result.relevance, images * gradient(theirs, images, "lrp") * kept)
    np.testing.assert_allclose(result.absorbed, scores - result.relevance.sum((1, 2, 3)))


def test_occlusion(pair):
    ours, theirs, _, images = pair
    total, covered = np.zeros((2, 11, 9)), np.zeros((11, 9))
    clean = score(theirs, torch.tensor(images))
    for top, left in itertools.product([0, 3, 6, 9], [0, 2, 4, 6]):
        hidden = images.copy()
        hidden[:, :, top : top + 4, left : left + 3] = 0.5
        fall = (clean - score(theirs, torch.tensor(hidden))).detach().numpy()
        total[:, top : top + 4, left : left + 3] += fall[:, None, None]
        covered[top : top + 4, left : left + 3] += 1
    result = techniques.occlusion(ours, images, CLASSES, (4, 3), (3, 2), baseline=0.5)
    near(result.map, total / covered)


def test_a_unit_and_a_score_of_the_output(pair):
    ours, theirs, layer, images = pair
    RULE["now"] = "backprop"
    x = torch.tensor(images, requires_grad=True)
    maps = last_output(theirs, layer, x)[1]
    largest = int(maps.detach().sum(0).argmax())
    k, *place = (int(i) for i in np.unravel_index(largest, maps.shape[1:]))
    for score_of_unit, unit in (
        (maps[:, k].mean((1, 2)), techniques.Unit(layer, k)),
        (maps[(slice(None), k, *place)], techniques.Unit(layer, k, tuple(place))),
    ):
        (g,) = torch.autograd.grad(score_of_unit.sum(), x, retain_graph=True)
        near(techniques.backprop(ours, images, unit).gradient, g)
    x = torch.tensor(images, requires_grad=True)
    scores = theirs(x)
    (g,) = torch.autograd.grad((scores[:, 0] - scores[:, 4]).sum(), x)
    near(techniques.backprop(ours, images, lambda y: y[:, 0] - y[:, 4]).gradient, g)


def segmenting(nn):
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.ConvTranspose2d(6, 4, 2, stride=2),
    )  # fmt: skip


def test_a_pixel_of_a_segmentation_network():
    def pixel(maps):
        return maps[:, 1, 2, 5]

    torch.manual_seed(1)
    theirs, ours = segmenting(TORCH).double(), segmenting(layers).double()
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    images = np.random.default_rng(2).normal(size=(2, 3, 6, 8))
    RULE["now"] = "guided_backprop"
    x = torch.tensor(images, requires_grad=True)
    (g,) = torch.autograd.grad(pixel(theirs(x)).sum(), x)
    near(techniques.guided_backprop(ours, images, pixel).gradient, g)
    maps, g = maps_and_gradient(theirs, "1", images, pixel)
    raw = (g.mean((2, 3), keepdim=True) * maps).sum(1).clamp(min=0)
    near(techniques.grad_cam(ours, images, pixel, "1").map, enlarged(raw, images))
