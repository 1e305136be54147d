"""Capturing activations by name."""

import threading

import numpy as np
import pytest

import layers
import minigrad as mg

X = np.ones((2, 3), np.float32)


def network():
    return layers.Sequential(
        layers.Linear(3, 4, rng=0), layers.Sequential(layers.ReLU(), layers.Linear(4, 4, rng=1))
    )


def test_captured_activations_are_on_the_tape():
    model = network()
    with layers.capture(model, "0") as activations:
        score = (model(X) * 2).sum()
    (gradient,) = mg.grad(score, [activations["0"]])
    hidden = activations["0"].data
    expected = (np.full((2, 4), 2, np.float32) @ model[1][1].weight.data) * (hidden > 0)
    assert np.allclose(gradient.data, expected)


def test_modules_may_be_named_or_given():
    model = network()
    with layers.capture(model, model[1][0], "1") as activations:
        y = model(X)
    assert set(activations) == {"1.0", "1"} and len(activations) == 2
    assert activations[model[1][0]] is activations["1.0"]
    assert activations["1"] is y


def test_without_names_all_modules_are_captured():
    with layers.capture(network()) as activations:
        network()(X)
        assert len(activations) == 0
    model = network()
    with layers.capture(model) as activations:
        model(X)
    assert list(activations) == ["", "0", "1", "1.0", "1.1"]


def test_a_module_called_twice_keeps_the_last_and_lists_all():
    layer = layers.Linear(3, 3, rng=0)
    model = layers.Sequential(layer, layer)
    with layers.capture(model, "1") as activations:
        y = model(X)
    assert activations["1"] is y and len(activations.all("1")) == 2


def test_an_unknown_name_lists_near_ones():
    with pytest.raises(ValueError, match=r"'1\.3'; did you mean .*'1\.1'"):
        layers.capture(network(), "1.3").__enter__()
    with pytest.raises(ValueError, match="not a part"):
        layers.capture(network(), layers.ReLU()).__enter__()
    with pytest.raises(TypeError, match="function"):
        layers.capture(lambda x: x, "0").__enter__()


def test_a_function_around_a_network_is_captured_by_its_modules():
    model = network()
    with layers.capture(lambda x: model(x / 2), model[0]) as activations:
        (lambda x: model(x / 2))(X)
    assert activations[model[0]].shape == (2, 4)


def test_a_layer_that_was_not_called_or_not_captured_is_a_key_error():
    with layers.capture(network(), "0") as activations:
        pass
    assert "0" not in activations
    with pytest.raises(KeyError, match="not been called"):
        activations["0"]
    with pytest.raises(KeyError, match="not captured"):
        activations["1"]


def test_capturing_ends_with_the_block_also_after_an_exception():
    model = network()
    with pytest.raises(KeyboardInterrupt), layers.capture(model, "0") as activations:
        model(X)
        raise KeyboardInterrupt
    model(X)
    assert len(activations.all("0")) == 1


def test_captures_nest():
    model = network()
    with layers.capture(model, "0") as outer:
        with layers.capture(model, "0", "1") as inner:
            model(X)
        model(X)
    assert len(outer.all("0")) == 2 and len(inner.all("0")) == 1


def test_calls_in_other_threads_are_not_captured():
    model = network()
    with layers.capture(model, "0") as activations:
        thread = threading.Thread(target=model, args=(X,))
        thread.start()
        thread.join()
    assert activations.all("0") == []
