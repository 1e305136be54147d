"""``minigrad style``: paint one picture in the style of others, and write it to a file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.weights import replacing
from minigrad.kernels import warm_up
from techniques.data import load_image
from techniques.progress import progress_bar

from .networks import open_network
from .result import Painting
from .transfer import style_transfer

Array = NDArray[Any]

_STAGES = 5  # pictures in a strip, before the last
_GAP = 4


def paint_file(
    content: str | os.PathLike[str],
    styles: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    size: int = 256,
    network: str = "cifar10",
    weights: str | os.PathLike[str] | None = None,
    strip: str | os.PathLike[str] | None = None,
    steps: int = 150,
    rng: int = 0,
    **options: Any,
) -> Painting:
    """Paint the picture in one file in the style of others, and write it as an image file.

    After an interruption the picture as it is then is written.

    Parameters
    ----------
    content, styles : path
    out, strip : path
        Image files to write: the picture, and stages on the way to it.
    size : int
        The shorter side of all pictures, in pixels.
    network, weights
        As in `open_network`.
    steps, rng, **options
        As in `style_transfer`.

    Raises
    ------
    ValueError, OSError
        When a file cannot be read or written, or for a bad option.
    """
    for path in (out, strip):
        if path is not None:
            _check_writable(Path(path))
    pictures = [load_image(path, size, crop=False) for path in (content, *styles)]
    painter = open_network(network, weights, rng, pictures=pictures[1][None])
    stages = sorted({round(step) for step in np.geomspace(1, max(steps, 1), _STAGES + 1)[:-1]})
    latest: list[Array] = []
    with progress_bar() as show:
        warm_up(progress=show)

        def watch(step: int, losses: Mapping[str, float], image: Array) -> None:
            latest[:] = [image[0]]
            show(step, steps, "  ".join(f"{name} {loss:.4g}" for name, loss in losses.items()))

        try:
            painting = style_transfer(
                painter.model, pictures[0], pictures[1:], painter.content_layers,
                painter.style_layers, steps=steps, rng=rng, stages=stages if strip else (),
                watch=watch, **options,
            )  # fmt: skip
        except KeyboardInterrupt:
            if latest:
                write_picture(latest[0], out)
            raise
    write_picture(painting.image, out)
    if strip is not None:
        write_picture(side_by_side([*painting.stages, painting.image]), strip)
    return painting


def side_by_side(images: Sequence[Array]) -> Array:
    """Return pictures (3, H, W) as one, with white gaps."""
    gap = np.ones((3, images[0].shape[1], _GAP), images[0].dtype)
    parts = [part for image in images for part in (gap, image)][1:]
    return np.concatenate(parts, axis=2)


def write_picture(image: Array, path: str | os.PathLike[str]) -> None:
    """Write a picture (3, H, W) in [0, 1] to an image file; the file is whole or not there."""
    from PIL import Image

    pixels = np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)
    kind = Image.registered_extensions()[Path(path).suffix.lower()]
    with replacing(path) as file:
        Image.fromarray(pixels).save(file, kind, quality=95)


def _check_writable(path: Path) -> None:
    """Refuse now, not after the work, a file that cannot be written."""
    from PIL import Image

    if path.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff"):
        raise ValueError(f"{path} must end in .png or .jpg, or another suffix of images")
    Image.init()
    if path.is_dir() or not path.parent.is_dir():
        raise ValueError(f"{path} must be a file in a folder that is there")
