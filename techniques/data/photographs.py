"""Single photographs of any size, mode and orientation."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .dataset import unit_range

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 64_000_000

# What Pillow decodes by itself; others, such as EPS, would start a program.
_FORMATS = ("JPEG", "MPO", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "AVIF", "JPEG2000")


def load_image(
    path: str | os.PathLike[str], size: int | None = None, crop: bool = True
) -> NDArray[np.float32]:
    """Load a photograph as an array (3, H, W), float32, RGB in [0, 1].

    The orientation that a camera noted is applied. Grey, palette, 16-bit and CMYK pictures become
    RGB, a transparent one is laid over white, an animated one gives its first frame.

    Parameters
    ----------
    path : path
        A JPEG, PNG, GIF, BMP, WebP, TIFF, PPM, AVIF or JPEG 2000 file.
    size : int, optional
        Resize the shorter side to this many pixels, antialiased (bicubic). None keeps the size.
    crop : bool
        With `size`, keep the central square of size × size alone.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        When the file is not an image, is truncated or damaged, or has more than 64 million pixels
        (its header is asked, before anything is decoded). The message names file and fix.

    Examples
    --------
    >>> import os, tempfile
    >>> from PIL import Image
    >>> from techniques.data import load_image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "wide.png")
    ...     Image.new("L", (60, 40), 255).save(path)
    ...     load_image(path).shape, load_image(path, size=32).shape
    ((3, 40, 60), (3, 32, 32))
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    if not path.is_file():
        raise ValueError(f"{path} is not a file: name a picture, not a folder")
    with path.open("rb") as stream:
        picture = open_picture(stream, str(path))
    if size is not None:
        picture = resized(picture, size, crop, str(path))
    return unit_range(np.asarray(picture).transpose(2, 0, 1))


def open_picture(stream: IO[bytes], name: str) -> Image.Image:
    """Decode a picture to RGB, upright; `name` is for the error messages."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.init()
    formats = [known for known in _FORMATS if known in Image.OPEN]
    try:
        picture = Image.open(stream, formats=formats)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValueError(_too_large(name, "more than 89 million pixels")) from error
    except UnidentifiedImageError as error:
        raise ValueError(
            f"{name} is not an image that can be read: give one of {', '.join(formats)}"
        ) from error
    except Exception as error:
        raise _damaged(name, error) from error
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise ValueError(_too_large(name, f"{width} × {height} pixels"))
    try:
        picture.load()
        ImageOps.exif_transpose(picture, in_place=True)
        return _to_rgb(picture)
    except Exception as error:  # a decoder that trips over its input raises almost anything
        raise _damaged(name, error) from error


def _too_large(name: str, found: str) -> str:
    return f"{name} has {found}, the limit is {MAX_PIXELS}: make it smaller first"


def _damaged(name: str, error: Exception) -> ValueError:
    return ValueError(f"{name} is truncated or damaged ({error}): save or download it again")


def _to_rgb(picture: Image.Image) -> Image.Image:
    """Return the picture in 8-bit RGB."""
    from PIL import Image

    if picture.mode.startswith("I") or picture.mode == "F":
        values = np.asarray(picture)
        if picture.mode == "F" or values.min() < 0 or values.max() > 65535:
            raise ValueError("grey values must be integers of at most 16 bits")
        picture = Image.fromarray(np.rint(values / 257).astype(np.uint8))
    elif picture.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in picture.info:
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture.convert("RGBA"))
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def resized(picture: Image.Image, size: int, crop: bool, name: str) -> Image.Image:
    """Return the picture with a shorter side of `size`, cropped to the central square or not."""
    from PIL import Image

    if not isinstance(size, int | np.integer) or size < 1:
        raise ValueError(f"size must be a positive integer, not {size!r}")
    width, height = picture.size
    shorter = min(width, height)
    box = (0.0, 0.0, float(width), float(height))
    if crop:
        left, top = (width - shorter) // 2, (height - shorter) // 2
        box = (left, top, left + shorter, top + shorter)
        width = height = shorter
    shape = round(width * size / shorter), round(height * size / shorter)
    if shape[0] * shape[1] > MAX_PIXELS:
        raise ValueError(_too_large(name, f"after resizing {shape[0]} × {shape[1]} pixels"))
    return picture.resize(shape, Image.Resampling.BICUBIC, box=box)
