"""FGSM, PGD and DeepFool as plain loops in PyTorch, on the same weights."""

import numpy as np
import pytest

import layers
from techniques.attacks import deepfool, fgsm, pgd

torch = pytest.importorskip("torch")

CONVOLUTION, LINEAR = (5, 3, 3, 3), (4, 5 * 36)


@pytest.fixture
def ours_and_theirs():
    rng = np.random.default_rng(0)
    state = {
        "0.weight": rng.normal(size=CONVOLUTION) / 5,
        "0.bias": rng.normal(size=5) / 5,
        "3.weight": rng.normal(size=LINEAR) / 5,
        "3.bias": rng.normal(size=4) / 5,
    }
    ours = layers.Sequential(
        layers.Conv2d(3, 5, 3), layers.Tanh(), layers.Flatten(), layers.Linear(5 * 36, 4)
    ).double()
    ours.load_state_dict(state)
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(3, 5, 3), torch.nn.Tanh(), torch.nn.Flatten(), torch.nn.Linear(5 * 36, 4)
    ).double()
    theirs.load_state_dict({name: torch.from_numpy(array) for name, array in state.items()})
    return ours, theirs


@pytest.fixture
def images():
    return np.random.default_rng(1).uniform(0.2, 0.8, size=(6, 3, 8, 8))


LABELS = np.array([0, 1, 2, 3, 0, 1])


def torch_gradient(model, x):
    x = x.clone().requires_grad_()
    torch.nn.functional.cross_entropy(model(x), torch.from_numpy(LABELS)).backward()
    return x.grad


def test_fgsm(ours_and_theirs, images):
    ours, theirs = ours_and_theirs
    x = torch.from_numpy(images)
    expected = (x + 0.3 * torch_gradient(theirs, x).sign()).clamp(0, 1)
    assert np.allclose(fgsm(ours, images, LABELS, 0.3).images, expected.numpy(), atol=1e-12)


@pytest.mark.parametrize(("norm", "epsilon", "step"), [("linf", 0.1, 0.03), ("l2", 1.0, 0.3)])
def test_pgd(ours_and_theirs, images, norm, epsilon, step):
    ours, theirs = ours_and_theirs
    start = torch.from_numpy(images)
    x = start
    for _ in range(7):
        gradient = torch_gradient(theirs, x)
        if norm == "linf":
            x = torch.max(torch.min(x + step * gradient.sign(), start + epsilon), start - epsilon)
        else:
            length = gradient.flatten(1).norm(dim=1)[:, None, None, None]
            change = x + step * gradient / length - start
            x = start + change.flatten(1).renorm(2, 0, epsilon).reshape(x.shape)
        x = x.clamp(0, 1)
    result = pgd(ours, images, LABELS, epsilon, step, steps=7, norm=norm, random_start=False)
    assert np.allclose(result.images, x.numpy(), atol=1e-6)


def torch_deepfool(model, image, overshoot):
    """One image, class by class; the label is the predicted one."""
    label = int(model(image[None]).argmax())
    total = torch.zeros_like(image)
    for _ in range(50):
        x = (image + total).requires_grad_()
        scores = model(x[None])[0]
        gradients = [torch.autograd.grad(score, x, retain_graph=True)[0] for score in scores]
        steps = []
        for k in range(4):
            if k != label:
                normal = gradients[k] - gradients[label]
                away = abs(float((scores[k] - scores[label]).detach())) / float(normal.norm())
                steps.append((away, away * normal / normal.norm()))
        total = total + min(steps, key=lambda step: step[0])[1].detach()
        attacked = (image + (1 + overshoot) * total).clamp(0, 1)
        if int(model(attacked[None]).argmax()) != label:
            break
    return attacked


@pytest.mark.parametrize("overshoot", [0.02, 0.5])
def test_deepfool(ours_and_theirs, images, overshoot):
    ours, theirs = ours_and_theirs
    result = deepfool(ours, images, overshoot=overshoot)
    assert result.success.all()
    for image, found in zip(images, result.images, strict=True):
        expected = torch_deepfool(theirs, torch.from_numpy(image), overshoot)
        assert np.allclose(found, expected.numpy(), atol=1e-4)
