"""The way back up, window by window: max-unpooling and transposed convolution.

Both are linear: the result is the sum of what each input value does alone. Every step here lets
one value through the engine's own operation, with its readable kernels, and adds up.

The lecture's two worked examples are the constants ``IMAGE``, ``VALUES`` and ``KERNEL``:
``max_pool_steps(IMAGE, 2)`` finds the maxima, ``max_unpool_steps(VALUES, IMAGE, 2)`` puts values
back where they stood, and ``conv_transpose_steps(IMAGE, KERNEL)`` stamps the kernel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

Array = NDArray[Any]

IMAGE = np.array([[120.0, 150.0, 120.0], [100.0, 50.0, 110.0], [25.0, 25.0, 10.0]])
VALUES = np.array([[300.0, 450.0], [100.0, 250.0]])
KERNEL = np.array([[1.0, -1.0], [2.0, -2.0]])


@dataclass(frozen=True, eq=False)
class WindowStep:
    """What happens at one window.

    Attributes
    ----------
    position : (row, column)
        Of the window among the windows: of the small plane's value.
    window : (slice, slice)
        The rows and columns that it covers in the large plane.
    patch : ndarray
        What is read: the window in pooling, one value (1, 1) on the way back up.
    stamp : ndarray
        What is written: one value (1, 1) in pooling, what is added to the window on the way up.
    output : ndarray
        The whole result after this step; NaN in pooling where no window has been yet.
    """

    position: tuple[int, int]
    window: tuple[slice, slice]
    patch: Array
    stamp: Array
    output: Array


def max_pool_steps(image: ArrayLike, size: int, stride: int = 1) -> list[WindowStep]:
    """Return the steps of max-pooling one plane (H, W) with size × size windows.

    Examples
    --------
    >>> from techniques.decoder import IMAGE, max_pool_steps
    >>> max_pool_steps(IMAGE, 2)[-1].output
    array([[150., 150.],
           [100., 110.]])
    """
    image = _plane(image)
    pooled, _ = _pool(image, size, stride)
    output = np.full(pooled.shape, np.nan)
    steps = []
    for row, column in np.ndindex(pooled.shape):
        window = _window(row, column, (size, size), stride)
        output[row, column] = pooled[row, column]
        stamp = pooled[row : row + 1, column : column + 1]
        steps.append(WindowStep((row, column), window, image[window], stamp, output.copy()))
    return steps


def max_unpool_steps(
    values: ArrayLike, image: ArrayLike, size: int, stride: int = 1
) -> list[WindowStep]:
    """Return the steps of putting `values` back where max-pooling `image` found its maxima.

    Where windows overlap in their maximum, the values add up.

    Parameters
    ----------
    values : array (h, w)
    image : array (H, W)
    size, stride : int
        Those of the pooling, which gives h × w windows.

    Examples
    --------
    >>> from techniques.decoder import IMAGE, VALUES, max_unpool_steps
    >>> max_unpool_steps(VALUES, IMAGE, 2)[-1].output
    array([[  0., 750.,   0.],
           [100.,   0., 250.],
           [  0.,   0.,   0.]])
    """
    values, image = _plane(values), _plane(image)
    _, indices = _pool(image, size, stride)

    def unpool(alone: Array) -> Array:
        return mg.max_unpool2d(alone, indices, size, stride, output_size=image.shape)

    return _stamped(values, unpool, (size, size), stride)


def conv_transpose_steps(image: ArrayLike, kernel: ArrayLike, stride: int = 1) -> list[WindowStep]:
    """Return the steps of a transposed convolution of one plane (H, W) with one kernel (kh, kw).

    Every value stamps the kernel, times itself; overlapping stamps add up.

    Examples
    --------
    >>> from techniques.decoder import IMAGE, KERNEL, conv_transpose_steps
    >>> steps = conv_transpose_steps(IMAGE, KERNEL)
    >>> steps[1].output[:2]
    array([[ 120.,   30., -150.,    0.],
           [ 240.,   60., -300.,    0.]])
    >>> steps[-1].output
    array([[ 120.,   30.,  -30., -120.],
           [ 340.,   10.,    0., -350.],
           [ 225., -100.,  105., -230.],
           [  50.,    0.,  -30.,  -20.]])
    """
    image, kernel = _plane(image), _plane(kernel)

    def stamp(alone: Array) -> Array:
        return mg.conv_transpose2d(alone, kernel[None, None], stride=stride)

    return _stamped(image, stamp, kernel.shape, stride)


def _stamped(values: Array, operation: Any, size: tuple[int, ...], stride: int) -> list[WindowStep]:
    """Let one value after the other through a linear operation, and add up."""
    output: Array = np.zeros(())
    steps = []
    for row, column in np.ndindex(values.shape):
        alone = np.zeros_like(values)
        alone[row, column] = values[row, column]
        with mg.kernels("reference"):
            contribution = operation(alone[None, None])[0, 0]
        window = _window(row, column, size, stride)
        output = output + contribution
        patch = values[row : row + 1, column : column + 1]
        steps.append(WindowStep((row, column), window, patch, contribution[window], output))
    return steps


def _pool(image: Array, size: int, stride: int) -> tuple[Array, Array]:
    with mg.kernels("reference"):
        pooled, indices = mg.max_pool2d(image[None, None], size, stride, return_indices=True)
    return pooled[0, 0], indices


def _window(row: int, column: int, size: tuple[int, ...], stride: int) -> tuple[slice, slice]:
    top, left = row * stride, column * stride
    return slice(top, top + size[0]), slice(left, left + size[1])


def _plane(values: ArrayLike) -> Array:
    array = np.asarray(values, float)
    if array.ndim != 2 or not array.size:
        raise ValueError(f"one plane (H, W) of numbers is stepped through, not {array.shape}")
    return array
