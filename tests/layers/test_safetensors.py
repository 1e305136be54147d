""".safetensors: exact round trips, and a header that is believed in nothing."""

import json
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import layers
from layers.weight_files import raw

DTYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", ">f4", ">i8"]
fuzzed = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(path, header, data=b"", length=None):
    """A file with this header, text or object, whatever it claims."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    length = len(text) if length is None else length
    path.write_bytes(length.to_bytes(8, "little") + text + data)
    return path


def entry(begin, end, dtype="F32", shape=(2,)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


@fuzzed
@given(
    st.dictionaries(
        st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=8),
        st.sampled_from(DTYPES).flatmap(
            lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0))
        ),
        max_size=4,
    ),
    st.booleans(),
)
def test_what_is_saved_is_loaded(tmp_path, arrays, transposed):
    if transposed:
        arrays = {name: array.T for name, array in arrays.items()}
    layers.save(arrays, tmp_path / "w.safetensors")
    loaded = layers.load(tmp_path / "w.safetensors")
    assert list(loaded) == list(arrays)
    for name, array in arrays.items():
        native = array.astype(array.dtype.newbyteorder("="))
        assert loaded[name].dtype == native.dtype and loaded[name].shape == array.shape
        assert loaded[name].tobytes() == native.tobytes()  # every NaN with its bits
        assert loaded[name].flags.writeable and loaded[name].flags.aligned


def test_the_bytes_are_those_of_the_format(tmp_path):
    path = tmp_path / "w.safetensors"
    layers.save({"a": np.array([True]), "b": np.array([[1.0, -2.0]], np.float32)}, path)
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    assert length % 8 == 0
    assert json.loads(content[8 : 8 + length]) == {
        "a": {"dtype": "BOOL", "shape": [1], "data_offsets": [8, 9]},
        "b": {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]},
    }
    assert content[8 + length :] == b"\x00\x00\x80?\x00\x00\x00\xc0\x01"


def test_a_foreign_file_is_read_with_its_metadata_left_out(tmp_path):
    header = {"__metadata__": {"format": "pt"}, "b": entry(1, 9), "a": entry(0, 1, "I8", ())}
    path = written(tmp_path / "w.safetensors", header, b"\xff" + np.float32([3, 4]).tobytes())
    loaded = layers.load(path)
    assert loaded["a"] == -1 and loaded["b"].tolist() == [3, 4] and list(loaded) == ["b", "a"]


def test_bfloat16_becomes_float32(tmp_path):
    halves = np.array([0x3F80, 0xC020, 0x7F80, 0x0001], "<u2")
    header = {"a": entry(0, 8, "BF16", (2, 2))}
    loaded = layers.load(written(tmp_path / "w.safetensors", header, halves.tobytes()))["a"]
    assert loaded.dtype == np.float32
    assert loaded.tolist() == [[1.0, -2.5], [np.inf, 2.0**-133]]


def test_a_large_file_is_mapped_and_writing_to_its_arrays_leaves_it_alone(tmp_path, monkeypatch):
    path = tmp_path / "w.safetensors"
    arrays = {"a": np.arange(1000.0), "b": np.arange(7, dtype=np.int8)}
    layers.save(arrays, path)
    before = path.read_bytes()
    monkeypatch.setattr(raw, "_MAPPED", 1000)
    loaded = layers.load(path)
    loaded["a"] += 1
    layers.save({}, path)  # takes the name, the mapped file stays
    assert np.array_equal(loaded["a"], arrays["a"] + 1)
    assert np.array_equal(loaded["b"], arrays["b"])
    layers.save(arrays, path)
    assert path.read_bytes() == before


BYTES = np.float32([1, 2, 3, 4]).tobytes()
LIES = {
    "overlapping": {"a": entry(0, 8), "liar": entry(4, 12), "b": entry(12, 16, shape=(1,))},
    "behind the end": {"a": entry(0, 8), "liar": entry(8, 24, shape=(4,))},
    "after a hole": {"liar": entry(8, 16)},
    "of another size": {"liar": entry(0, 16)},
    "enormous": {"liar": entry(0, 16, shape=(2**62, 2**62))},
    "negative": {"liar": entry(0, 16, shape=(-4,))},
    "with a bool for a size": {"liar": entry(0, 4, shape=(True,))},
    "of a fraction": {"liar": entry(0, 16, shape=(4.0,))},
    "backwards": {"liar": entry(16, 0, shape=(4,))},
    "of an unknown dtype": {"liar": entry(0, 16, "F8_E5M2", (16,))},
    "of a list for a dtype": {"liar": entry(0, 16, [], (4,))},
    "no object": {"liar": 5},
    "with more": {"liar": entry(0, 16, shape=(4,)) | {"more": 1}},
    "of many axes": {"liar": entry(0, 4, shape=(1,) * 33)},
    "no bool": {"liar": entry(0, 16, "BOOL", (16,))},
}


@pytest.mark.parametrize("lie", LIES)
def test_an_entry_that_lies_is_named(tmp_path, lie):
    path = written(tmp_path / "w.safetensors", LIES[lie], BYTES)
    with pytest.raises(ValueError, match=r"w\.safetensors.*'liar'"):
        layers.load(path)


@pytest.mark.parametrize(
    ("header", "data", "length", "message"),
    [
        (b"", b"", 2**63, "header claims"),
        (b"{}", b"", 3, "header claims"),
        (b"{}" + b" " * 100, BYTES, 90, "cover 0 of"),
        (b"[]", b"", None, "no JSON object"),
        (b"{", b"", None, "cannot be read"),
        (b'{"\xff": 1}', b"", None, "cannot be read"),
        (b'{"a":' + b"[" * 100_000, b"", None, "nested|cannot be read"),
        (b'{"a": 1, "a": 1}', b"", None, "'a' is there twice"),
        (b'{"a": ' + b"9" * 5000 + b"}", b"", None, "cannot be read"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(tmp_path, header, data, length, message):
    path = written(tmp_path / "w.safetensors", header, data, length)
    with pytest.raises(ValueError, match=rf"w\.safetensors.*({message})"):
        layers.load(path)


@pytest.mark.parametrize("size", range(9))
def test_a_file_too_short_for_a_header_is_refused(tmp_path, size):
    (tmp_path / "w.safetensors").write_bytes(b"\x02" + bytes(size - 1) if size else b"")
    with pytest.raises(ValueError, match="header"):
        layers.load(tmp_path / "w.safetensors")


def test_what_the_format_does_not_know_is_refused_and_nothing_is_written(tmp_path):
    for bad in ({"a": np.longdouble(1)}, {"__metadata__": np.ones(1)}, {"\ud800": np.ones(1)}):
        with pytest.raises(ValueError):
            layers.save(bad, tmp_path / "w.safetensors")
    assert os.listdir(tmp_path) == []


@fuzzed
@given(st.data())
def test_a_damaged_file_is_a_value_error_or_loads_arrays_of_its_size(tmp_path, data):
    path = tmp_path / "w.safetensors"
    layers.save({"a": np.ones((2, 3), np.float32), "b": np.array([True]), "c": np.ones(0)}, path)
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans(), "cut"):
        del content[data.draw(st.integers(0, len(content) - 1), "length") :]
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        loaded = layers.load(path)
    except ValueError as error:
        assert "w.safetensors" in str(error)
    else:
        assert sum(array.nbytes for array in loaded.values()) <= 2 * len(content)
