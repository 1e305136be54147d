"""Convolution layers compute with the parameters they have now, however those were changed."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import layers
import minigrad as mg

RNG = np.random.default_rng(0)
IMAGES, MAPS = RNG.normal(size=(1, 36, 16, 17)), RNG.normal(size=(1, 40, 16, 17))


def network():
    """A convolution, and its namesake in the other direction."""
    return layers.Sequential(
        layers.Conv2d(36, 40, 3, padding=1, rng=0), layers.ConvTranspose2d(40, 36, 3, 1, 1, rng=1)
    )


def results(function, images, cotangent):
    """What comes out, and the gradient to what goes in."""
    images = mg.Tensor(images, requires_grad=True)
    y = function(images)
    return y.data, mg.grad(y, images, cotangent)[0].data


def assert_up_to_date(model):
    """Nothing is kept of a weight in double precision, and it says what is right."""
    # What the parameters are is asked last: being asked could make a layer look at them again.
    images, maps = IMAGES.astype(np.float32), MAPS.astype(np.float32)
    found = [results(model[0], images, maps), results(model[1], maps, images)]
    with mg.no_grad():
        found.append([model[0](images).data])
    weights, biases = zip(
        *[[p.data.astype(float) for p in (layer.weight, layer.bias)] for layer in model],
        strict=True,
    )
    first = results(lambda x: mg.conv2d(x, weights[0], biases[0], 1, 1), IMAGES, MAPS)
    second = results(lambda x: mg.conv_transpose2d(x, weights[1], biases[1], 1, 1), MAPS, IMAGES)
    for several, exact in zip(found, (first, second, first[:1]), strict=True):
        for one, expected in zip(several, exact, strict=True):
            np.testing.assert_allclose(one, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def write_to_the_data(model):
    model[0].weight.data[1, 2, 0, 1] += 1
    model[1].weight.data *= -1.5


def write_to_what_was_handed_out(model):
    arrays = [layer.weight.data for layer in model]
    assert_up_to_date(model)
    for array in arrays:
        array[1, 2:4] += 1


def assign_the_data(model):
    for layer in model:
        layer.weight.data = np.flip(layer.weight.data, 0)


def write_to_what_was_assigned(model):
    array = model[0].weight.data + 1
    model[0].weight.data = array
    assert_up_to_date(model)
    array[...] = 0.1 - array


def load(model):
    model.load_state_dict({k: np.roll(array, 1) for k, array in model.state_dict().items()})


def initialise(model):
    for layer in model:
        layers.init.kaiming_normal_(layer.weight, rng=model[0].weight.data.size)


def exchange_the_weights(model):
    first, second = (layer.weight for layer in model)
    model[0].weight, model[1].weight = second, first


def make_new_parameters(model):
    for i, layer in enumerate(model):
        layer.weight = layers.Parameter(np.flip(layer.weight.data, i))


def freeze(model):
    for layer in model:
        layer.weight.requires_grad = not layer.weight.requires_grad


def take_steps(name, **options):
    def change(model):
        optimizer = getattr(layers.optim, name)(model.parameters(), **options)

        def closure():
            assert_up_to_date(model)
            optimizer.zero_grad()
            loss = (model(IMAGES.astype(np.float32)) ** 2).mean()
            loss.backward()
            return loss

        for _ in range(2):
            optimizer.step(closure)

    change.__name__ = f"take_steps_of_{name}"
    return change


CHANGES = (
    write_to_the_data, write_to_what_was_handed_out, assign_the_data, write_to_what_was_assigned,
    load, initialise, exchange_the_weights, make_new_parameters, freeze,
    take_steps("SGD", lr=0.01, momentum=0.9), take_steps("Adam", lr=0.01),
    take_steps("AdamW", lr=0.01), take_steps("RMSprop", lr=0.001),
    take_steps("LBFGS", lr=0.1, max_iter=2),
)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=5))
def test_a_changed_parameter_is_seen_by_the_next_call(changes):
    model = network()
    assert_up_to_date(model)
    for change in changes:
        change(model)
        assert_up_to_date(model)
