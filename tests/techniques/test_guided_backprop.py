"""The three rules, against the same network written out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import layers
import minigrad as mg
from techniques import backprop, deconvnet, guided_backprop, guided_grad_cam

RULES = {
    backprop: lambda g, x: g * (x > 0),
    deconvnet: lambda g, x: np.maximum(g, 0),
    guided_backprop: lambda g, x: np.maximum(g, 0) * (x > 0),
}


def weights(seed):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in [(12, 9), (9, 8), (8, 4)]]


def functional(matrices):
    def model(x):
        x = x.reshape(len(x), 12)
        for matrix in matrices[:-1]:
            x = mg.relu(x @ matrix)
        return x @ matrices[-1]

    return model


def modular(matrices):
    """The same with modules: one ReLU, used twice."""
    relu = layers.ReLU()
    model = layers.Sequential(layers.Flatten())
    for i, matrix in enumerate(matrices):
        linear = layers.Linear(*matrix.shape, bias=False)
        linear.weight.data = matrix.T.copy()
        model.extend([linear, relu][: 2 if i < 2 else 1])
    return model


@pytest.mark.parametrize("build", [functional, modular])
@pytest.mark.parametrize("technique", RULES, ids=lambda technique: technique.__name__)
@given(seed=st.integers(0, 10**6))
def test_rule_is_applied_at_every_relu(build, technique, seed):
    matrices = weights(seed)
    images = np.random.default_rng(seed + 1).normal(size=(3, 2, 3, 2))
    classes = np.array([3, 0, 1])
    rule = RULES[technique]
    first = images.reshape(3, 12) @ matrices[0]
    second = np.maximum(first, 0) @ matrices[1]
    g = rule(matrices[2].T[classes], second) @ matrices[1].T
    expected = (rule(g, first) @ matrices[0].T).reshape(images.shape)
    result = technique(build(matrices), images, classes)
    assert np.allclose(result.gradient, expected)
    assert (result.target == classes).all()


def test_the_ordinary_rule_is_back_afterwards(network, images):
    before = backprop(network, images, 1).gradient
    guided = guided_backprop(network, images, 1).gradient
    with pytest.raises(ValueError):
        deconvnet(network, images, 77)
    assert np.array_equal(backprop(network, images, 1).gradient, before)
    assert not np.allclose(before, guided)


def test_other_activations_and_pools_keep_their_rules(images):
    model = layers.Sequential(
        layers.Conv2d(3, 4, 3, rng=0), layers.LeakyReLU(0.2), layers.MaxPool2d(2),
        layers.Tanh(), layers.Flatten(), layers.Linear(4 * 2 * 1, 5, rng=1),
    ).double()  # fmt: skip
    plain = backprop(model, images, 2).gradient
    assert np.array_equal(guided_backprop(model, images, 2).gradient, plain)
    assert np.array_equal(deconvnet(model, images, 2).gradient, plain)


def test_variants_differ(network, images):
    results = [technique(network, images, 0) for technique in RULES]
    results.append(guided_grad_cam(network, images, 0, "second"))
    assert len({result.variant for result in results}) == 4
