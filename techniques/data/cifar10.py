"""CIFAR-10, in each form in which people have it.

The binary form stores an image as one byte of label and 3072 of pixels, red, green and blue plane,
row by row. The python form is a pickled dict of `data`, (N, 3072) bytes in the same order, and
`labels`. Both come as batches in a `.tar.gz`. See https://www.cs.toronto.edu/~kriz/cifar.html.
"""

from __future__ import annotations

import os
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .batch_pickle import load_batch_pickle
from .dataset import Dataset, unit_range
from .folder import load_folder
from .location import set_folder

CIFAR10_CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
_RECORD = 1 + 3 * 32 * 32
_MAX_BATCH_BYTES = 2**26
_MAX_MEMBERS = 100
_TRAIN = tuple(f"data_batch_{number}" for number in range(1, 6))


def load_cifar10(
    split: Literal["train", "test"] = "train", data: str | os.PathLike[str] | None = None
) -> Dataset:
    """Load CIFAR-10.

    The first of these that is found is read: `{split}.zip` or a folder `{split}`, with images in
    folders by class; batches `data_batch_1` … `data_batch_5` and `test_batch`, with `.bin`
    (binary) or without (python), in the folder itself, in `cifar-10-batches-bin` or in
    `cifar-10-batches-py`; the archives `cifar-10-binary.tar.gz` or `cifar-10-python.tar.gz`, which
    are read in place. Python batches are pickles; they are read without running anything.

    Parameters
    ----------
    split : {"train", "test"}
        50 000 or 10 000 images. A set with fewer training batches gives those it has.
    data : path, optional
        A data folder with `cifar10/` in it, as in `data_folder`, or the folder of the files itself.

    Returns
    -------
    Dataset
        `images` (N, 3, 32, 32) float32 in [0, 1], `labels` (N,) int64, `classes` the ten names.

    Raises
    ------
    FileNotFoundError
        When there is no data folder, or nothing of the above in it.
    ValueError
        When a file is truncated or damaged, or a batch is missing between others.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "test_batch.bin").write_bytes(bytes([3]) + bytes(3072))
    ...     test = load_cifar10("test", folder)
    >>> test.images.shape, test.classes[test.labels[0]]
    ((1, 3, 32, 32), 'cat')
    """
    if split not in ("train", "test"):
        raise ValueError(f'split must be "train" or "test", not {split!r}')
    folder = set_folder("cifar10", data)
    for path in (folder / f"{split}.zip", folder / split):
        if path.exists():
            return _from_images(path)
    names = _TRAIN if split == "train" else ("test_batch",)
    for batches in (_batch_files(folder, names), _archived_batches(folder, names)):
        if batches:
            return _from_batches(batches, names, folder)
    raise FileNotFoundError(
        f"{folder} holds no CIFAR-10 {split} set: neither {split}.zip nor a folder {split}, "
        "batches (.bin or python) or the .tar.gz of batches"
    )


def read_cifar10_batch(path: str | os.PathLike[str]) -> Dataset:
    """Read one batch: a binary one when its name ends in `.bin`, else a python one.

    Raises
    ------
    ValueError
        When the file is truncated, damaged, or a pickle that asks for more than a batch needs.

    Examples
    --------
    >>> from techniques.data import read_cifar10_batch
    >>> read_cifar10_batch("cifar-10-batches-bin/test_batch.bin").images.shape  # doctest: +SKIP
    (10000, 3, 32, 32)
    """
    path = Path(path)
    if path.stat().st_size > _MAX_BATCH_BYTES:
        raise ValueError(f"{path} is larger than 64 MiB, a batch takes 30 MB")
    pixels, labels = _parse(path.read_bytes(), str(path))
    return Dataset(unit_range(pixels), labels, CIFAR10_CLASSES)


def _from_images(path: Path) -> Dataset:
    """Images in folders by class, checked to be CIFAR-10."""
    dataset = load_folder(path)
    if dataset.classes != CIFAR10_CLASSES or dataset.images.shape[1:] != (3, 32, 32):
        raise ValueError(
            f"{path} must hold images of 32 × 32 in the folders {', '.join(CIFAR10_CLASSES)}, but "
            f"holds {dataset.images.shape[2]} × {dataset.images.shape[3]} in "
            f"{', '.join(dataset.classes)}"
        )
    return dataset


def _batch_files(folder: Path, names: tuple[str, ...]) -> dict[str, tuple[bytes, str]]:
    """The contents and the full name of each batch that lies in the first folder with any."""
    for inner, suffix in (("", ".bin"), ("", ""), ("cifar-10-batches-bin", ".bin"),
                          ("cifar-10-batches-py", "")):  # fmt: skip
        paths = {name: folder / inner / (name + suffix) for name in names}
        paths = {name: path for name, path in paths.items() if path.is_file()}
        for path in paths.values():
            if path.stat().st_size > _MAX_BATCH_BYTES:
                raise ValueError(f"{path} is larger than 64 MiB, a batch takes 30 MB")
        if paths:
            return {name: (path.read_bytes(), str(path)) for name, path in paths.items()}
    return {}


def _archived_batches(folder: Path, names: tuple[str, ...]) -> dict[str, tuple[bytes, str]]:
    """The same from the official archives, which are read as a stream and never extracted."""
    for archive, suffix in (("cifar-10-binary.tar.gz", ".bin"), ("cifar-10-python.tar.gz", "")):
        path = folder / archive
        if not path.is_file():
            continue
        found: dict[str, tuple[bytes, str]] = {}
        try:
            with tarfile.open(path, "r|gz") as tar:
                for count, member in enumerate(tar):
                    if count >= _MAX_MEMBERS or member.size > _MAX_BATCH_BYTES:
                        raise ValueError(f"{path}: {member.name!r} has no place in CIFAR-10")
                    file = PurePosixPath(member.name).name
                    name = file.removesuffix(suffix)
                    if member.isreg() and name in names and file == name + suffix:
                        stream = tar.extractfile(member)
                        assert stream is not None  # it is a regular file
                        found[name] = stream.read(), f"{path}:{member.name}"
        except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
            raise ValueError(f"{path} is truncated or damaged ({error})") from error
        if found:
            return found
    return {}


def _from_batches(
    batches: dict[str, tuple[bytes, str]], names: tuple[str, ...], folder: Path
) -> Dataset:
    """Join the batches, in order, none missing before the last."""
    missing = [name for name in names[: len(batches)] if name not in batches]
    if missing:
        raise ValueError(f"{folder} lacks {', '.join(missing)}, yet holds later batches")
    parsed = [_parse(*batches[name]) for name in names[: len(batches)]]
    pixels = np.concatenate([pixels for pixels, _ in parsed])
    labels = np.concatenate([labels for _, labels in parsed])
    return Dataset(unit_range(pixels), labels, CIFAR10_CLASSES)


def _parse(raw: bytes, name: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the pixels (N, 3, 32, 32) and the labels of a batch."""
    if name.endswith(".bin"):
        if not raw or len(raw) % _RECORD:
            raise ValueError(
                f"{name} is truncated: its {len(raw)} bytes are no multiple of {_RECORD}, "
                "the length of one record"
            )
        records = np.frombuffer(raw, np.uint8).reshape(-1, _RECORD)
        return _checked(records[:, 1:], records[:, 0], name)
    batch = load_batch_pickle(raw, name)
    if not isinstance(batch, dict):
        raise ValueError(f"{name} holds a {type(batch).__name__}, not the dict of a batch")
    batch = {key.decode("latin1") if isinstance(key, bytes) else key: batch[key] for key in batch}
    if not isinstance(batch.get("data"), np.ndarray):
        raise ValueError(f"{name} has no array under 'data': is it a batch of CIFAR-10?")
    labels = batch.get("labels")
    if isinstance(labels, list) and all(isinstance(label, int) for label in labels):
        labels = np.array(labels, np.int64)
    if not isinstance(labels, np.ndarray):
        raise ValueError(f"{name} has no list of integers under 'labels': is it CIFAR-10?")
    return _checked(batch["data"], labels, name)


def _checked(
    pixels: NDArray[np.generic], labels: NDArray[np.generic], name: str
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return images and labels in their final shape and type, if they are what they should be."""
    if pixels.dtype != np.uint8 or pixels.ndim != 2 or pixels.shape[1] != _RECORD - 1:
        raise ValueError(
            f"{name}: data must be bytes of shape (N, {_RECORD - 1}), "
            f"not {pixels.dtype} of shape {pixels.shape}"
        )
    if labels.shape != pixels.shape[:1] or labels.dtype.kind not in "iu":
        raise ValueError(
            f"{name}: labels must be {len(pixels)} integers, "
            f"not {labels.dtype} of shape {labels.shape}"
        )
    indices = labels.astype(np.int64)
    wrong = indices[(indices < 0) | (indices >= len(CIFAR10_CLASSES))]
    if wrong.size:
        raise ValueError(f"{name}: labels must lie in 0 to 9, but one is {wrong[0]}")
    return pixels.reshape(-1, 3, 32, 32).astype(np.uint8, copy=False), indices
