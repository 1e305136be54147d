"""Pooling and max-unpooling: unpooling is the backward pass of max-pooling."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import primitive
from ..settings import kernel as kernel_in_force
from .arrays import plain
from .geometry import Pair, check_images, pair, windows
from .indexing import scatter
from .resampling import _resample


def _for_the_kernels(x: Any) -> np.ndarray:
    """An array of a precision that the kernels know, single or double."""
    x = np.asarray(x)
    if x.dtype.char in "fd":
        return x
    return x.astype(np.float32 if x.dtype == np.float16 else np.float64)


def _in_dtype_of(x: Any, result: np.ndarray) -> np.ndarray:
    """The kernels' result; half precision again where x is."""
    return result.astype(np.float16) if np.asarray(x).dtype == np.float16 else result


# ---- max-pooling and its adjoint --------------------------------------------------------------


def _images(rng, *shape):
    """Images no two of whose values are close, so that no maximum is near a tie."""
    return rng.permutation(np.linspace(-2, 2, int(np.prod(shape)))).reshape(shape)


def _max_pool2d_sample(rng):
    options = {"stride": (2, 2), "padding": (0, 0), "dilation": (1, 1)}
    yield (_images(rng, 2, 3, 4, 6),), {"kernel_size": (2, 2), "output_size": (2, 3), **options}
    options = {"stride": (2, 1), "padding": (1, 1), "dilation": (1, 2)}
    yield (_images(rng, 1, 2, 5, 6),), {"kernel_size": (3, 2), "output_size": (3, 6), **options}


def _max_pool2d_branches(x, **options):
    return _max_pool2d.forward(x, **options)[1]


# What is kept for the backward pass is the number of the winner in its window: a byte each.
@primitive(
    name="max_pool2d",
    formula="the largest value of each window",
    kinks="ties go to the first in row-major order; NaN wins",
    saves=("winners",),
    branches=_max_pool2d_branches,
    sample=_max_pool2d_sample,
)
def _max_pool2d(x, /, kernel_size, stride, padding, dilation, output_size):
    values, winners = kernel_in_force("max_pool2d")(
        _for_the_kernels(x), kernel_size, stride, padding, dilation, output_size
    )
    return _in_dtype_of(x, values), winners


@_max_pool2d.vjp("x", "ȳ unpooled to where the maxima were")
def _max_pool2d_x(g, x_shape, winners, kernel_size, stride, padding, dilation):
    return _max_unpool2d(g, winners, kernel_size, stride, padding, dilation, x_shape[2:])


def _max_unpool2d_sample(rng):
    for (x,), options in _max_pool2d_sample(rng):
        values, winners = _max_pool2d.forward(x, **options)
        yield (values, winners), {**options, "output_size": x.shape[2:]}


@primitive(
    name="max_unpool2d",
    formula="each value put where the winner of its window was, what meets summed",
    linear=("x",),
    sample=_max_unpool2d_sample,
)
def _max_unpool2d(x, winners, /, kernel_size, stride, padding, dilation, output_size):
    y = kernel_in_force("max_unpool2d")(
        _for_the_kernels(x), winners, kernel_size, stride, padding, dilation, output_size
    )
    return _in_dtype_of(x, y)


@_max_unpool2d.vjp("x", "ȳ where the winners were")
def _max_unpool2d_x(g, winners, kernel_size, stride, padding, dilation):
    return _gather2d(g, winners, kernel_size, stride, padding, dilation)


def _gather2d_sample(rng):
    for (x,), options in _max_pool2d_sample(rng):
        _, winners = _max_pool2d.forward(x, **options)
        del options["output_size"]
        yield (x, winners), options


@primitive(
    name="gather2d",
    formula="the winner of each window",
    linear=("x",),
    sample=_gather2d_sample,
)
def _gather2d(x, winners, /, kernel_size, stride, padding, dilation):
    y = kernel_in_force("gather2d")(
        _for_the_kernels(x), winners, kernel_size, stride, padding, dilation
    )
    return _in_dtype_of(x, y)


@_gather2d.vjp("x", "ȳ unpooled")
def _gather2d_x(g, winners, x_shape, kernel_size, stride, padding, dilation):
    return _max_unpool2d(g, winners, kernel_size, stride, padding, dilation, x_shape[2:])


def max_pool2d(
    x: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Keep the largest value of each window.

    Parameters
    ----------
    x : (N, C, H, W)
    kernel_size, stride, padding, dilation : int or pair
        The stride is the kernel's size unless given. Padding, at most half a kernel, never wins.
    ceil_mode : bool
        Round the number of windows up, so that the last may overhang.
    return_indices : bool
        Also return where each maximum was: flat positions in the plane, as `max_unpool2d` takes.

    Returns
    -------
    (N, C, H', W') values, or values and indices
        At ties the first position in row-major order.

    Raises
    ------
    ValueError, TypeError
        If the kernel is larger than the padded image, the padding more than half of the kernel, or
        a setting too small or no integer.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> x = np.array([[[[120.0, 150.0, 120.0], [100.0, 50.0, 110.0], [25.0, 25.0, 10.0]]]])
    >>> values, indices = mg.max_pool2d(x, 2, stride=1, return_indices=True)
    >>> values[0, 0], indices[0, 0]
    (array([[150., 150.],
           [100., 110.]]), array([[1, 1],
           [3, 5]]))
    """
    shape = check_images(x, "max_pool2d")
    options = _pooling_options(shape, kernel_size, stride, padding, ceil_mode, dilation)
    if not return_indices:
        return _max_pool2d(x, **options)
    values, winners = _max_pool2d.call_with_saved(x, **options)
    del options["output_size"]
    return values, kernel_in_force("winner_indices")(winners, shape[2:], **options)


def max_unpool2d(
    x: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
    mode: str = "sum",
) -> Any:
    """Put values back where max-pooling found them; zeros elsewhere.

    Parameters
    ----------
    x : (N, C, H, W)
    indices : int array like x
        Flat positions in each output plane, from ``max_pool2d(..., return_indices=True)``.
    kernel_size, stride, padding : int or pair
        Those of the pooling; they give the output's size unless `output_size` does.
    output_size : pair or shape, optional
    mode : {"sum", "overwrite"}
        What happens where overlapping windows share a maximum. "sum" is the backward pass of
        max-pooling; "overwrite" keeps the last value in row-major order.

    Returns
    -------
    (N, C, H', W')

    Raises
    ------
    ValueError, IndexError
        If the shapes differ, or an index lies outside its plane.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> x = np.array([[[[300.0, 450.0], [100.0, 250.0]]]])
    >>> indices = np.array([[[[1, 1], [3, 5]]]])
    >>> mg.max_unpool2d(x, indices, 2, stride=1)[0, 0]
    array([[  0., 750.,   0.],
           [100.,   0., 250.],
           [  0.,   0.,   0.]])
    """
    shape = check_images(x, "max_unpool2d")
    kernel = pair(kernel_size, "kernel_size", 1)
    step = kernel if stride is None else pair(stride, "stride", 1)
    around = pair(padding, "padding", 0)
    if output_size is None:
        size = (
            (shape[2] - 1) * step[0] - 2 * around[0] + kernel[0],
            (shape[3] - 1) * step[1] - 2 * around[1] + kernel[1],
        )
    else:
        size = pair(tuple(output_size)[-2:], "output_size", 1)
    positions = plain(indices)
    if positions.dtype.kind not in "iu":
        raise TypeError(f"indices are integers, not {positions.dtype}")
    if positions.shape != shape:
        raise ValueError(
            f"there is one index a value: x has shape {shape}, indices {positions.shape}"
        )
    if mode not in ("sum", "overwrite"):
        raise ValueError(f"mode is 'sum' or 'overwrite', not {mode!r}")
    options = {"kernel_size": kernel, "stride": step, "padding": around, "dilation": (1, 1)}
    winners = kernel_in_force("index_winners")(positions, size, **options)
    if winners is None:
        _check_positions(positions, size)
    if mode == "overwrite":
        x = x * _survives(positions, size)
    if winners is None:
        return _unpool_anywhere(x, positions, size)
    return _max_unpool2d(x, winners, output_size=size, **options)


def _check_positions(positions: np.ndarray, size: Pair) -> None:
    wrong = (positions < 0) | (positions >= size[0] * size[1])
    if wrong.any():
        raise IndexError(
            f"index {positions[wrong][0]} lies outside a plane of {size[0]}×{size[1]}: give the "
            "output_size of the image that was pooled"
        )


def _unpool_anywhere(x: Any, positions: np.ndarray, size: Pair) -> Any:
    """Put values at positions that do not lie in their windows."""
    shape = positions.shape
    planes = shape[0] * shape[1]
    values = np.reshape(x, (planes, shape[2] * shape[3]))
    index = np.arange(planes)[:, None], positions.reshape(values.shape)
    y = scatter(values, index, (planes, size[0] * size[1]))
    return np.reshape(y, (*shape[:2], *size))


def _survives(positions: np.ndarray, size: Pair) -> np.ndarray:
    """Whether a value is the last of those that are put at its position."""
    flat = positions.reshape(-1, positions.shape[2] * positions.shape[3])
    planes = np.arange(len(flat))[:, None]
    order = np.broadcast_to(np.arange(flat.shape[1]), flat.shape)
    last = np.zeros((len(flat), size[0] * size[1]), np.int64)
    np.maximum.at(last, (planes, flat), order)
    return (last[planes, flat] == order).reshape(positions.shape)


# ---- average pooling and its adjoint ----------------------------------------------------------


def _avg_pool2d_sample(rng):
    options = {"stride": (2, 1), "padding": (1, 0), "count_include_pad": False}
    options |= {"kernel_size": (3, 2), "output_size": (3, 3)}
    yield (rng.normal(size=(2, 3, 5, 4)),), options


@primitive(
    name="avg_pool2d",
    formula="the mean of each window",
    linear=("x",),
    sample=_avg_pool2d_sample,
)
def _avg_pool2d(x, /, kernel_size, stride, padding, output_size, count_include_pad):
    y = kernel_in_force("avg_pool2d")(
        _for_the_kernels(x), kernel_size, stride, padding, output_size, count_include_pad
    )
    return _in_dtype_of(x, y)


@_avg_pool2d.vjp("x", "ȳ spread evenly over each window")
def _avg_pool2d_x(g, x_shape, kernel_size, stride, padding, output_size, count_include_pad):
    return _avg_unpool2d(g, kernel_size, stride, padding, x_shape[2:], count_include_pad)


def _avg_unpool2d_sample(rng):
    options = {"stride": (2, 1), "padding": (1, 0), "count_include_pad": False}
    yield (rng.normal(size=(2, 3, 3, 3)),), {"kernel_size": (3, 2), "input_size": (5, 4), **options}


@primitive(
    name="avg_unpool2d",
    formula="each value spread evenly over its window",
    linear=("x",),
    sample=_avg_unpool2d_sample,
)
def _avg_unpool2d(x, /, kernel_size, stride, padding, input_size, count_include_pad):
    y = kernel_in_force("avg_pool2d_input_gradient")(
        _for_the_kernels(x), input_size, kernel_size, stride, padding, count_include_pad
    )
    return _in_dtype_of(x, y)


@_avg_unpool2d.vjp("x", "the mean of ȳ in each window")
def _avg_unpool2d_x(g, x_shape, kernel_size, stride, padding, input_size, count_include_pad):
    return _avg_pool2d(g, kernel_size, stride, padding, x_shape[2:], count_include_pad)


def avg_pool2d(
    x: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """Take the mean of each window.

    Parameters
    ----------
    x : (N, C, H, W)
    kernel_size, stride, padding : int or pair
        The stride is the kernel's size unless given; padding at most half a kernel.
    ceil_mode : bool
        Round the number of windows up; the overhang does not count.
    count_include_pad : bool
        Whether the zeros of the padding count in the mean.

    Returns
    -------
    (N, C, H', W')

    Raises
    ------
    ValueError, TypeError
        If the kernel is larger than the padded image, the padding more than half of the kernel, or
        a setting too small or no integer.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> mg.avg_pool2d(np.arange(4.0).reshape(1, 1, 2, 2), 2)
    array([[[[1.5]]]])
    """
    shape = check_images(x, "avg_pool2d")
    options = _pooling_options(shape, kernel_size, stride, padding, ceil_mode)
    return _avg_pool2d(x, count_include_pad=bool(count_include_pad), **options)


def adaptive_avg_pool2d(x: Any, output_size: Any) -> Any:
    """Take means of windows that divide the image into `output_size` parts.

    Window i of m along an axis of n covers ⌊i·n/m⌋ to ⌈(i+1)·n/m⌉.

    Parameters
    ----------
    x : (N, C, H, W)
    output_size : int or pair
        ``None`` in a pair keeps that axis.

    Returns
    -------
    (N, C, *output_size)

    Raises
    ------
    ValueError, TypeError
        If the images have no pixels, or the size is less than one or no integer.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> mg.adaptive_avg_pool2d(np.arange(4.0).reshape(1, 1, 2, 2), 1)
    array([[[[1.5]]]])
    """
    shape = check_images(x, "adaptive_avg_pool2d")
    if isinstance(output_size, (tuple, list)) and len(output_size) == 2:
        wanted = zip(shape[2:], output_size, strict=True)
        output_size = tuple(n if m is None else m for n, m in wanted)
    size = pair(output_size, "output_size", 1)
    if 0 in shape[2:]:
        raise ValueError(f"adaptive_avg_pool2d needs pixels, and x has shape {shape}")
    if size == (1, 1):
        return np.mean(x, axis=(2, 3), keepdims=True)
    rows, columns = (_means(n, m) for n, m in zip(shape[2:], size, strict=True))
    return _resample(x, *rows, *columns)


def _means(n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    """What the means of m windows along an axis of n are made of: elements, and their shares."""
    part = np.arange(m)
    first, last = part * n // m, -(-(part + 1) * n // m) - 1
    index = first + np.arange((last - first).max() + 1)[:, None]
    return np.minimum(index, last), (index <= last) / (last - first + 1)


def _pooling_options(
    shape: tuple[int, ...],
    kernel_size: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    dilation: Any = None,
) -> dict[str, Any]:
    kernel = pair(kernel_size, "kernel_size", 1)
    step = kernel if stride is None else pair(stride, "stride", 1)
    around = pair(padding, "padding", 0)
    spread = (1, 1) if dilation is None else pair(dilation, "dilation", 1)
    if any(2 * p > k for p, k in zip(around, kernel, strict=True)):
        raise ValueError(
            f"padding {around} is more than half of the kernel {kernel}: a window could lie in "
            "the padding alone"
        )
    size = windows(shape[2:], kernel, step, around, spread, ceil_mode)
    options: dict[str, Any] = {
        "kernel_size": kernel, "stride": step, "padding": around, "output_size": size,
    }  # fmt: skip
    if dilation is not None:
        options["dilation"] = spread
    return options
