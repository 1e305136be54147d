"""Networks written once for both sides: `nn` is `layers` or `torch.nn`, which agree on names."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any
from zlib import crc32

import numpy as np


def fill(key: str, array: np.ndarray) -> np.ndarray:
    """Overwrite a parameter with values that depend on its name and shape alone, after He."""
    if array.ndim > 1:
        rng = np.random.default_rng(crc32(key.encode()))
        rng.standard_normal(out=array, dtype=array.dtype)
        array *= np.sqrt(2 / array[0].size).astype(array.dtype)
    elif array.ndim == 1:
        array[...] = 0 if key.endswith(("bias", "mean")) else 1
    return array


def labels(*shape: int, classes: int = 10) -> np.ndarray:
    """Random classes."""
    return np.random.default_rng(1).integers(classes, size=shape)


def vgg16(nn: Any) -> Any:
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


def resnet18(nn: Any) -> Any:
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


def unet(nn: Any, concatenate: Callable, classes: int = 10, base: int = 16, depth: int = 4) -> Any:
    """U-Net with batch norm: down by pooling, up by transposed convolution, and across."""

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
            kept = []
            for block in self.down:
                x = block(self.pool(x) if kept else x)
                kept.append(x)
            for i in reversed(range(depth)):
                x = self.across[i](concatenate([kept[i], self.up[i](x)], 1))
            return self.head(x)

    return UNet()
