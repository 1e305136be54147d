"""CIFAR-10 in all its forms gives the same images."""

import io
import pickle
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from techniques.data import CIFAR10_CLASSES, load_cifar10, read_cifar10_batch

NAMES = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]


def batch(seed, count=3):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, 3072)).astype(np.uint8), rng.integers(0, 10, count).tolist()


BATCHES = {name: batch(seed) for seed, name in enumerate(NAMES)}


def binary(pixels, labels):
    return np.column_stack([np.array(labels, np.uint8), pixels]).tobytes()


def python(pixels, labels, keys=str, protocol=pickle.DEFAULT_PROTOCOL):
    entries = {"batch_label": "of a test", "labels": labels, "data": pixels, "filenames": ["a.png"]}
    if keys is bytes:
        entries = {key.encode(): value for key, value in entries.items()}
    return pickle.dumps(entries, protocol)


def python2(pixels, labels):
    """What cPickle of Python 2 wrote: protocol 2, its byte strings as text of one byte a letter."""
    raw = pixels.tobytes()
    parts = [b"\x80\x02}(U\x06labels](", b"".join(b"K" + bytes([label]) for label in labels)]
    parts += [b"eU\x04datacnumpy.core.multiarray\n_reconstruct\n"]
    parts += [b"cnumpy\nndarray\nK\0\x85U\x01b\x87R"]
    parts += [b"(K\x01M", len(pixels).to_bytes(2, "little"), b"M\0\x0c\x86cnumpy\ndtype\n"]
    parts += [b"U\x02u1K\0K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89"]
    parts += [b"T", len(raw).to_bytes(4, "little"), raw, b"tbu."]
    return b"".join(parts)


def write(folder, encode, suffix=""):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in BATCHES.items():
        (folder / (name + suffix)).write_bytes(encode(*content))


def write_archive(path, inner, encode, suffix=""):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in reversed(BATCHES.items()):
            raw = encode(*content)
            info = tarfile.TarInfo(f"{inner}/{name}{suffix}")
            info.size = len(raw)
            tar.addfile(info, io.BytesIO(raw))


def check_both_splits(folder):
    train, test = load_cifar10("train", folder), load_cifar10("test", folder)
    pixels = np.concatenate([BATCHES[name][0] for name in NAMES[:5]])
    np.testing.assert_array_equal(train.images, pixels.reshape(-1, 3, 32, 32) / np.float32(255))
    assert train.labels.tolist() == [
        label for name in NAMES[:5] for label in BATCHES[name][1]
    ]
    assert test.labels.tolist() == BATCHES["test_batch"][1]
    assert train.classes == CIFAR10_CLASSES and train.images.dtype == np.float32


@pytest.mark.parametrize("inner", ["", "cifar10", "cifar-10-batches-bin"])
def test_binary_batches(tmp_path, inner):
    write(tmp_path / inner, binary, ".bin")
    check_both_splits(tmp_path)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("keys", [str, bytes])
def test_python_batches_of_every_protocol(tmp_path, protocol, keys):
    write(tmp_path / "cifar-10-batches-py", lambda *batch: python(*batch, keys, protocol))
    check_both_splits(tmp_path)


def test_python_2_batches(tmp_path):
    assert pickle.loads(python2(*batch(0)), encoding="bytes")[b"labels"] == batch(0)[1]
    write(tmp_path, python2)
    check_both_splits(tmp_path)


def test_archives_are_read_in_place(tmp_path):
    write_archive(tmp_path / "cifar-10-python.tar.gz", "cifar-10-batches-py", python)
    check_both_splits(tmp_path)
    write_archive(tmp_path / "cifar-10-binary.tar.gz", "cifar-10-batches-bin", binary, ".bin")
    check_both_splits(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_truncated_archive_is_named(tmp_path):
    path = tmp_path / "cifar-10-binary.tar.gz"
    write_archive(path, "cifar-10-batches-bin", binary, ".bin")
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ValueError, match=r"binary\.tar\.gz is truncated or damaged"):
        load_cifar10("train", tmp_path)


def test_links_in_an_archive_are_not_followed(tmp_path):
    (tmp_path / "secret").write_bytes(binary(*batch(0)))
    with tarfile.open(tmp_path / "cifar-10-binary.tar.gz", "w:gz") as tar:
        info = tarfile.TarInfo("cifar-10-batches-bin/test_batch.bin")
        info.type, info.linkname = tarfile.SYMTYPE, str(tmp_path / "secret")
        tar.addfile(info)
    with pytest.raises(FileNotFoundError):
        load_cifar10("test", tmp_path)


def test_images_by_class_in_a_zip_and_in_a_folder(tmp_path):
    with zipfile.ZipFile(tmp_path / "test.zip", "w") as archive:
        for label, name in enumerate(CIFAR10_CLASSES):
            path = tmp_path / "train" / name / "0.png"
            path.parent.mkdir(parents=True)
            Image.new("RGB", (32, 32), (label, 0, 255)).save(path)
            archive.write(path, f"{name}/0.png")
    for split in ("train", "test"):
        dataset = load_cifar10(split, tmp_path)
        np.testing.assert_array_equal(dataset.labels, np.arange(10))
        np.testing.assert_allclose(dataset.images[:, 0, 0, 0] * 255, np.arange(10), rtol=1e-6)
        assert (dataset.images[:, 2] == 1).all()


def test_a_missing_batch_between_others_is_named(tmp_path):
    write(tmp_path, binary, ".bin")
    (tmp_path / "data_batch_5.bin").unlink()
    assert len(load_cifar10("train", tmp_path)) == 12
    (tmp_path / "data_batch_2.bin").unlink()
    with pytest.raises(ValueError, match="lacks data_batch_2"):
        load_cifar10("train", tmp_path)


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        ("test_batch.bin", binary(*batch(0))[:-1], "truncated"),
        ("test_batch.bin", b"", "truncated"),
        ("test_batch.bin", b"\x0a" + bytes(3072), "0 to 9, but one is 10"),
        ("test_batch", python(*batch(0))[:-20], "not a sound pickle"),
        ("test_batch", python(batch(0)[0], [0, 1]), "3 integers"),
        ("test_batch", python(batch(0)[0], ["cat"] * 3), "list of integers"),
        ("test_batch", python(batch(0)[0].astype(float), [0] * 3), "float64"),
        ("test_batch", python(batch(0)[0][:, 1:], [0] * 3), "3071"),
        ("test_batch", python([[0] * 3072], [0]), "no array under 'data'"),
        ("test_batch", pickle.dumps([1]), "a list, not the dict"),
        ("test_batch", b"", "not a sound pickle"),
    ],
)
def test_bad_batches_are_explained(tmp_path, name, raw, message):
    path = tmp_path / name
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=message) as caught:
        read_cifar10_batch(path)
    assert str(path) in str(caught.value)


def test_other_classes_are_refused(tmp_path):
    (tmp_path / "test" / "cow").mkdir(parents=True)
    Image.new("RGB", (32, 32)).save(tmp_path / "test" / "cow" / "0.png")
    with pytest.raises(ValueError, match=r"airplane.* but holds 32 × 32 in cow"):
        load_cifar10("test", tmp_path)


def test_nothing_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="no CIFAR-10 test set"):
        load_cifar10("test", tmp_path)
    with pytest.raises(ValueError, match="not 'validation'"):
        load_cifar10("validation", tmp_path)


def test_the_real_test_set(real_data):
    dataset = load_cifar10("test", real_data)
    assert dataset.images.shape == (10000, 3, 32, 32)
    assert np.bincount(dataset.labels).tolist() == [1000] * 10
