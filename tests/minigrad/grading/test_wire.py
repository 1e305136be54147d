"""Frames carry arrays unchanged, and no other bytes are taken for one."""

from __future__ import annotations

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minigrad.grading.sandbox.wire import DTYPES, Decoder, WireError, encode

ARRAYS = hnp.arrays(st.sampled_from(DTYPES).map(np.dtype), hnp.array_shapes(min_dims=0, min_side=0))
LEAVES = ARRAYS | st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


def same(a, b):
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return type(a) is type(b) and a == b


@given(VALUES, st.integers(1, 50))
def test_a_value_comes_back_as_it_was_in_pieces_of_any_size(value, size):
    frame = encode({"number": 7}, value)
    decoder = Decoder(1 << 20)
    pieces = [frame[i : i + size] for i in range(0, len(frame), size)]
    messages = [decoder.feed(piece) for piece in pieces]
    assert messages[:-1] == [None] * (len(pieces) - 1)
    assert messages[-1].fields == {"number": 7}
    assert same(value, messages[-1].value)


@given(st.binary(max_size=200))
def test_garbage_is_an_error_or_incomplete_and_nothing_else(data):
    decoder = Decoder(1000)
    with contextlib.suppress(WireError):
        assert decoder.feed(data) is None


@given(VALUES, st.data())
def test_a_damaged_frame_is_no_other_error(value, data):
    frame = bytearray(encode({}, value))
    frame[data.draw(st.integers(0, len(frame) - 1))] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(WireError):
        Decoder(1 << 20).feed(bytes(frame))


def framed(value, arrays, data=b""):
    header = json.dumps({"fields": {}, "value": value, "arrays": arrays}).encode()
    return len(header).to_bytes(8, "little") + header + data


@pytest.mark.parametrize(
    "array",
    [
        {"dtype": "object", "shape": [1], "nbytes": 8},
        {"dtype": "float64", "shape": [-1], "nbytes": -8},
        {"dtype": "float64", "shape": [2], "nbytes": 8},
        {"dtype": "float64", "shape": [True], "nbytes": 8},
        {"dtype": "float64", "shape": [1] * 9, "nbytes": 8},
        {"dtype": "float64", "shape": [1 << 39, 1 << 39], "nbytes": 1 << 81},
        {"dtype": "float64", "shape": [1000], "nbytes": 8000},
        {"dtype": ["f8"], "shape": [1], "nbytes": 8},
        ["float64", [1], 8],
    ],
)
def test_an_array_that_is_not_plain_or_too_large_is_refused_before_its_bytes_come(array):
    with pytest.raises(WireError):
        Decoder(1000).feed(framed({"array": 0}, [array]))


def test_bytes_after_the_frame_are_an_error():
    with pytest.raises(WireError, match="after the end"):
        Decoder(1000).feed(encode({}, 1) + b"x")


@pytest.mark.parametrize("value", [object(), {1: 2}, np.array([None]), np.array(["a"]), print])
def test_what_is_no_array_is_not_sent(value):
    with pytest.raises(WireError):
        encode({}, value)
