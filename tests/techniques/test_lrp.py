"""The ε-rule, layer by layer in loops, and what becomes of the score."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import layers
import minigrad as mg
from techniques import lrp


def stabilised(z, epsilon):
    return z + epsilon * np.where(z >= 0, 1, -1)


@given(seed=st.integers(0, 10**6), epsilon=st.sampled_from([1e-3, 0.1, 1.0]))
def test_relevance_goes_back_in_the_proportion_of_what_came_in(seed, epsilon):
    rng = np.random.default_rng(seed)
    weights = [rng.normal(size=shape) for shape in [(12, 9), (9, 8), (8, 4)]]
    biases = [rng.normal(size=len(weight.T)) for weight in weights]

    def model(x):
        x = mg.relu(x.reshape(len(x), 12) @ weights[0] + biases[0])
        return mg.relu(x @ weights[1] + biases[1]) @ weights[2] + biases[2]

    image = rng.normal(size=(1, 3, 2, 2))
    inputs = [image.reshape(12)]
    for weight, bias in zip(weights[:2], biases[:2], strict=True):
        inputs.append(np.maximum(inputs[-1] @ weight + bias, 0))
    score = inputs[-1] @ weights[2] + biases[2]
    relevance = np.where(np.arange(4) == 2, score, 0)
    for x, weight, bias in zip(inputs[::-1], weights[::-1], biases[::-1], strict=True):
        z = x @ weight + bias
        below = np.zeros(len(x))
        for i in range(len(x)):
            for j in range(len(z)):
                below[i] += x[i] * weight[i, j] / stabilised(z, epsilon)[j] * relevance[j]
        relevance = below
    result = lrp(model, image, 2, epsilon=epsilon)
    np.testing.assert_allclose(result.relevance.reshape(12), relevance, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(result.map, result.relevance.sum(axis=1))


@given(seed=st.integers(0, 10**6))
def test_without_biases_nothing_is_absorbed(seed):
    rng = np.random.default_rng(seed)
    first, second = (layers.Conv2d(3, 3, 3, padding=1, bias=False, rng=rng).double() for _ in "ab")
    output = layers.Linear(3, 4, bias=False, rng=rng).double()

    def residual(x):
        x = mg.relu(first(x))
        x = mg.relu(second(x) + x)
        return output(mg.max_pool2d(x, 2).mean(axis=(2, 3)))

    images = rng.normal(size=(2, 3, 6, 4))
    result = lrp(residual, images, [0, 3], epsilon=1e-9)
    scores = residual(mg.Tensor(images)).data[[0, 1], [0, 3]]
    np.testing.assert_allclose(result.map.sum(axis=(1, 2)), scores, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(result.absorbed, 0, atol=1e-4 * np.abs(scores).max() + 1e-6)


@pytest.mark.parametrize("epsilon", [0, -1, np.nan, np.inf])
def test_a_bad_epsilon_is_named(epsilon, network, images):
    with pytest.raises(ValueError, match="epsilon must be a number above 0"):
        lrp(network, images, 0, epsilon=epsilon)
