"""Initial values: their spread, their seeds, their errors."""

import math

import numpy as np
import pytest

import layers
import minigrad as mg
from layers import init

SHAPE = (64, 32, 3, 5)
FAN_IN, FAN_OUT = 32 * 15, 64 * 15


def drawn(function, *args, dtype=np.float32, **kwargs):
    parameter = layers.Parameter(np.zeros(SHAPE, dtype))
    assert function(parameter, *args, rng=0, **kwargs) is parameter
    assert parameter.dtype == dtype and parameter.shape == SHAPE
    return parameter.data


DEVIATIONS = [
    (init.kaiming_uniform_, {}, math.sqrt(2 / FAN_IN)),
    (init.kaiming_normal_, {"mode": "fan_out", "nonlinearity": "relu"}, math.sqrt(2 / FAN_OUT)),
    (init.kaiming_uniform_, {"a": 1.0}, math.sqrt(1 / FAN_IN)),
    (init.xavier_uniform_, {"gain": 3}, 3 * math.sqrt(2 / (FAN_IN + FAN_OUT))),
    (init.xavier_normal_, {}, math.sqrt(2 / (FAN_IN + FAN_OUT))),
    (init.normal_, {"std": 0.5}, 0.5),
    (init.uniform_, {"a": -2, "b": 2}, 4 / math.sqrt(12)),
]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize(("function", "options", "deviation"), DEVIATIONS)
def test_values_have_the_published_spread(function, options, deviation, dtype):
    values = drawn(function, dtype=dtype, **options).astype(float)
    assert math.isclose(values.std(), deviation, rel_tol=0.02)
    assert abs(values.mean()) < 0.02 * deviation
    if "uniform" in function.__name__:
        assert np.abs(values).max() <= deviation * math.sqrt(3) * 1.001
    else:
        assert np.abs(values).max() > 3 * deviation


def test_normal_values_have_the_mean_asked_for():
    assert math.isclose(drawn(init.normal_, 5.0, 0.1).mean(), 5, rel_tol=0.01)


def test_constants():
    parameter = layers.Parameter(np.empty((2, 3), np.float32))
    assert (init.ones_(parameter).data == 1).all()
    assert (init.zeros_(parameter).data == 0).all()
    assert (init.constant_(parameter, 0.5).data == 0.5).all()


def test_a_tape_keeps_the_values_it_has_seen():
    weight = layers.Parameter([3.0])
    x = mg.Tensor([1.0], requires_grad=True)
    y = (x * weight).sum()
    init.constant_(weight, 100)
    y.backward()
    assert x.grad.tolist() == [3.0]


def test_the_same_seed_gives_the_same_network_and_another_seed_another():
    def first_weight(rng):
        return layers.models.LeNet(rng=rng).conv1.weight.data

    assert np.array_equal(first_weight(0), first_weight(0))
    assert not np.array_equal(first_weight(0), first_weight(1))
    assert not np.array_equal(first_weight(None), first_weight(None))


def test_a_generator_is_drawn_from_once_for_each_layer():
    rng = np.random.default_rng(0)
    first, second = layers.Linear(3, 3, rng=rng), layers.Linear(3, 3, rng=rng)
    assert not np.array_equal(first.weight.data, second.weight.data)


def test_bad_arguments_are_named():
    vector = layers.Parameter(np.ones(3))
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        init.kaiming_uniform_(vector)
    with pytest.raises(ValueError, match="fan_sum"):
        init.kaiming_normal_(layers.Parameter(np.ones((3, 3))), mode="fan_sum")
    with pytest.raises(ValueError, match="swish"):
        init.calculate_gain("swish")
    with pytest.raises(ValueError, match="std"):
        init.normal_(vector, std=-1)


@pytest.mark.parametrize(("function", "options", "deviation"), DEVIATIONS)
def test_the_data_of_a_parameter_are_filled_in_place(function, options, deviation):
    parameter = layers.Parameter(np.zeros((8, 4, 3, 3), np.float32))
    function(parameter.data, rng=0, **options)
    expected = function(layers.Parameter(np.zeros((8, 4, 3, 3), np.float32)), rng=0, **options)
    np.testing.assert_array_equal(parameter.data, expected.data)
