"""Folders and zip files of images, one folder a class."""

from __future__ import annotations

import io
import math
import os
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .dataset import Dataset, unit_range
from .photographs import open_picture, resized

_SUFFIXES = {".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm"}
_MAX_FILE_BYTES = 2**26
_MAX_VALUES = 2**30


class _Entry(NamedTuple):
    """One image: its class, its name for messages, and how to get its bytes."""

    label: str
    name: str
    read: Callable[[], bytes]


def load_folder(path: str | os.PathLike[str], size: int | None = None) -> Dataset:
    """Load images sorted into folders by class, such as `train/cat/0001.jpg`.

    The folder that holds an image names its class; a zip file is read in place and may have
    further folders around those of the classes. Files that do not end like an image, and hidden
    ones, are skipped. Classes and the images in each are in the order of their names.

    Parameters
    ----------
    path : path
        A folder of folders, or a zip file of folders.
    size : int, optional
        Resize the shorter side of every image to it and keep the central square. None requires
        that all images have one size.

    Returns
    -------
    Dataset
        `images` (N, 3, H, W) float32 in [0, 1], `labels` (N,) int64, `classes` the folder names.

    Raises
    ------
    FileNotFoundError
        When `path` does not exist.
    ValueError
        When it holds no images, or one that is damaged, larger than 64 MiB or of another size
        than the others; when the zip file is damaged or an entry points outside it; or when the
        images together would take more than 4 GiB. The message names the image.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("dog", "cat"):
    ...         pathlib.Path(folder, name).mkdir()
    ...         Image.new("RGB", (8, 6)).save(pathlib.Path(folder, name, "1.png"))
    ...     load_folder(folder).classes, load_folder(folder, size=4).images.shape
    (('cat', 'dog'), (2, 3, 4, 4))
    """
    path = Path(path)
    if path.is_dir():
        return _load(_folder_entries(path), path, size)
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such folder or zip file")
    with path.open("rb") as stream:
        try:
            archive = zipfile.ZipFile(stream)
        except Exception as error:  # the bytes of a damaged directory may raise almost anything
            raise ValueError(f"{path} is not a sound zip file ({error})") from error
        return _load(_zip_entries(archive, path), path, size)


def _is_image(name: PurePosixPath | Path) -> bool:
    return name.suffix.lower() in _SUFFIXES and not name.name.startswith(".")


def _folder_entries(root: Path) -> list[_Entry]:
    entries = []
    for file in root.glob("*/*"):
        if _is_image(file) and not file.parent.name.startswith(".") and file.is_file():
            if file.stat().st_size > _MAX_FILE_BYTES:
                raise ValueError(f"{file} is larger than 64 MiB: make the image smaller first")
            entries.append(_Entry(file.parent.name, str(file), file.read_bytes))
    return entries


def _zip_entries(archive: zipfile.ZipFile, path: Path) -> list[_Entry]:
    entries = []
    for info in archive.infolist():
        name = PurePosixPath(info.filename)
        if info.is_dir() or not _is_image(name) or "__MACOSX" in name.parts:
            continue
        if name.is_absolute() or ".." in name.parts or len(name.parts) < 2:
            raise ValueError(f"{path}: the entry {info.filename!r} lies in no folder of a class")
        if info.file_size > _MAX_FILE_BYTES:
            raise ValueError(f"{path}: the entry {info.filename!r} is larger than 64 MiB")

        def read(info: zipfile.ZipInfo = info) -> bytes:
            try:
                return archive.read(info)
            except Exception as error:  # damaged, encrypted, or packed in an unknown way
                raise ValueError(f"{path}: cannot read {info.filename!r} ({error})") from error

        entries.append(_Entry(name.parent.name, f"{path}:{info.filename}", read))
    return entries


def _load(entries: list[_Entry], path: Path, size: int | None) -> Dataset:
    """Decode all entries into one array. (Threads lose more than they gain on small images.)"""
    if not entries:
        raise ValueError(f"{path} holds no images in folders by class, such as cat/0001.jpg")
    entries.sort(key=lambda entry: (entry.label, entry.name))
    classes = tuple(sorted({entry.label for entry in entries}))
    first = _decode(entries[0], size)
    shape = (len(entries), *first.shape)
    if math.prod(shape) > _MAX_VALUES:
        raise ValueError(f"{path}: images of shape {shape} take more than 4 GiB: give a size")
    images = np.empty(shape, np.float32)
    for image, entry in zip(images, entries, strict=True):
        pixels = _decode(entry, size)
        if pixels.shape != first.shape:
            raise ValueError(
                f"{entry.name} is {pixels.shape[1]} × {pixels.shape[2]}, but "
                f"{entries[0].name} {first.shape[1]} × {first.shape[2]} (H × W): give a size"
            )
        image[:] = unit_range(pixels)
    indices = {label: index for index, label in enumerate(classes)}
    labels = np.array([indices[entry.label] for entry in entries], np.int64)
    return Dataset(images, labels, classes)


def _decode(entry: _Entry, size: int | None) -> NDArray[np.uint8]:
    """Return the image as bytes of shape (3, H, W)."""
    picture = open_picture(io.BytesIO(entry.read()), entry.name)
    if size is not None:
        picture = resized(picture, size, crop=True, name=entry.name)
    return np.asarray(picture).transpose(2, 0, 1)
