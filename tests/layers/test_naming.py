"""What modules compute bears their names."""

from __future__ import annotations

import gc
import weakref
from collections import OrderedDict

import numpy as np

import layers
import minigrad as mg


def network():
    block = OrderedDict(conv=layers.Conv2d(1, 2, 3, rng=0), relu=layers.ReLU())
    return layers.Sequential(
        OrderedDict(features=layers.Sequential(block), flat=layers.Flatten(),
                    head=layers.Linear(8, 2, rng=1))
    )  # fmt: skip


IMAGE = np.ones((1, 1, 4, 4), np.float32)


def names(output):
    return [node.name for node in mg.tape(output)]


def test_nodes_bear_the_dotted_names_of_the_modules():
    with layers.naming():
        output = network()(IMAGE)
    assert names(output) == ["features.conv", "features.relu", "flat", "head"]


def test_parameters_bear_the_names_of_the_state_dict():
    model = network()
    with layers.naming():
        model(IMAGE)
    assert [p.name for p in model.parameters()] == list(model.state_dict())


def test_a_module_that_is_called_twice_names_both():
    relu = layers.ReLU()
    with layers.naming():
        output = layers.Sequential(layers.Linear(3, 3, rng=0), relu, relu)(np.ones((1, 3)))
    assert names(output) == ["0", "1", "1"]


def test_names_given_by_hand_are_kept():
    class Mine(layers.Module):
        def __init__(self):
            super().__init__()
            self.linear = layers.Linear(3, 3, rng=0)

        def forward(self, x):
            y = self.linear(x) * 2
            y.name = "doubled"
            return mg.relu(y)

    with layers.naming():
        output = layers.Sequential(Mine())(np.ones((1, 3)))
    assert names(output) == ["0.linear", "doubled", "0"]


def test_nothing_is_kept_alive_and_nothing_is_named_outside():
    model = network()
    with layers.naming():
        node = weakref.ref(model(IMAGE).node)
        gc.collect()
        assert node() is None
    assert names(model(IMAGE)) == [None] * 4
