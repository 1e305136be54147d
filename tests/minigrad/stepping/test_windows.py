"""Inside a kernel: window by window to what the reference loop computes, and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from minigrad.stepping import Stepper, example, recording

IMAGE = np.array([[120.0, 150, 120], [100, 50, 110], [25, 25, 10]])[None, None]


def walk_through(walk):
    """Step over every window, back to the start and again to the end; the result."""
    start = walk.result.copy()
    while walk.next():
        pass
    end = walk.output.copy()
    while walk.back():
        pass
    np.testing.assert_array_equal(walk.result, start)
    walk.go(len(walk))
    np.testing.assert_array_equal(walk.output, end)
    return end


@st.composite
def sliding(draw):
    """The settings of a convolution that fits its image."""
    kernel = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    options = {
        "stride": draw(st.tuples(st.integers(1, 3), st.integers(1, 2))),
        "padding": draw(st.tuples(st.integers(0, 2), st.integers(0, 1))),
        "dilation": draw(st.tuples(st.integers(1, 2), st.integers(1, 2))),
    }
    return kernel, options, draw(st.sampled_from([1, 2])), draw(st.integers(0, 99))


def everything(output, operation):
    """The forward walk and the walks of all contributions of the one step of an operation."""
    with mg.kernels("reference"):
        stepper = Stepper(output)
    record = stepper.run_until(operation)
    for sent in record.contributions:
        if sent.argument != "bias":
            yield walk_through(stepper.into(sent.argument)), sent.value
    stepper.turn("forward")
    record = stepper.run_until(operation)
    yield walk_through(stepper.into()), record.output


def parameters(rng, *shapes):
    return [mg.Tensor(rng.normal(size=shape), requires_grad=True) for shape in shapes]


@given(sliding())
def test_convolution_window_by_window_is_the_kernel_bit_for_bit(settings):
    kernel, options, groups, seed = settings
    rng = np.random.default_rng(seed)
    x, weight = parameters(rng, (2, 2, 5, 6), (2, 2 // groups, *kernel))
    with recording(), mg.kernels("reference"):
        output = mg.sin(mg.conv2d(x, weight, groups=groups, **options)).sum()
    for walked, expected in everything(output, "conv2d"):
        np.testing.assert_array_equal(walked, expected, strict=True)


@given(sliding())
def test_transposed_convolution_window_by_window_is_the_kernel_bit_for_bit(settings):
    kernel, options, groups, seed = settings
    rng = np.random.default_rng(seed)
    x, weight = parameters(rng, (1, 2, 3, 4), (2, 2 // groups, *kernel))
    try:
        with recording(), mg.kernels("reference"):
            y = mg.conv_transpose2d(x, weight, groups=groups, **options)
    except ValueError:  # nothing would be left of the image
        return
    for walked, expected in everything(mg.sin(y).sum(), "conv_transpose2d"):
        np.testing.assert_array_equal(walked, expected, strict=True)


@given(st.integers(1, 3), st.integers(1, 3), st.booleans(), st.integers(0, 99))
def test_pooling_window_by_window_is_the_kernel_bit_for_bit(kernel, stride, ceil, seed):
    rng = np.random.default_rng(seed)
    (x,) = parameters(rng, (2, 2, 5, 4))
    options = {"stride": stride, "padding": kernel // 2, "ceil_mode": ceil}
    with recording(), mg.kernels("reference"):
        largest, indices = mg.max_pool2d(x, kernel, return_indices=True, **options)
        mean = mg.avg_pool2d(x, kernel, **options)
        back = mg.max_unpool2d(largest, indices, kernel, stride, kernel // 2, (5, 4))
    outputs = {"max_pool2d": largest, "avg_pool2d": mean, "max_unpool2d": back}
    for operation, output in outputs.items():
        for walked, expected in everything(mg.sin(output).sum(), operation):
            np.testing.assert_array_equal(walked, expected, strict=True)


# ---- the lecture's two examples ---------------------------------------------------------------


def test_the_lectures_stamps_and_their_running_sum():
    stepper = Stepper(example("transposed"), direction="forward")
    stepper.next()
    walk = stepper.into()
    walk.go(2)
    np.testing.assert_array_equal(walk.output[0, 0, :2], [[120, 30, -150, 0], [240, 60, -300, 0]])
    assert "−120 + 150 = 30, −240 + 300 = 60" in walk.window.sentence
    np.testing.assert_array_equal(walk.window.terms["stamp"], [[[150, -150], [300, -300]]])
    walk.go(len(walk))
    np.testing.assert_array_equal(
        walk.output[0, 0],
        [[120, 30, -30, -120], [340, 10, 0, -350], [225, -100, 105, -230], [50, 0, -30, -20]],
    )


def test_the_lectures_unpooling_remembers_positions_and_sums_what_meets():
    stepper = Stepper(example("unpooling"), direction="forward")
    stepper.next()
    walk = stepper.into()
    assert "remembered: position 1 (row 0, column 1)" in walk.next().sentence
    stepper.run_until("max_unpool2d")
    walk = stepper.into()
    walk.go(2)
    assert walk.window.sentence.endswith("300 + 450 = 750")
    walk.go(4)
    np.testing.assert_array_equal(walk.output[0, 0], [[0, 750, 0], [100, 0, 250], [0, 0, 0]])


# ---- moving and refusing ----------------------------------------------------------------------


def test_next_and_back_move_inside_until_out():
    stepper = Stepper(example("convolution"))
    stepper.run_until("conv2d")
    walk = stepper.into("weight")
    assert stepper.next() is walk.window is stepper.window
    assert stepper.window.reads["ȳ"] == [(0, 0, 0, 0)]
    assert stepper.back() is None and stepper.window is None
    assert stepper.out().operation == "conv2d" and stepper.walk is None


def test_what_has_no_windows_says_what_has():
    stepper = Stepper(example("scalar"))
    with pytest.raises(ValueError, match="next"):
        stepper.into()
    stepper.next()
    with pytest.raises(ValueError, match="no windows in add: one can go into avg_pool2d, conv2d"):
        stepper.into()


def test_an_input_that_the_tape_did_not_keep_is_named():
    x = mg.Tensor(IMAGE, requires_grad=True)
    output = mg.max_pool2d(x + 1.0, 2, stride=1).sum()
    stepper = Stepper(output, direction="forward")
    stepper.run_until("max_pool2d")
    with pytest.raises(ValueError, match="did not keep 'x' of max_pool2d"):
        stepper.into()


def test_nan_is_remembered_where_it_stands():
    image = IMAGE.copy()
    image[0, 0, 1, 1] = np.nan
    x = mg.Tensor(image, requires_grad=True)
    stepper = Stepper(mg.max_pool2d(x, 2, stride=1).sum(), direction="forward")
    stepper.next()
    walk = stepper.into()
    walk.go(4)
    assert np.isnan(walk.output).all()
    assert walk.window.remembered == [(0, 0, 1, 1)]
