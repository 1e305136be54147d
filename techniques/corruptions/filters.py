"""Blurring and resampling of pictures (H, W) or (H, W, 3), in plain NumPy."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .. import blur

Array = NDArray[Any]


def gaussian_blur(
    image: Array,
    sigma: float,
    truncate: float = 4.0,
    edge: Literal["edge", "symmetric"] = "edge",
) -> Array:
    """Blur with a Gaussian of deviation `sigma` pixels, cut off after `truncate` deviations.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.corruptions.filters import gaussian_blur
    >>> gaussian_blur(np.eye(3), 0.5).round(2)
    array([[0.81, 0.18, 0.01],
           [0.18, 0.64, 0.18],
           [0.01, 0.18, 0.81]])
    """
    return blur.gaussian_blur(image, sigma, int(truncate * sigma + 0.5), (0, 1), edge)


def correlate(image: Array, kernel: Array) -> Array:
    """Correlate each channel with a kernel of odd size; beyond the border the picture is mirrored.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.corruptions.filters import correlate
    >>> correlate(np.arange(9.0).reshape(3, 3), np.array([[0, 0, 1]]))
    array([[1., 2., 1.],
           [4., 5., 4.],
           [7., 8., 7.]])
    """
    height, width = image.shape[:2]
    down, right = kernel.shape[0] // 2, kernel.shape[1] // 2
    margins = [(down, down), (right, right)] + [(0, 0)] * (image.ndim - 2)
    padded = np.pad(image, margins, mode="reflect")
    total = np.zeros(image.shape)
    for row, column in np.argwhere(kernel):
        total += kernel[row, column] * padded[row : row + height, column : column + width]
    return total


def sample(image: Array, rows: Array, columns: Array, edge: str = "reflect") -> Array:
    """Read a picture at fractional places (H, W), bilinearly.

    Parameters
    ----------
    edge : {"reflect", "nearest"}
        What lies beyond the border: the picture mirrored, its edge not repeated, or its edge.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.corruptions.filters import sample
    >>> sample(np.array([[0.0, 10.0]]), np.array([[0.0, 0.0]]), np.array([[0.25, -0.5]]))
    array([[2.5, 5. ]])
    """
    height, width = image.shape[:2]
    rows, columns = _inside(rows, height, edge), _inside(columns, width, edge)
    top = np.minimum(rows.astype(int), max(height - 2, 0))
    left = np.minimum(columns.astype(int), max(width - 2, 0))
    bottom, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    shape = rows.shape + (1,) * (image.ndim - 2)
    down, across = (rows - top).reshape(shape), (columns - left).reshape(shape)
    upper = image[top, left] * (1 - across) + image[top, right] * across
    lower = image[bottom, left] * (1 - across) + image[bottom, right] * across
    return upper * (1 - down) + lower * down


def _inside(places: Array, size: int, edge: str) -> Array:
    """Bring places into 0 … size − 1."""
    if edge == "reflect" and size > 1:
        turn = 2 * (size - 1)
        places = np.abs((places + size - 1) % turn - (size - 1))
    return np.clip(places, 0, size - 1)


def zoomed(image: Array, factor: float) -> Array:
    """Enlarge by `factor` about the centre, and cut to the same size."""
    height, width = image.shape[:2]
    rows, columns = np.mgrid[:height, :width].astype(float)
    middle_row, middle_column = (height - 1) / 2, (width - 1) / 2
    return sample(
        image,
        middle_row + (rows - middle_row) / factor,
        middle_column + (columns - middle_column) / factor,
        edge="nearest",
    )


def motion_blurred(image: Array, radius: float, sigma: float, angle: float) -> Array:
    """Blur along one direction with half a Gaussian, 2 `radius` + 1 pixels long.

    Parameters
    ----------
    angle : float
        In degrees, from the axis of columns towards that of rows.
    """
    length = int(2 * radius + 1)
    weights = np.exp(-0.5 * (np.arange(length) / sigma) ** 2)
    weights /= weights.sum()
    height, width = image.shape[:2]
    rows, columns = np.arange(height), np.arange(width)
    down, right = np.sin(np.radians(angle)), np.cos(np.radians(angle))
    total = np.zeros(image.shape)
    for step, weight in enumerate(weights):
        from_row = np.clip(rows + round(step * down), 0, height - 1)
        from_column = np.clip(columns + round(step * right), 0, width - 1)
        total += weight * image[from_row[:, None], from_column]
    return total


def fractal(size: int, decay: float, rng: np.random.Generator) -> Array:
    """Diamond-square noise (size, size) in [0, 1] that repeats at its borders.

    Each new point is the mean of four neighbours plus uniform noise, whose width is divided by
    decay² from one scale to the next: the larger the decay, the smoother.

    Parameters
    ----------
    size : int
        A power of two.
    """
    field, step, width = np.zeros((size, size)), size, 1.0

    def set_to_mean(rows: slice, columns: slice, *neighbours: Array) -> None:
        mean = sum(neighbours) / 4
        field[rows, columns] = mean + rng.uniform(-width, width, np.shape(mean))

    while step >= 2:
        half = step // 2
        corners, middles = slice(0, None, step), slice(half, None, step)
        corner = field[corners, corners]
        below = np.roll(corner, -1, axis=0)
        set_to_mean(middles, middles, corner, below, np.roll(corner, -1, 1), np.roll(below, -1, 1))
        centre = field[middles, middles]
        set_to_mean(corners, middles, corner, np.roll(corner, -1, 1), centre, np.roll(centre, 1, 0))
        set_to_mean(middles, corners, corner, np.roll(corner, -1, 0), centre, np.roll(centre, 1, 1))
        step, width = half, width / decay**2
    field -= field.min()
    return field / (field.max() or 1)


def fractal_for(image: Array, decay: float, rng: np.random.Generator) -> Array:
    """`fractal` noise as large as a picture, (H, W)."""
    height, width = image.shape[:2]
    size = 1 << max(height - 1, width - 1, 1).bit_length()
    return fractal(size, decay, rng)[:height, :width]
