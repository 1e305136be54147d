"""IDX files: what was written is read, and what is broken is named."""

import gzip
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from techniques.data import load_mnist, read_idx

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def idx(array: np.ndarray) -> bytes:
    code = CODES[array.dtype.str[1:]]
    head = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


arrays = st.sampled_from(sorted(CODES)).flatmap(
    lambda code: hnp.arrays(code, hnp.array_shapes(max_dims=4, max_side=4, min_side=0))
)


@given(array=arrays, compressed=st.booleans())
def test_round_trip(tmp_path_factory, array, compressed):
    path = tmp_path_factory.mktemp("idx") / ("values.gz" if compressed else "values")
    path.write_bytes(gzip.compress(idx(array)) if compressed else idx(array))
    result = read_idx(path)
    assert result.dtype == array.dtype and result.dtype.isnative
    np.testing.assert_array_equal(result, array)


@given(cut=st.integers(0, 21), compressed=st.booleans())
def test_every_truncation_is_an_error_that_names_the_file(tmp_path_factory, cut, compressed):
    path = tmp_path_factory.mktemp("idx") / ("short.gz" if compressed else "short")
    raw = idx(np.arange(10, dtype=np.uint8).reshape(2, 5))
    assert len(raw) == 22
    path.write_bytes(gzip.compress(raw[:cut]) if compressed else raw[:cut])
    with pytest.raises(ValueError, match="short"):
        read_idx(path)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"\x89PNG\r\n", "89 50 4e 47"),
        (b"\0\0\x07\x01\0\0\0\0", "type code"),
        (b"\0\0\x08\0", "number of dimensions"),
        (idx(np.zeros(3, np.uint8)) + b"!", "more bytes follow"),
        (b"\0\0\x08\x03" + b"\xff" * 12, "promises shape"),
        (b"\0\0\x0e\x01\x7f\xff\xff\xff" + bytes(64), "promises shape"),
    ],
)
def test_bad_files_are_explained(tmp_path, raw, message):
    path = tmp_path / "bad"
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=message) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("damage", [lambda raw: raw[:-9], lambda raw: b"no gzip", bytes.swapcase])
def test_damaged_gzip_is_explained(tmp_path, damage):
    path = tmp_path / "bad.gz"
    path.write_bytes(damage(gzip.compress(idx(np.arange(100, dtype=np.uint8)))))
    with pytest.raises(ValueError, match=r"bad\.gz"):
        read_idx(path)


def write_mnist(folder, images, labels):
    folder.mkdir(exist_ok=True)
    (folder / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx(labels))


def test_digits_from_plain_and_compressed_files(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (4, 28, 28)).astype(np.uint8)
    write_mnist(tmp_path / "mnist", images, np.array([7, 2, 1, 0], np.uint8))
    for data in (tmp_path, tmp_path / "mnist"):
        digits = load_mnist("test", data)
        assert digits.images.dtype == np.float32 and digits.labels.dtype == np.int64
        np.testing.assert_array_equal(digits.images, images[:, None] / np.float32(255))
        assert [digits.classes[label] for label in digits.labels] == ["7", "2", "1", "0"]
    with pytest.raises(FileNotFoundError, match="train-images-idx3-ubyte"):
        load_mnist("train", tmp_path)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((2, 4, 4), np.uint8), np.zeros(3, np.uint8), "2 images .* 3 labels"),
        (np.zeros(2, np.uint8), np.zeros(2, np.uint8), "file of images"),
        (np.zeros((2, 4, 4), np.uint8), np.array([0, 10], np.uint8), "0 to 9"),
        (np.zeros((2, 4, 4), np.float32), np.zeros(2, np.uint8), "float32"),
    ],
)
def test_images_and_labels_that_do_not_fit(tmp_path, images, labels, message):
    write_mnist(tmp_path, images, labels)
    with pytest.raises(ValueError, match=message):
        load_mnist("test", tmp_path)


def test_the_real_digits(real_data):
    digits = load_mnist("test", real_data)
    assert digits.images.shape == (10000, 1, 28, 28)
    assert digits.labels[:5].tolist() == [7, 2, 1, 0, 4]
