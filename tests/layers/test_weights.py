"""Weight files: whole or not at all, and no trust in what is read."""

import io
import os
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import layers
from layers.weight_files import archive as zip_archive
from layers.weight_files import raw

ARRAYS = {"conv.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 4), "count": np.int64(3)}


def npy(array, **changes):
    """The bytes of a .npy file, with fields of its header changed."""
    stream = io.BytesIO()
    fields = np.lib.format.header_data_from_array_1_0(array) | changes
    np.lib.format.write_array_header_1_0(stream, fields)
    return stream.getvalue() + array.tobytes()


def archive(path, **entries):
    with zipfile.ZipFile(path, "w") as file:
        for name, content in entries.items():
            file.writestr(f"{name}.npy", content)
    return path


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=8),
        hnp.arrays(
            st.sampled_from(["f2", "f4", "f8", ">f4", "i1", "i8", "u2", "?"]),
            hnp.array_shapes(min_dims=0, min_side=0),
        ),
        max_size=3,
    )
)
def test_what_is_saved_is_loaded(tmp_path, arrays):
    layers.save(arrays, tmp_path / "w.npz")
    loaded = layers.load(tmp_path / "w.npz")
    assert list(loaded) == list(arrays)
    for name, array in arrays.items():
        assert loaded[name].dtype == array.dtype.newbyteorder("=")
        assert np.array_equal(loaded[name], array, equal_nan=array.dtype.kind == "f")
        assert loaded[name].flags.writeable


def test_numpy_reads_what_we_write_and_the_other_way_round(tmp_path):
    layers.save(ARRAYS, tmp_path / "ours.npz")
    with np.load(tmp_path / "ours.npz", allow_pickle=False) as file:
        assert np.array_equal(file["conv.weight"], ARRAYS["conv.weight"])
    fortran = np.asfortranarray(ARRAYS["conv.weight"])
    for write in (np.savez, np.savez_compressed):
        write(tmp_path / "theirs.npz", a=fortran)
        assert np.array_equal(layers.load(tmp_path / "theirs.npz")["a"], fortran)


def test_a_module_is_saved_with_its_buffers(tmp_path):
    model, other = (layers.Sequential(layers.Linear(2, 3), layers.BatchNorm1d(3)) for _ in "ab")
    layers.save(model, tmp_path / "model.npz")
    other.load_state_dict(layers.load(tmp_path / "model.npz"))
    for name, array in model.state_dict().items():
        assert np.array_equal(other.state_dict()[name], array)


def test_the_same_arrays_give_the_same_bytes(tmp_path):
    layers.save(ARRAYS, tmp_path / "a.npz")
    layers.save(ARRAYS, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_large_npz_file_is_mapped_and_writing_to_its_arrays_leaves_it_alone(
    tmp_path, monkeypatch
):
    path = tmp_path / "w.npz"
    arrays = {"ü" * count: np.arange(float(count)) for count in range(1, 80)}
    layers.save(arrays, path)
    before = path.read_bytes()
    monkeypatch.setattr(raw, "_MAPPED", 1000)
    loaded = layers.load(path)
    for name, array in arrays.items():
        assert np.array_equal(loaded[name], array)
        assert not loaded[name].flags.owndata  # where it stands in the file, whatever the name
        loaded[name] += 1
    assert path.read_bytes() == before
    with np.load(path) as theirs:
        assert all(np.array_equal(theirs[name], array) for name, array in arrays.items())


def test_an_interrupted_save_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "w.npz"
    layers.save(ARRAYS, path)
    before = path.read_bytes()
    written = []

    def crash(stream, array, **options):
        if written:
            raise KeyboardInterrupt
        written.append(stream.write(b"half"))

    monkeypatch.setattr(np.lib.format, "write_array", crash)
    with pytest.raises(KeyboardInterrupt):
        layers.save({"a": np.ones(3), "b": np.ones(3)}, path)
    assert written and path.read_bytes() == before and os.listdir(tmp_path) == ["w.npz"]


def test_the_file_takes_its_name_only_after_it_reached_the_disk(tmp_path, monkeypatch):
    path = tmp_path / "w.npz"
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda f: (synced.append(path.exists()), real(f))[1])
    layers.save(ARRAYS, path)
    assert synced[0] is False


def test_bad_entries_are_refused_and_nothing_is_written(tmp_path):
    for bad in ({"a": np.array([object()])}, {"a": np.ones(1, complex)}, {1: np.ones(1)}):
        with pytest.raises(ValueError):
            layers.save(bad, tmp_path / "w.npz")
    with pytest.raises(TypeError, match="Module or a dict"):
        layers.save(np.ones(3), tmp_path / "w.npz")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["weights", "weights.txt", "weights.npy"])
def test_an_unknown_suffix_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match=r"\.npz"):
        layers.save(ARRAYS, tmp_path / name)
    with pytest.raises(ValueError, match=r"\.npz"):
        layers.load(tmp_path / name)


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        layers.load(tmp_path / "none.npz")


GOOD = np.arange(6, dtype=np.float32).reshape(2, 3)
LIES = {
    "larger than the entry": npy(GOOD, shape=(2000, 3000)),
    "enormous": npy(GOOD, shape=(10**30, 10**30)),
    "smaller than the entry": npy(GOOD, shape=(2, 2)),
    "negative": npy(GOOD, shape=(-2, -3)),
    "not integers": npy(GOOD, shape=(2.0, 3.0)),
    "many axes": npy(GOOD, shape=(2, 3) + (1,) * 60),
    "objects": npy(GOOD, descr="|O"),
    "texts": npy(GOOD, descr="<U1"),
    "records": npy(GOOD, descr=[("a", "<f4")]),
    "subarrays": npy(GOOD, descr="(2,)<f4"),
    "no header": b"\x93NUMPY\x01\x00",
    "a new version": b"\x93NUMPY\x09\x00" + npy(GOOD)[8:],
    "a wrong beginning": b"PICKLE" + npy(GOOD)[6:],
    "nested": b"\x93NUMPY\x01\x00\x00\x20" + b"(" * 0x2000,
}


@pytest.mark.parametrize("lie", LIES)
def test_an_entry_that_lies_is_named(tmp_path, lie):
    path = archive(tmp_path / "w.npz", fine=npy(GOOD), liar=LIES[lie])
    with pytest.raises(ValueError, match=r"w\.npz.*'liar'"):
        layers.load(path)


def test_a_pickle_is_never_opened(tmp_path):
    np.savez(tmp_path / "w.npz", a=np.array([print]))
    with pytest.raises(ValueError, match="'a'"):
        layers.load(tmp_path / "w.npz")


def test_a_foreign_or_double_entry_is_refused(tmp_path):
    path = tmp_path / "w.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("readme.txt", "hello")
    with pytest.raises(ValueError, match=r"readme\.txt"):
        layers.load(path)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "w") as file:
        file.writestr("a.npy", npy(GOOD))
        file.writestr("a.npy", npy(GOOD))
    with pytest.raises(ValueError, match="twice"):
        layers.load(path)


def test_a_table_of_contents_that_lost_its_entries_is_refused(tmp_path):
    path = tmp_path / "w.npz"
    layers.save(ARRAYS, path)
    content = bytearray(path.read_bytes())
    content[-10:-6] = bytes(4)  # the size of the table
    path.write_bytes(content)
    with pytest.raises(ValueError, match="empty"):
        layers.load(path)


def test_memory_is_taken_for_what_is_there_not_for_what_is_claimed(tmp_path):
    path = tmp_path / "w.npz"
    np.savez_compressed(path, a=np.ones(100))
    content = path.read_bytes()
    size = (928).to_bytes(4, "little")  # of the array and its header
    begin = content.rindex(size, 0, content.rindex(b"a.npy"))
    path.write_bytes(content[:begin] + (2**29).to_bytes(4, "little") + content[begin + 4 :])
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"w\.npz.*'a'"):
            layers.load(path)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_an_archive_that_unpacks_beyond_measure_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(zip_archive, "_UNPACKED", 2**16)
    np.savez_compressed(tmp_path / "w.npz", a=np.zeros(2**20, np.uint8))
    with pytest.raises(ValueError, match="claim to unpack"):
        layers.load(tmp_path / "w.npz")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_file_is_a_value_error_or_loads_the_same(tmp_path, data):
    path = tmp_path / "w.npz"
    layers.save(ARRAYS, path)
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
        assert "w.npz" in str(error)
    else:
        for array, original in zip(loaded.values(), ARRAYS.values(), strict=True):
            assert np.array_equal(array, original)
