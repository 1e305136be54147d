"""Interpolation, and images as columns of patches (unfold) and back (fold)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..primitive import primitive
from .geometry import check_images, pair, windows

# ---- a linear map along one axis --------------------------------------------------------------


#
# Its matrix is sparse: output i is the sum over k of weight[k, i] · x[index[k, i]].


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
    weight = rng.random((2, 5))
    yield (rng.normal(size=(2, 4)),), {"axis": 1, "index": index, "weight": weight}
    yield (rng.normal(size=(4, 1, 3)),), {"axis": 0, "index": index, "weight": weight}
    yield (rng.normal(size=(4,)),), {"axis": -1, "index": index[:1], "weight": np.ones((1, 5))}


@primitive(
    formula="yᵢ = Σₖ weightₖᵢ · x[indexₖᵢ] along an axis", linear="x", sample=_resample_samples
)
def resample(x, /, axis, index, weight):
    """Combine entries of x linearly along one axis: a product with a sparse matrix.

    Parameters
    ----------
    x : array_like or Tensor
    axis : int
    index : (K, M) integers
        Which entries of x output i is made of, for i in 0 to M − 1.
    weight : (K, M) array_like
        And how much of each.

    Returns
    -------
    Tensor or ndarray
        As x, with M entries along the axis.

    Notes
    -----
    The gradient is the same operation with the transposed matrix.

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.resample([0.0, 10.0], 0, [[0, 0, 1], [0, 1, 1]], [[0.5] * 3, [0.5] * 3])
    array([ 0.,  5., 10.])
    """
    x, weight = np.asarray(x), np.asarray(weight)
    behind = (1,) * (x.ndim - 1 - axis % x.ndim)
    dtype = x.dtype if x.dtype.kind == "f" else weight.dtype
    y = None
    for positions, factors in zip(np.asarray(index), weight.astype(dtype), strict=True):
        term = np.take(x, positions, axis=axis)
        if (factors != 1).any():
            term = term * factors.reshape(-1, *behind)
        y = term if y is None else np.add(y, term, out=y)
    return y


@resample.vjp("x", "ȳ times the transposed matrix")
def resample_x(g, x_shape, axis, index, weight):
    index, weight = _transposed(np.asarray(index), np.asarray(weight), x_shape[axis])
    return resample(g, axis, index, weight)


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
    # The columns come first: a plane has fewer rows before it is enlarged.
    for axis in (3, 2):
        n, out, step = shape[axis], sizes[axis - 2], steps[axis - 2]
        if mode == "nearest":
            index, weight = _nearest(n, out, step)
        else:
            index, weight = _linear(n, out, step, align_corners)
        x = resample(x, axis, index, weight)
    return x


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
        columns[:, :, row, column] = padded[:, :, *place]
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
        image[:, :, *place] += columns[:, :, row, column]
    return image[:, :, padding[0] : padding[0] + height, padding[1] : padding[1] + width]


@fold.vjp("x", "unfold(ȳ)")
def fold_x(g, kernel_size, dilation, padding, stride):
    return unfold(g, kernel_size, dilation, padding, stride)
