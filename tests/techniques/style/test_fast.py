"""The network that learns one style."""

import numpy as np
import pytest

import minigrad as mg
from techniques.style import StyleNetwork, train_style_network
from techniques.style.goals import Goals

TEXTURE = ["1", "4"]


@pytest.fixture
def images():
    return np.random.default_rng(0).random((6, 3, 12, 16), np.float32)


def test_it_learns_and_what_it_minimises_is_the_loss_of_style_transfer(network, style, images):
    learner = StyleNetwork(width=4, blocks=1, rng=0)
    learner, losses = train_style_network(
        network, style, images, "4", TEXTURE, steps=40, batch_size=6, network=learner, rng=0,
        learning_rate=1e-2,
    )  # fmt: skip
    assert np.mean(losses[-5:]) < 0.5 * losses[0]
    goals = Goals(network, style_weight=10)
    goals.add_content(images[:1], ["4"])
    goals.add_style([style[None]], [1.0], TEXTURE, [0.5, 0.5])
    with mg.no_grad():
        painted = sum(float(np.asarray(term)) for term in goals(learner(images[:1])).values())
    assert painted < 0.6 * losses[0]


def test_the_same_seed_gives_the_same_network(network, style, images):
    first, again = (
        train_style_network(network, style, images, "1", "1", steps=2, rng=3)[1] for _ in range(2)
    )
    np.testing.assert_array_equal(first, again)


def test_any_size_that_4_divides_goes_through():
    learner = StyleNetwork(width=4, blocks=1, rng=0)
    y = learner(np.random.default_rng(0).random((2, 3, 12, 20), np.float32))
    assert y.shape == (2, 3, 12, 20)
    assert np.asarray(y.data).min() >= 0 and np.asarray(y.data).max() <= 1
    with pytest.raises(ValueError, match="4 must divide"):
        learner(np.zeros((1, 3, 10, 12), np.float32))


def test_the_model_that_judges_stays_as_it_is(network, style, images):
    before = network.state_dict()
    train_style_network(network, style, images, "1", "1", steps=2, rng=0)
    for name, array in network.state_dict().items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize("options", [{"steps": 0}, {"batch_size": 0}, {"style_weight": -1}])
def test_a_bad_option_is_refused(network, style, images, options):
    with pytest.raises(ValueError):
        train_style_network(network, style, images, "1", "1", **{"steps": 1, **options})
