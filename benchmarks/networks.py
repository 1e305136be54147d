"""Networks end to end: U-Net, VGG-16 and ResNet-18, float32, with the same weights twice."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

import layers
import minigrad as mg

from . import architectures
from .measure import Case, Run


def cases() -> Iterator[Case]:
    """All cases of this group."""
    for name, ours, theirs in (
        ("U-Net step, base 16, depth 4, 8x3x64²", unet_step, torch_unet_step),
        ("VGG-16 forward, 224²", vgg_forward, torch_vgg_forward),
        ("VGG-16 input gradient, 224²", vgg_gradient, torch_vgg_gradient),
        ("VGG-16 Grad-CAM, 224²", grad_cam, torch_grad_cam),
        ("style step, VGG-16 to relu4_3, 256²", style, torch_style),
    ):
        yield Case(name, ours, theirs)
    for mode in ("train", "eval"):
        ours, theirs = partial(resnet, mode == "train"), partial(torch_resnet, mode == "train")
        yield Case(f"ResNet-18 forward and backward, {mode}, 224²", ours, theirs)


def images(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def torch_filled(model: Any) -> Any:
    for key, tensor in model.state_dict().items():
        architectures.fill(key, tensor.numpy())
    return model


def vgg() -> Any:
    with layers.init.skip():
        return layers.models.VGG(16).eval()


def torch_vgg() -> Any:
    from torch import nn

    return torch_filled(architectures.vgg16(nn)).eval()


def loaded(model: Any) -> Any:
    state = {k: architectures.fill(k, np.array(a)) for k, a in model.state_dict().items()}
    model.load_state_dict(state)
    return model


def vgg_forward() -> Run:
    model, x = loaded(vgg()), mg.Tensor(images(1, 3, 224, 224))

    def run() -> Any:
        with mg.no_grad():
            return model(x)

    return run


def torch_vgg_forward() -> Run:
    import torch

    model, x = torch_vgg(), torch.from_numpy(images(1, 3, 224, 224))

    def run() -> Any:
        with torch.no_grad():
            return model(x)

    return run


def vgg_gradient() -> Run:
    model = loaded(vgg())
    x = mg.Tensor(images(1, 3, 224, 224), requires_grad=True)
    return lambda: mg.grad(model(x)[0, 3], x)[0]


def torch_vgg_gradient() -> Run:
    import torch

    model, x = torch_vgg(), torch.from_numpy(images(1, 3, 224, 224)).requires_grad_()
    return lambda: torch.autograd.grad(model(x)[0, 3], x)[0]


def grad_cam() -> Run:
    from techniques import grad_cam

    model, x = loaded(vgg()), images(1, 3, 224, 224)
    return lambda: grad_cam(model, x, 3, layer="features.29").raw


def torch_grad_cam() -> Run:
    import torch

    model, x = torch_vgg(), torch.from_numpy(images(1, 3, 224, 224))

    def run() -> Any:
        maps = x
        for layer in model.features[:30]:
            maps = layer(maps)
        scores = model.classifier(model.flatten(model.avgpool(model.features[30](maps))))
        (slope,) = torch.autograd.grad(scores[0, 3], maps)
        return (maps * slope.mean((2, 3), keepdim=True)).sum(1).relu().detach()

    return run


STYLE = (3, 8, 15, 22)  # the relu before each pooling


def style_loss(features: Any, x: Any, targets: list | None) -> Any:
    """Content and style losses, or what they compare with."""
    kept, total = [], 0
    for i, layer in enumerate(features):
        x = layer(x)
        if i in STYLE:
            maps = x.reshape(x.shape[1], -1)
            gram = maps @ maps.T / (x.shape[1] * maps.shape[1])
            kept.append((x, gram))
            if targets:
                total = total + ((gram - targets[len(kept) - 1][1]) ** 2).sum()
    if targets:
        total = total + ((x - targets[-1][0]) ** 2).mean()
    return total if targets else kept


def style() -> Run:
    features = loaded(vgg()).features[:23]
    for parameter in features.parameters():
        parameter.requires_grad = False
    with mg.no_grad():
        targets = style_loss(features, mg.Tensor(images(1, 3, 256, 256)[..., ::-1].copy()), None)
    x = mg.Tensor(images(1, 3, 256, 256), requires_grad=True)
    return lambda: mg.grad(style_loss(features, x, targets), x)[0]


def torch_style() -> Run:
    import torch

    features = torch_vgg().features[:23].requires_grad_(False)
    with torch.no_grad():
        start = torch.from_numpy(images(1, 3, 256, 256)[..., ::-1].copy())
        targets = style_loss(features, start, None)
    x = torch.from_numpy(images(1, 3, 256, 256)).requires_grad_()
    return lambda: torch.autograd.grad(style_loss(features, x, targets), x)[0]


def resnet(training: bool) -> Run:
    model = loaded(layers.models.ResNet(18)).train(training)
    x, target = mg.Tensor(images(1, 3, 224, 224)), np.array([3])

    def run() -> Any:
        model.zero_grad()
        mg.cross_entropy(model(x), target).backward()
        return model.conv1.weight.grad

    return run


def torch_resnet(training: bool) -> Run:
    import torch

    model = torch_filled(architectures.resnet18(torch.nn)).train(training)
    x, target = torch.from_numpy(images(1, 3, 224, 224)), torch.tensor([3])

    def run() -> Any:
        model.zero_grad()
        torch.nn.functional.cross_entropy(model(x), target).backward()
        return model.conv1.weight.grad

    return run


def unet_step() -> Run:
    model = loaded(architectures.unet(layers, mg.concatenate))
    optimizer = layers.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    x, labels = mg.Tensor(images(8, 3, 64, 64)), architectures.labels(8, 64, 64)

    def run() -> Any:
        optimizer.zero_grad()
        loss = mg.cross_entropy(model(x), labels)
        loss.backward()
        optimizer.step()
        return loss

    return run


def torch_unet_step() -> Run:
    import torch

    model = torch_filled(architectures.unet(torch.nn, torch.cat))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    x = torch.from_numpy(images(8, 3, 64, 64))
    labels = torch.from_numpy(architectures.labels(8, 64, 64))

    def run() -> Any:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x), labels)
        loss.backward()
        optimizer.step()
        return loss

    return run
