"""A small network and a few images for every test of a technique."""

import matplotlib
import numpy as np
import pytest

import layers
import minigrad as mg

matplotlib.use("Agg")


class Small(layers.Module):
    """Two convolutions, one ReLU as a module used twice and one as a function, batch norm."""

    def __init__(self):
        super().__init__()
        self.first = layers.Conv2d(3, 4, 3, padding=1, rng=0)
        self.norm = layers.BatchNorm2d(4)
        self.second = layers.Conv2d(4, 5, 3, rng=1)
        self.relu = layers.ReLU()
        self.hidden = layers.Linear(5 * 5 * 3, 8, rng=2)
        self.output = layers.Linear(8, 6, rng=3)

    def forward(self, x):
        x = self.relu(self.norm(self.first(x)))
        x = self.relu(self.second(x))
        return self.output(mg.relu(self.hidden(x.reshape(len(x), 5 * 5 * 3))))


@pytest.fixture
def network():
    return Small().double()


@pytest.fixture
def images():
    return np.random.default_rng(4).uniform(size=(3, 3, 7, 5))
