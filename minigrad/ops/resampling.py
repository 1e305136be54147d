"""Interpolation, and images as columns of patches (unfold) and back (fold)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..kernels import reference
from ..primitive import primitive
from ..settings import kernel
from .geometry import check_images, pair, windows

# ---- a linear map of rows and columns ---------------------------------------------------------
#
# The matrix of each axis is sparse: output i is the sum over k of weight[k, i] · x[index[k, i]].


def _transposed(index, weight, size):
    """The index and weight of the transposed matrix, whose outputs are the `size` inputs."""
    used = weight != 0
    source, scale = index[used], weight[used]
    destination = np.broadcast_to(np.arange(index.shape[1]), index.shape)[used]
    order = np.argsort(source, kind="stable")
    source, destination, scale = source[order], destination[order], scale[order]
    # The entries of one row of the transposed matrix are numbered 0, 1, 2, ...
    number = np.arange(source.size) - np.searchsorted(source, source)
    terms = int(number.max(initial=0)) + 1
    back, factor = np.zeros((terms, size), int), np.zeros((terms, size))
    back[number, source] = destination
    factor[number, source] = scale
    return back, factor


def _resample_samples(rng):
    index = np.array([[0, 0, 1, 2, 2], [1, 1, 2, 3, 3]])
    bilinear = {"row_index": index, "row_weight": rng.random((2, 5))}
    nearest = {"column_index": index[:1], "column_weight": np.ones((1, 5))}
    yield (rng.normal(size=(2, 1, 4, 3)),), {**bilinear, **nearest}


@primitive(
    name="resample",
    formula="y = R x Cᵀ for every plane, where the matrices R and C are sparse",
    linear="x",
    sample=_resample_samples,
)
def _resample(x, /, row_index, row_weight, column_index, column_weight):
    x = np.asarray(x)
    made = math.prod(x.shape[:2]) * row_index.shape[1] * column_index.shape[1]
    large = x.size + made >= 1 << 16 and x.dtype.char in "fd"
    resample = kernel("resample") if large else reference.resample
    y = resample(x, (row_index, row_weight), (column_index, column_weight))
    return y.astype(x.dtype, copy=False) if x.dtype.kind == "f" else y


@_resample.vjp("x", "Rᵀ ȳ C")
def _resample_x(g, x_shape, row_index, row_weight, column_index, column_weight):
    rows = _transposed(row_index, row_weight, x_shape[2])
    columns = _transposed(column_index, column_weight, x_shape[3])
    return _resample(g, *rows, *columns)


# ---- interpolation ----------------------------------------------------------------------------


def _nearest(size, out, step):
    """Output i is input ⌊i · step⌋ (in single precision, as PyTorch has it)."""
    position = np.floor(np.arange(out, dtype=np.float32) * np.float32(step)).astype(int)
    return np.minimum(position, size - 1)[None], np.ones((1, out))


def _linear(size, out, step, align_corners):
    """Output i lies between two inputs; the nearer one counts more."""
    if out == size:
        position = np.arange(out)  # nothing to do, whatever the factor (as PyTorch has it)
    elif align_corners:
        # The centres of the first and of the last pixel stay where they are.
        position = np.arange(out) * ((size - 1) / (out - 1) if out > 1 else 0.0)
    else:
        # Pixel i covers [i, i + 1): centres lie at halves, and nothing lies left of the first.
        position = np.maximum((np.arange(out) + 0.5) * step - 0.5, 0)
    low = np.minimum(position.astype(int), size - 1)
    high = np.minimum(low + 1, size - 1)
    share = np.clip(position - low, 0, 1)
    return np.stack([low, high]), np.stack([1 - share, share])


def _sizes(shape, size, scale_factor):
    """For each axis the new size, and how far one output step is in inputs."""
    if (size is None) == (scale_factor is None):
        raise ValueError(
            f"give either size or scale_factor, not size={size!r} and scale_factor={scale_factor!r}"
        )
    if size is not None:
        sizes = pair(size, "size", 1)
        return sizes, [n / m for n, m in zip(shape, sizes, strict=True)]
    is_pair = isinstance(scale_factor, (tuple, list))
    factors = tuple(scale_factor) if is_pair else (scale_factor, scale_factor)
    if len(factors) != 2 or not all(0 < factor < math.inf for factor in factors):
        raise ValueError(
            f"scale_factor is a positive number or a pair of them, not {scale_factor!r}"
        )
    sizes = tuple(math.floor(n * factor) for n, factor in zip(shape, factors, strict=True))
    if min(sizes) < 1:
        raise ValueError(f"images of {shape} times {scale_factor} have no pixel left: {sizes}")
    return sizes, [1 / factor for factor in factors]


def interpolate(
    x: Any,
    size: int | tuple[int, int] | None = None,
    scale_factor: float | tuple[float, float] | None = None,
    mode: str = "nearest",
    align_corners: bool = False,
) -> Any:
    """Enlarge or shrink images.

    Parameters
    ----------
    x : (N, C, H, W) array_like or Tensor
    size : int or pair of int, optional
        The new height and width.
    scale_factor : float or pair of float, optional
        Or how much larger they become: ``floor(H · scale_factor)``. The factor itself maps the
        coordinates, not the ratio of the rounded sizes.
    mode : {"nearest", "bilinear"}
        "nearest" takes pixel ``floor(i / scale)``; "bilinear" weights the four around the
        point (without smoothing first when it shrinks).
    align_corners : bool
        For "bilinear": map the centres of the corner pixels onto each other, instead of the
        borders of the image.

    Returns
    -------
    Tensor or ndarray
        (N, C, new H, new W), of x's dtype.

    Raises
    ------
    ValueError
        If the size is not positive, both or none of size and factor are given, or the mode is
        unknown.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.interpolate([[[[0.0, 4.0]]]], size=(1, 4), mode="bilinear")
    array([[[[0., 1., 3., 4.]]]])
    """
    shape = check_images(x, "interpolate")
    if mode not in ("nearest", "bilinear"):
        raise ValueError(f"mode is 'nearest' or 'bilinear', not {mode!r}")
    if align_corners and mode == "nearest":
        raise ValueError("align_corners is for mode='bilinear'")
    if min(shape[2:]) < 1:
        raise ValueError(f"images of shape {shape} have no pixels")
    sizes, steps = _sizes(shape[2:], size, scale_factor)
    axes: list[Any] = []
    for n, out, step in zip(shape[2:], sizes, steps, strict=True):
        axes += (
            _nearest(n, out, step) if mode == "nearest" else _linear(n, out, step, align_corners)
        )
    return _resample(x, *axes)


# ---- patches ----------------------------------------------------------------------------------


def _patch_geometry(size, kernel_size, dilation, padding, stride):
    """The settings as pairs, and how many patches there are along each axis."""
    kernel_size = pair(kernel_size, "kernel_size", 1)
    dilation, stride = pair(dilation, "dilation", 1), pair(stride, "stride", 1)
    padding = pair(padding, "padding", 0)
    counts = windows(size, kernel_size, stride, padding, dilation)
    return kernel_size, dilation, padding, stride, counts


def _patch_samples(rng):
    yield (rng.normal(size=(2, 2, 4, 3)), 2), {}
    yield (rng.normal(size=(1, 2, 5, 4)), (3, 2)), {"padding": (1, 0), "stride": (2, 1)}
    yield (rng.normal(size=(1, 1, 5, 5)), 2), {"dilation": 2, "padding": 1, "stride": 2}


@primitive(formula="the patches of x, as columns", linear="x", sample=_patch_samples)
def unfold(x, /, kernel_size, dilation=1, padding=0, stride=1):
    """Lay out the patches of images as columns (im2col).

    Parameters
    ----------
    x : (N, C, H, W) array_like or Tensor
    kernel_size, dilation, padding, stride : int or pair of int
        As in `conv2d`; the padding is zeros.

    Returns
    -------
    Tensor or ndarray
        (N, C · kernel rows · kernel columns, L), a column for each of the L positions of the
        kernel, row by row.

    Raises
    ------
    ValueError
        If a setting is too small, or the kernel larger than the padded image.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.unfold([[[[1.0, 2.0, 3.0]]]], (1, 2))
    array([[[1., 2.],
            [2., 3.]]])
    """
    n, channels, *size = check_images(x, "unfold")
    kernel, dilation, padding, stride, counts = _patch_geometry(
        size, kernel_size, dilation, padding, stride
    )
    x = np.asarray(x)
    columns = np.zeros((n, channels, *kernel, *counts), x.dtype)
    padded = np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    for row, column, place in _taps(kernel, dilation, stride, counts):
        columns[:, :, row, column] = padded[(..., *place)]
    return columns.reshape(n, channels * kernel[0] * kernel[1], counts[0] * counts[1])


def _taps(kernel, dilation, stride, counts):
    """Each place in the kernel, and the pixels that it meets as the kernel moves."""
    for row in range(kernel[0]):
        for column in range(kernel[1]):
            yield (
                row,
                column,
                tuple(
                    slice(start * d, start * d + s * (count - 1) + 1, s)
                    for start, d, s, count in zip(
                        (row, column), dilation, stride, counts, strict=True
                    )
                ),
            )


@unfold.vjp("x", "fold(ȳ)")
def unfold_x(g, x_shape, kernel_size, dilation, padding, stride):
    return fold(g, x_shape[2:], kernel_size, dilation, padding, stride)


def _column_samples(rng):
    yield (rng.normal(size=(2, 8, 6)), (4, 3), 2), {}
    yield (rng.normal(size=(1, 8, 4)), (3, 4)), {"kernel_size": 2, "stride": 2, "padding": (1, 0)}


@primitive(formula="the columns summed as patches of an image", linear="x", sample=_column_samples)
def fold(x, /, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Put columns back as patches of images and sum where they overlap (col2im).

    The adjoint of `unfold`, not its inverse: a pixel in four patches comes back four times.

    Parameters
    ----------
    x : (N, C · kernel rows · kernel columns, L) array_like or Tensor
    output_size : int or pair of int
        H and W of the images.
    kernel_size, dilation, padding, stride : int or pair of int
        As in `unfold`.

    Returns
    -------
    Tensor or ndarray
        (N, C, H, W).

    Raises
    ------
    ValueError
        If x does not have the shape that `unfold` gives for these settings.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.fold([[[1.0, 2.0], [2.0, 3.0]]], (1, 3), (1, 2))
    array([[[[1., 4., 3.]]]])
    """
    x = np.asarray(x)
    height, width = pair(output_size, "output_size", 1)
    kernel, dilation, padding, stride, counts = _patch_geometry(
        (height, width), kernel_size, dilation, padding, stride
    )
    taps, positions = kernel[0] * kernel[1], counts[0] * counts[1]
    if x.ndim != 3 or x.shape[1] % taps or x.shape[2] != positions:
        raise ValueError(
            f"fold takes (N, C · {taps}, {positions}) for an image of {(height, width)} and a "
            f"kernel of {kernel} (dilation {dilation}, padding {padding}, stride {stride}), not "
            f"shape {x.shape}"
        )
    n, channels = x.shape[0], x.shape[1] // taps
    columns = x.reshape(n, channels, *kernel, *counts)
    image = np.zeros((n, channels, height + 2 * padding[0], width + 2 * padding[1]), x.dtype)
    for row, column, place in _taps(kernel, dilation, stride, counts):
        image[(..., *place)] += columns[:, :, row, column]
    return image[:, :, padding[0] : padding[0] + height, padding[1] : padding[1] + width]


@fold.vjp("x", "unfold(ȳ)")
def fold_x(g, kernel_size, dilation, padding, stride):
    return unfold(g, kernel_size, dilation, padding, stride)
