"""A pickle of a batch gives data and runs nothing."""

import builtins
import collections
import os
import pickle
import pickletools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from techniques.data.batch_pickle import load_batch_pickle

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
protocols = st.integers(0, pickle.HIGHEST_PROTOCOL)
dtypes = st.sampled_from(["?", "u1", "i1", "<i4", ">i4", ">u2", "<f4", ">f8", "f2"])


@given(value=plain, protocol=protocols)
def test_plain_data_comes_back(value, protocol):
    assert load_batch_pickle(pickle.dumps(value, protocol), "batch") == value


@given(
    array=dtypes.flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0))),
    fortran=st.booleans(),
    protocol=protocols,
)
def test_arrays_come_back(array, fortran, protocol):
    array = np.asfortranarray(array) if fortran and array.ndim else array
    result = load_batch_pickle(pickle.dumps({"data": array}, protocol), "batch")["data"]
    assert result.dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(result, array)


class Payload:
    """Calls a function of the attacker's choice when it is unpickled."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("place", [lambda p: p, lambda p: {"data": p}, lambda p: [(1, p)]])
def test_a_payload_does_not_run(tmp_path, protocol, place):
    witness = tmp_path / "witness"
    raw = pickle.dumps(place(Payload(os.system, f"touch {witness}")), protocol)
    with pytest.raises(ValueError, match=r"batch asks for (posix|nt)\.system"):
        load_batch_pickle(raw, "batch")
    assert not witness.exists()
    pickle.loads(raw)
    assert witness.exists()  # the payload was a real one


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (builtins.eval, r"\.eval"),
        (collections.OrderedDict(a=1), "OrderedDict"),
        (np.float64(1), "scalar"),
        (np.array([None, {}], object), "dtype O8"),
        (np.zeros(2, [("a", "i4")]), "dtype V4"),
        (np.zeros(2, complex), "dtype c16"),
        (np.array(["text"]), "dtype U4"),
        ({1, 2}, "set"),
        (np.ndarray.__add__, "getattr"),
    ],
)
def test_what_is_no_plain_data_is_refused_by_name(value, named):
    with pytest.raises(ValueError, match=named):
        load_batch_pickle(pickle.dumps(value), "batch")


@pytest.mark.parametrize(
    "raw",
    [
        b"cnumpy\ndtype\n.",
        b"cnumpy\ndtype\n}U\x01aK\x01sb.",
        b"cnumpy\ndtype\n(U\x01|tR.",
        b"cnumpy.core.multiarray\n_reconstruct\n)R.",
        b"cnumpy.core.multiarray\n_reconstruct.__self__\n.",
        b"\x80\x04\x8c\x05numpy\x8c\x0edtype.__init__\x93.",
        b"Pelsewhere\n.",
        b"\x82\x01.",
        b"K\x01r\xff\xff\xff\x7f.",
        b"B\xff\xff\xff\x7f.",
        b"\x80\x63N.",
    ],
)
def test_crafted_programs_end_in_a_value_error(raw):
    with pytest.raises(ValueError, match="batch"):
        load_batch_pickle(raw, "batch")


def test_an_array_must_have_as_many_bytes_as_its_shape_says():
    raw = pickle.dumps(np.arange(6, dtype=np.uint8), 2).replace(b"K\x06\x85", b"K\x07\x85")
    assert any(opcode.name == "TUPLE1" for opcode, *_ in pickletools.genops(raw))
    with pytest.raises(ValueError, match=r"\(7,\) and uint8 has 6 bytes"):
        load_batch_pickle(raw, "batch")


@given(raw=st.binary(max_size=80))
def test_noise_is_data_or_a_value_error(raw):
    try:
        load_batch_pickle(raw + b".", "batch")
    except ValueError as error:
        assert "batch" in str(error)


@given(data=st.data())
def test_a_damaged_batch_is_data_or_a_value_error(data):
    raw = bytearray(pickle.dumps({"data": np.arange(4, dtype=np.int32), "labels": [1, 2]}))
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        load_batch_pickle(bytes(raw), "batch")
    except ValueError as error:
        assert "batch" in str(error)
