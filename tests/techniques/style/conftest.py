"""A small network and two small pictures to paint with."""

import numpy as np
import pytest

import layers


@pytest.fixture
def network():
    return layers.Sequential(
        layers.Conv2d(3, 6, 3, padding=1, rng=0),
        layers.ReLU(),
        layers.MaxPool2d(2),
        layers.Conv2d(6, 8, 3, padding=1, rng=1),
        layers.ReLU(),
        layers.Flatten(),
        layers.Linear(8 * 36, 4, rng=2),
    )


@pytest.fixture
def content():
    y, x = np.mgrid[0:12, 0:12] / 12
    return np.stack([x, y, (x > 0.5) * 1.0]).astype(np.float32)


@pytest.fixture
def style():
    waves = np.sin(np.arange(300) * 0.9).reshape(3, 10, 10)
    return (0.5 + 0.4 * waves).astype(np.float32)
