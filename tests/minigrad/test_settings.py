"""What a ``with`` changes and restores: recording, anomaly detection, the kernels."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import minigrad as mg
from minigrad import settings


def leaf(*values):
    return mg.Tensor(np.array(values), requires_grad=True)


# ---- no_grad ----------------------------------------------------------------------------------


def test_nothing_is_recorded_without_gradients():
    x = leaf(1.0)
    with mg.no_grad():
        y = x * 2
        assert not y.requires_grad and y.node is None
    assert (x * 2).requires_grad


def test_no_grad_decorates_a_function():
    @mg.no_grad()
    def double(x):
        return x * 2

    assert not double(leaf(1.0)).requires_grad
    assert not double(leaf(1.0)).requires_grad


@pytest.mark.parametrize("context", [
    mg.no_grad, mg.detect_anomaly, lambda: mg.kernels("reference"),
    lambda: mg.backward_rules(relu=lambda g: g),
])  # fmt: skip
def test_an_exception_restores_what_was_in_force(context):
    before = settings.current()
    with pytest.raises(KeyError), context():
        assert settings.current() != before
        raise KeyError
    assert settings.current() is before


# ---- detect_anomaly ---------------------------------------------------------------------------


def here(above=1):
    """The place so many lines above the call."""
    return f"test_settings.py:{sys._getframe(1).f_lineno - above}"


@pytest.mark.parametrize("recorded", [True, False])
def test_the_first_value_that_is_not_finite_is_named_with_its_line(recorded):
    x = mg.Tensor([1.0, -1.0], requires_grad=recorded)
    with mg.detect_anomaly(), np.errstate(all="ignore"), pytest.raises(mg.NonFiniteError) as error:
        np.exp(np.sqrt(x))
    assert "sqrt made 1 non-finite value(s), the first nan at index (1,)" in str(error.value)
    assert f"recorded at {here(above=2)}" in str(error.value)


def test_a_gradient_that_is_not_finite_is_named_with_the_line_that_recorded_it():
    x = leaf(0.0, 4.0)
    y = np.sqrt(x)
    line = here()
    with mg.detect_anomaly(), np.errstate(all="ignore"), pytest.raises(mg.NonFiniteError) as error:
        y.sum().backward()
    assert "gradient of sqrt to x has 1 non-finite value(s), the first inf" in str(error.value)
    assert line in str(error.value)
    assert x.grad is None


def test_without_anomaly_detection_nothing_stops():
    x = leaf(0.0)
    with np.errstate(all="ignore"):
        np.sqrt(x).backward()
    assert np.isinf(x.grad).all()


# ---- kernels ----------------------------------------------------------------------------------


def test_the_kernels_can_be_switched():
    x, w = np.ones((1, 1, 3, 3)), np.ones((1, 1, 2, 2))
    with mg.kernels("reference"):
        assert settings.current().kernel_set == "reference"
        slow = mg.conv2d(x, w)
    np.testing.assert_array_equal(mg.conv2d(x, w), slow)


def test_unknown_kernels_are_refused():
    with pytest.raises(ValueError, match=r"'fast'.*compiled, reference"), mg.kernels("fast"):
        pass
