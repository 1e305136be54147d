"""Images with the class of every pixel: the CamVid and VOC layouts, and folders of masks."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .dataset import unit_range
from .location import set_folder
from .photographs import open_picture, resized

CAMVID_CLASSES = (
    "sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian",
    "bicyclist",
)  # fmt: skip
VOC_CLASSES = (
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair",
    "cow", "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa",
    "train", "tvmonitor",
)  # fmt: skip
_IMAGES = {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm"}
_MASKS = {".png", ".bmp", ".gif", ".tif", ".tiff", ".pgm"}


@dataclass(frozen=True, eq=False)
class SegmentedDataset:
    """Images and the class of each of their pixels.

    Attributes
    ----------
    images : ndarray, float32, shape (N, 3, H, W)
        In [0, 1].
    masks : ndarray, int64, shape (N, H, W)
        Indices into `classes`, or `ignore_index`.
    classes : tuple of str
    ignore_index : int or None
        The value of pixels that belong to no class.
    """

    images: NDArray[np.float32]
    masks: NDArray[np.int64]
    classes: tuple[str, ...]
    ignore_index: int | None = None

    def __len__(self) -> int:
        return len(self.images)


def load_camvid(split: str, data: str | os.PathLike[str] | None = None) -> SegmentedDataset:
    """Load street scenes in the layout of CamVid: `train`, `trainannot`, `val`, `valannot`, ….

    Parameters
    ----------
    split : {"train", "val", "test"}
    data : path, optional
        The data folder, or the set's own; see `data_folder`.

    Returns
    -------
    SegmentedDataset
        Of 11 classes; 11 is the void.

    Raises
    ------
    FileNotFoundError
        When the set or the split is not there.
    ValueError
        When a picture has no mask, another size than the others, or a class out of range.

    Examples
    --------
    >>> from techniques.data import load_camvid
    >>> load_camvid("val").masks.shape  # doctest: +SKIP
    (101, 180, 240)
    """
    folder = set_folder("camvid", data)
    for name in (split, f"{split}annot"):
        if not (folder / name).is_dir():
            raise FileNotFoundError(f"{folder} has no folder {name}")
    return load_segmented(
        folder / split, folder / f"{split}annot", CAMVID_CLASSES, len(CAMVID_CLASSES)
    )


def load_voc(split: str, size: int, data: str | os.PathLike[str] | None = None) -> SegmentedDataset:
    """Load pictures in the layout of Pascal VOC, resized to one size.

    Parameters
    ----------
    split : {"train", "val", "trainval"}
        The list is `ImageSets/Segmentation/SPLIT.txt`.
    size : int
        The shorter side is resized to it and the central square kept.
    data : path, optional
        The data folder with `VOC2012` in it, or that folder itself.

    Returns
    -------
    SegmentedDataset
        Of 21 classes, the first of them the background; 255 is the void between objects.

    Raises
    ------
    FileNotFoundError, ValueError
        As in `load_camvid`.

    Examples
    --------
    >>> from techniques.data import load_voc
    >>> load_voc("val", size=128).images.shape  # doctest: +SKIP
    (1449, 3, 128, 128)
    """
    folder = set_folder("VOC2012", data)
    names = (folder / "ImageSets" / "Segmentation" / f"{split}.txt").read_text().split()
    pairs = [
        (folder / "JPEGImages" / f"{name}.jpg", folder / "SegmentationClass" / f"{name}.png")
        for name in names
    ]
    return _load_pairs(pairs, VOC_CLASSES, 255, size, None)


def load_segmented(
    images: str | os.PathLike[str],
    masks: str | os.PathLike[str],
    classes: Sequence[str],
    ignore_index: int | None = None,
    size: int | None = None,
    colours: Sequence[tuple[int, int, int]] | None = None,
) -> SegmentedDataset:
    """Load a folder of pictures and a folder of masks with the same names.

    A mask holds the index of each pixel's class, as grey values or in a palette; or black and
    white (0 and 255) for two classes; or a colour for each class, which `colours` lists.

    Parameters
    ----------
    images, masks : path
    classes : sequence of str
    ignore_index : int, optional
        The value in the masks that is no class.
    size : int, optional
        Resize the shorter side to it and keep the central square: of masks, whole pixels. None
        requires that all have one size.
    colours : sequence of (red, green, blue), optional
        One for each class, in bytes; with an `ignore_index`, any other colour is ignored.

    Raises
    ------
    FileNotFoundError
        When a folder is not there.
    ValueError
        When a picture has no mask or none has the other's size, or a mask holds what is no class;
        the message names the file and what to do.

    Examples
    --------
    >>> import pathlib, tempfile, numpy as np
    >>> from PIL import Image
    >>> from techniques.data import load_segmented
    >>> with tempfile.TemporaryDirectory() as name:
    ...     folder = pathlib.Path(name)
    ...     for part in ("images", "masks"):
    ...         (folder / part).mkdir()
    ...         Image.fromarray(np.eye(4, dtype=np.uint8) * 255).save(folder / part / "1.png")
    ...     load_segmented(folder / "images", folder / "masks", ["no", "yes"]).masks[0, 0]
    array([1, 0, 0, 0])
    """
    folders = [Path(images), Path(masks)]
    for folder in folders:
        if not folder.is_dir():
            raise FileNotFoundError(f"there is no folder {folder}")
    of_name = {path.stem: path for path in folders[1].iterdir() if path.suffix.lower() in _MASKS}
    pairs = []
    for path in sorted(folders[0].iterdir()):
        if path.suffix.lower() not in _IMAGES or path.name.startswith("."):
            continue
        if path.stem not in of_name:
            lossy = list(folders[1].glob(f"{glob.escape(path.stem)}.jp*g"))
            why = f": {lossy[0].name} is compressed, which changes its values" if lossy else ""
            raise ValueError(f"{path} has no mask {folders[1] / path.stem}.png{why}")
        pairs.append((path, of_name[path.stem]))
    return _load_pairs(pairs, tuple(classes), ignore_index, size, colours)


def _load_pairs(
    pairs: Sequence[tuple[Path, Path]],
    classes: tuple[str, ...],
    ignore_index: int | None,
    size: int | None,
    colours: Sequence[tuple[int, int, int]] | None,
) -> SegmentedDataset:
    if not pairs:
        raise ValueError("there are no pictures to load")
    images: list[NDArray[np.uint8]] = []
    masks: list[NDArray[np.uint8]] = []
    for image_path, mask_path in pairs:
        with image_path.open("rb") as stream:
            picture = open_picture(stream, str(image_path))
        if size is not None:
            picture = resized(picture, size, crop=True, name=str(image_path))
        pixels = np.asarray(picture).transpose(2, 0, 1)
        mask = _read_mask(mask_path, size, colours)
        if pixels.shape[1:] != mask.shape[:2]:
            raise ValueError(
                f"{image_path} is {pixels.shape[1]} × {pixels.shape[2]} and its mask {mask_path} "
                f"{mask.shape[0]} × {mask.shape[1]}: they must have one size"
            )
        if images and pixels.shape != images[0].shape:
            raise ValueError(f"{image_path} has another size than {pairs[0][0]}: give a size")
        images.append(pixels)
        masks.append(mask)
    indices = _as_indices(np.stack(masks), classes, ignore_index, colours, pairs)
    return SegmentedDataset(unit_range(np.stack(images)), indices, classes, ignore_index)


def _read_mask(path: Path, size: int | None, colours: object) -> NDArray[np.uint8]:
    """A mask's own values (H, W), or its colours (H, W, 3)."""
    from PIL import Image

    try:
        with Image.open(path) as opened:
            opened.load()
            mask: Image.Image = opened
            if colours is not None:
                mask = mask.convert("RGB")
            elif mask.mode == "1":
                mask = mask.convert("L")
            elif mask.mode not in ("L", "P"):
                raise ValueError(
                    f"{path} is a mask in mode {mask.mode}: give `colours`, one for each class, or "
                    "save the classes as grey values"
                )
            if size is not None:
                width, height = mask.size
                shorter = min(width, height)
                left, top = (width - shorter) // 2, (height - shorter) // 2
                box = (left, top, left + shorter, top + shorter)
                mask = mask.resize((size, size), Image.Resampling.NEAREST, box=box)
            return np.asarray(mask)
    except OSError as error:
        raise ValueError(f"{path} is no mask that can be read: {error}") from error


def _as_indices(
    masks: NDArray[np.uint8],
    classes: tuple[str, ...],
    ignore_index: int | None,
    colours: Sequence[tuple[int, int, int]] | None,
    pairs: Sequence[tuple[Path, Path]],
) -> NDArray[np.int64]:
    """The class of each pixel, whichever way the masks say it."""
    if colours is not None:
        if len(colours) != len(classes):
            raise ValueError(f"{len(colours)} colours for {len(classes)} classes")
        as_bytes = [c for c in colours if len(c) == 3 and all(0 <= v <= 255 for v in c)]
        if len({tuple(c) for c in as_bytes}) != len(colours):
            raise ValueError(
                "colours must be different (red, green, blue) from 0 to 255, one for each class, "
                f"not {colours}"
            )
        unknown = -1 if ignore_index is None else ignore_index
        indices = np.full(masks.shape[:3], unknown, np.int64)
        for index, colour in enumerate(colours):
            indices[(masks == np.array(colour, np.uint8)).all(axis=-1)] = index
        if ignore_index is None and (indices == -1).any():
            number, y, x = np.argwhere(indices == -1)[0]
            raise ValueError(
                f"{pairs[number][1]} holds the colour {tuple(masks[number, y, x].tolist())}, which "
                "is none of the `colours`; with an ignore_index it is left out"
            )
        return indices
    values = np.unique(masks)
    if len(classes) == 2 and set(values.tolist()) <= {0, 255} and ignore_index != 255:
        return (masks == 255).astype(np.int64)  # black and white
    wrong = [v for v in values.tolist() if v >= len(classes) and v != ignore_index]
    if wrong:
        number = int(np.argwhere(masks == wrong[0])[0][0])
        advice = "name all classes, or pass it as ignore_index"
        if len(wrong) > 20:
            advice = (
                f"{len(values)} values in the masks are no classes but shades, of smooth edges or "
                "of a photograph: save whole classes, without smoothing"
            )
        elif 255 in wrong:
            advice = (
                "if 255 is the void, pass ignore_index=255; if the masks are black and white, "
                "give two classes"
            )
        raise ValueError(
            f"{pairs[number][1]} holds {wrong[0]}, which is none of the {len(classes)} classes: "
            f"{advice}"
        )
    return masks.astype(np.int64)
