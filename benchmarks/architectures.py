"""Networks written once for all libraries: `nn` is `layers` or `torch.nn`, which agree on names."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any
from zlib import crc32

import numpy as np

# So many random numbers fill a parameter, again and again: drawing all of VGG's takes seconds.
NUMBERS = 2**18 - 1


def fill(key: str, array: np.ndarray) -> None:
    """Overwrite a parameter with values that depend on its name and shape alone, after He."""
    if array.ndim == 1:  # a bias, or the shift or scale of a normalisation
        array[...] = 0 if key.endswith("bias") else 1
        return
    rng = np.random.default_rng(crc32(key.encode()))
    numbers = rng.standard_normal(min(array.size, NUMBERS), np.float32)
    numbers *= np.sqrt(2 / array[0].size, dtype=np.float32)
    flat = array.reshape(-1)
    for start in range(0, array.size, NUMBERS):
        part = flat[start : start + NUMBERS]
        part[...] = numbers[: part.size]


def mlp(nn: Any, concatenate: Callable) -> Any:
    """One hidden layer."""
    return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


def lenet(nn: Any, concatenate: Callable) -> Any:
    """LeNet, with the names of `layers.models.LeNet`."""
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(1, 6, 5, padding=2), relu1=nn.ReLU(), pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(6, 16, 5), relu2=nn.ReLU(), pool2=nn.MaxPool2d(2),
            flatten=nn.Flatten(), fc1=nn.Linear(400, 120), relu3=nn.ReLU(),
            fc2=nn.Linear(120, 84), relu4=nn.ReLU(), fc3=nn.Linear(84, 10),
        )
    )  # fmt: skip


def vgg16(nn: Any, concatenate: Callable) -> Any:
    """VGG-16, with the names of `layers.models.VGG`."""
    features, before = [], 3
    for channels, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            features += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU()]
            before = channels
        features.append(nn.MaxPool2d(2))
    classifier = nn.Sequential(
        nn.Linear(512 * 7 * 7, 4096), nn.ReLU(), nn.Dropout(),
        nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 1000),
    )  # fmt: skip
    return nn.Sequential(
        OrderedDict(
            features=nn.Sequential(*features),
            avgpool=nn.AdaptiveAvgPool2d((7, 7)),
            flatten=nn.Flatten(),
            classifier=classifier,
        )
    )


def resnet18(nn: Any, concatenate: Callable) -> Any:
    """ResNet-18, with the names of `layers.models.ResNet`."""

    class Block(nn.Module):
        def __init__(self, before: int, channels: int, stride: int):
            super().__init__()
            self.conv1 = nn.Conv2d(before, channels, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(channels)
            self.relu = nn.ReLU()
            self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(channels)
            self.downsample = nn.Identity()
            if stride > 1:
                shortcut = nn.Conv2d(before, channels, 1, stride, bias=False)
                self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(channels))

        def forward(self, x: Any) -> Any:
            y = self.relu(self.bn1(self.conv1(x)))
            return self.relu(self.bn2(self.conv2(y)) + self.downsample(x))

    parts = OrderedDict(
        conv1=nn.Conv2d(3, 64, 7, 2, 3, bias=False),
        bn1=nn.BatchNorm2d(64),
        relu=nn.ReLU(),
        maxpool=nn.MaxPool2d(3, 2, 1),
    )
    before = 64
    for stage, channels in enumerate((64, 128, 256, 512), start=1):
        stride = 1 if stage == 1 else 2
        blocks = Block(before, channels, stride), Block(channels, channels, 1)
        parts[f"layer{stage}"] = nn.Sequential(*blocks)
        before = channels
    parts |= OrderedDict(
        avgpool=nn.AdaptiveAvgPool2d((1, 1)), flatten=nn.Flatten(), fc=nn.Linear(512, 1000)
    )
    return nn.Sequential(parts)


def unet(nn: Any, concatenate: Callable) -> Any:
    """U-Net with batch norm: down by pooling, up by transposed convolution, and across."""
    base, depth, classes = 16, 4, 10

    def double(before: int, after: int) -> Any:
        parts = []
        for channels in (before, after):
            parts += [nn.Conv2d(channels, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
        return nn.Sequential(*parts)

    class UNet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            widths = [base * 2**i for i in range(depth + 1)]
            self.down = nn.ModuleList(map(double, [3, *widths[:-1]], widths))
            self.pool = nn.MaxPool2d(2)
            self.up = nn.ModuleList(nn.ConvTranspose2d(2 * n, n, 2, 2) for n in widths[:-1])
            self.across = nn.ModuleList(double(2 * n, n) for n in widths[:-1])
            self.head = nn.Conv2d(base, classes, 1)

        def forward(self, x: Any) -> Any:
            kept: list[Any] = []
            for block in self.down:
                x = block(self.pool(x) if kept else x)
                kept.append(x)
            for i in reversed(range(depth)):
                x = self.across[i](concatenate([kept[i], self.up[i](x)], 1))
            return self.head(x)

    return UNet()


BUILDERS = {
    "MLP": mlp,
    "LeNet": lenet,
    "U-Net": unet,
    "VGG-16": vgg16,
    "ResNet-18": resnet18,
}

# In the features of VGG-16: the last relu before each pooling, up to relu4_3.
STYLE_LAYERS = (3, 8, 15, 22)


def _maps_and_grams(features: Any, x: Any) -> list[tuple[Any, Any]]:
    kept: list[tuple[Any, Any]] = []
    for i, layer in enumerate(features):
        x = layer(x)
        if i in STYLE_LAYERS:
            rows = x.reshape(x.shape[1], -1)
            kept.append((x, rows @ rows.T / (rows.shape[0] * rows.shape[1])))
    return kept


def style_targets(features: Any, image: Any) -> list[tuple[Any, Any]]:
    """What `style_loss` compares with: maps and Gram matrices of one image."""
    return _maps_and_grams(features, image)


def style_loss(features: Any, x: Any, targets: list[tuple[Any, Any]]) -> Any:
    """Squared differences of all Gram matrices and of the deepest maps."""
    kept = _maps_and_grams(features, x)
    content = ((kept[-1][0] - targets[-1][0]) ** 2).mean()
    return (
        sum(((gram - goal) ** 2).sum() for (_, gram), (_, goal) in zip(kept, targets, strict=True))
        + content
    )
