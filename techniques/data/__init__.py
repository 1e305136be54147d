"""Data: the procedural set Shapes, and loaders for what a user has.

- `Shapes(count, seed)` draws textured objects on clutter, with label, texture, mask and box.
- `Scenes(count, seed)` draws several in one picture, with the class and instance of every pixel.
- `load_mnist(split)` and `load_cifar10(split)` return a `Dataset`: images (N, C, H, W) as float32
  in [0, 1], labels (N,) as int64, and the names of the classes.
- `load_camvid(split)`, `load_voc(split, size)` and `load_segmented(images, masks, classes)` return
  a `SegmentedDataset`: images, and the class of every pixel.
- `load_folder(path)` returns a `Dataset` of the images in a folder or zip file, one folder a class.
- `load_image(path, size)` returns one photograph as (3, H, W), float32 in [0, 1].
- `load_batch(paths, size)` returns photographs as torchvision's networks are tested with them,
  `read_class_names(path)` the names of classes in a file.
- `read_idx(path)` returns the array in an IDX file, `read_cifar10_batch(path)` one batch as a
  `Dataset`.
- `data_folder(data)` and `find(name, data)` return where the data lies: an argument, the folder
  that MINIGRAD_DATA names, or `../shared/data`.
"""

from .cifar10 import CIFAR10_CLASSES, load_cifar10, read_cifar10_batch
from .class_names import read_class_names
from .dataset import Dataset
from .folder import load_folder
from .location import data_folder, find
from .mnist import load_mnist, read_idx
from .photographs import load_image
from .preparation import load_batch
from .scenes import Scenes
from .segmented import (
    CAMVID_CLASSES,
    VOC_CLASSES,
    SegmentedDataset,
    load_camvid,
    load_segmented,
    load_voc,
)
from .shapes import Shapes

__all__ = [
    "CAMVID_CLASSES",
    "CIFAR10_CLASSES",
    "VOC_CLASSES",
    "Dataset",
    "Scenes",
    "SegmentedDataset",
    "Shapes",
    "data_folder",
    "find",
    "load_batch",
    "load_camvid",
    "load_cifar10",
    "load_folder",
    "load_image",
    "load_mnist",
    "load_segmented",
    "load_voc",
    "read_cifar10_batch",
    "read_class_names",
    "read_idx",
]
