"""MNIST, and any other data in the IDX format.

The format: two zero bytes, a type code, the number of dimensions, each dimension as a big-endian
32-bit integer, then the values in C order, big-endian. See http://yann.lecun.com/exdb/mnist.
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .dataset import Dataset, unit_range
from .location import set_folder

_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MAX_BYTES = 2**31
_DEFLATE_RATIO = 1032  # no gzip file holds more than this many bytes a byte


def load_mnist(
    split: Literal["train", "test"] = "train", data: str | os.PathLike[str] | None = None
) -> Dataset:
    """Load the handwritten digits.

    Parameters
    ----------
    split : {"train", "test"}
        60 000 images in the files `train-*`, or 10 000 in `t10k-*`.
    data : path, optional
        A data folder with `mnist/` in it, as in `data_folder`, or the folder of the files itself.
        They have their original names, `train-images-idx3-ubyte` and so on, plain or `.gz`.

    Returns
    -------
    Dataset
        `images` (N, 1, 28, 28) float32 in [0, 1], `labels` (N,) int64, `classes` "0" to "9".

    Raises
    ------
    FileNotFoundError
        When there is no data folder or a file is missing.
    ValueError
        When a file is damaged or the two do not fit together.

    Examples
    --------
    >>> from techniques.data import load_mnist
    >>> load_mnist("test").images.shape  # doctest: +SKIP
    (10000, 1, 28, 28)
    """
    if split not in ("train", "test"):
        raise ValueError(f'split must be "train" or "test", not {split!r}')
    folder = set_folder("mnist", data)
    prefix = {"train": "train", "test": "t10k"}[split]
    image_path = _existing(folder, f"{prefix}-images-idx3-ubyte")
    label_path = _existing(folder, f"{prefix}-labels-idx1-ubyte")
    images, labels = read_idx(image_path), read_idx(label_path)
    if images.ndim != 3 or images.dtype != np.uint8:
        raise ValueError(
            f"{image_path} must hold bytes of shape (N, H, W), "
            f"not {images.dtype} of shape {images.shape}: is it the file of images?"
        )
    if labels.ndim != 1 or labels.dtype != np.uint8 or (labels.size and labels.max() > 9):
        raise ValueError(
            f"{label_path} must hold bytes 0 to 9 of shape (N,), "
            f"not {labels.dtype} of shape {labels.shape}: is it the file of labels?"
        )
    if len(images) != len(labels):
        raise ValueError(
            f"{image_path} holds {len(images)} images but {label_path} {len(labels)} labels: "
            "take both from the same set"
        )
    return Dataset(unit_range(images[:, None]), labels.astype(np.int64), tuple("0123456789"))


def _existing(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise FileNotFoundError(f"{folder} holds neither {name} nor {name}.gz")


def read_idx(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Read one IDX file, plain or compressed by gzip.

    Parameters
    ----------
    path : path
        The file; one that ends in `.gz` is decompressed.

    Returns
    -------
    ndarray
        Of the type and shape that the header states, in the machine's byte order.

    Raises
    ------
    ValueError
        When the magic number, the type or the length is wrong, the compressed stream is damaged,
        or the header promises more than 2 GiB or than the file can hold (asked before any memory
        is taken).

    Examples
    --------
    >>> import os, tempfile
    >>> from techniques.data import read_idx
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "labels-idx1-ubyte")
    ...     with open(path, "wb") as file:
    ...         _ = file.write(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
    ...     read_idx(path)
    array([7, 2, 1], dtype=uint8)
    """
    path = Path(path)
    compressed = path.suffix == ".gz"
    room = path.stat().st_size * (_DEFLATE_RATIO if compressed else 1)
    try:
        with gzip.open(path, "rb") if compressed else path.open("rb") as stream:
            start = stream.read(4)
            if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in _DTYPES or not start[3]:
                raise ValueError(
                    f"{path} is not an IDX file: it starts with {start.hex(' ') or 'nothing'}, "
                    "not with 00 00, a type code (08, 09, 0b to 0e) and a number of dimensions"
                )
            dimensions = stream.read(4 * start[3])
            if len(dimensions) < 4 * start[3]:
                raise ValueError(f"{path} is truncated: it ends within the header")
            shape = struct.unpack(f">{start[3]}I", dimensions)
            dtype = np.dtype(_DTYPES[start[2]])
            expected = math.prod(shape) * dtype.itemsize
            if expected > min(room, _MAX_BYTES):
                raise ValueError(
                    f"{path} is truncated, or its header is wrong: it promises shape {shape}, "
                    f"{expected} bytes, where at most {min(room, _MAX_BYTES)} can follow"
                )
            values = stream.read(expected + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(f"{path} is not a sound gzip file ({error}): download it again") from error
    if len(values) != expected:
        found = "more bytes follow" if len(values) > expected else f"only {len(values)} follow"
        raise ValueError(f"{path}: shape {shape} takes {expected} bytes, but {found}")
    return np.frombuffer(values, dtype).reshape(shape).astype(dtype.newbyteorder("="))
