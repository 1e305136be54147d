"""Style transfer beside the same losses written in PyTorch, on the same features."""

import numpy as np
import pytest

import minigrad as mg
from techniques.pretrained import load
from techniques.style import style_transfer
from techniques.style.goals import Goals

torch = pytest.importorskip("torch")
functional = torch.nn.functional

RELUS = [f"features.relu{i}" for i in range(1, 5)]


def features(weights, x):
    """The relus of the network that ships."""
    x = (x - weights["normalise.mean"]) / weights["normalise.deviation"]
    found = []
    for i in range(1, 5):
        norm = [weights[f"features.norm{i}.{key}"]
                for key in ("running_mean", "running_var", "weight", "bias")]  # fmt: skip
        x = functional.conv2d(x, weights[f"features.conv{i}.weight"], padding=1)
        x = functional.relu(functional.batch_norm(x, *norm))
        found.append(x)
        if i < 3:
            x = functional.max_pool2d(x, 2)
    return found


def gram(maps):
    rows = maps[0].flatten(1)
    return rows @ rows.T / rows.shape[1]


@pytest.fixture
def pictures():
    y, x = np.mgrid[0:24, 0:32] / 8
    content = np.stack([np.sin(x + y), np.sin(x * y), np.cos(y)]) * 0.4 + 0.5
    style = np.random.default_rng(0).uniform(size=(3, 28, 20))
    return content.astype(np.float32), style.astype(np.float32)


@pytest.fixture
def losses(pictures):
    """The total loss as a function of a picture, in PyTorch."""
    weights = {key: torch.tensor(value) for key, value in load("cifar10")[0].state_dict().items()}
    content, style = (torch.tensor(picture)[None] for picture in pictures)
    goal = features(weights, content)[2]
    grams = [gram(maps) for maps in features(weights, style)]

    def total(x):
        found = features(weights, x)
        loss = ((found[2] - goal) ** 2).mean() / (goal**2).mean()
        for maps, wanted in zip(found, grams, strict=True):
            loss = loss + 100 / 4 * ((gram(maps) - wanted) ** 2).sum() / (wanted**2).sum()
        return loss

    return total


def test_losses_and_their_gradient_are_those_of_torch(pictures, losses):
    content, style = pictures
    goals = Goals(load("cifar10")[0], 1, 100)
    goals.add_content(content[None], ["features.relu3"])
    goals.add_style([style[None]], [1.0], RELUS, [0.25] * 4)
    picture = np.random.default_rng(1).uniform(size=(1, *content.shape)).astype(np.float32)
    x, x_torch = mg.Tensor(picture, requires_grad=True), torch.tensor(picture, requires_grad=True)
    ours, theirs = sum(goals(x).values()), losses(x_torch)
    theirs.backward()
    (gradient,) = mg.grad(ours, x)
    expected = x_torch.grad.numpy()
    np.testing.assert_allclose(ours.data, theirs.item(), rtol=1e-4)
    assert np.abs(gradient.data - expected).max() < 1e-4 * np.abs(expected).max()


def test_both_arrive_at_as_low_a_loss(pictures, losses):
    content, style = pictures
    ours = style_transfer(
        load("cifar10")[0], content, style, "features.relu3", RELUS, style_weight=100, steps=40
    )
    x = torch.tensor(content)[None].requires_grad_(True)
    optimizer = torch.optim.LBFGS(
        [x], max_iter=40, max_eval=80, tolerance_grad=0, tolerance_change=0, history_size=20,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def closure():
        optimizer.zero_grad()
        loss = losses(x)
        loss.backward()
        return loss

    optimizer.step(closure)
    theirs = losses(x.detach().clamp(0, 1)).item()
    assert ours.losses.total[-1] < 1.2 * theirs
    np.testing.assert_allclose(
        ours.losses.total[-1], losses(torch.tensor(ours.image)[None]).item(), rtol=1e-3
    )
