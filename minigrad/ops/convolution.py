"""Convolution and transposed convolution: each is the other's backward pass.

A convolution is linear in its image and in its kernel. Moving the cotangent to the image is
the transposed convolution; moving it to the kernel is a third product of the same kind. The
three primitives below are each other's rules, to any order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import primitive
from ..settings import kernel as kernel_in_force
from ..unbroadcasting import summed
from .geometry import check_images, pair, resolve_padding, windows


def _for_the_kernels(*arrays: Any) -> list[np.ndarray]:
    """Arrays of one dtype that the kernels know: float32 or float64."""
    common = np.result_type(*arrays)
    dtype = np.float32 if common in (np.float32, np.float16) else np.float64
    return [np.asarray(array, dtype) for array in arrays]


# ---- the three primitives ---------------------------------------------------------------------


def _sample(rng):
    for channels, filters, kernel, groups, options in [
        (2, 3, (3, 3), 1, {"stride": (1, 1), "padding": (1, 1), "dilation": (1, 1)}),
        (4, 6, (3, 2), 2, {"stride": (2, 1), "padding": (0, 1), "dilation": (1, 2)}),
    ]:
        weight = rng.normal(size=(filters, channels // groups, *kernel))
        yield rng.normal(size=(2, channels, 6, 5)), weight, {**options, "groups": groups}


def _conv2d_sample(rng):
    for x, weight, options in _sample(rng):
        yield (x, weight, rng.normal(size=len(weight))), options


@primitive(
    name="conv2d",
    formula="y[n,k,i,j] = Σ x[n,c,i·s−p+u·d,j·s−p+v·d] · weight[k,c,u,v] + bias[k]",
    sample=_conv2d_sample,
)
def _conv2d(x, weight, bias=None, /, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1):
    dtype = np.result_type(x, weight)
    x, weight = _for_the_kernels(x, weight)
    bias = None if bias is None else np.asarray(bias)
    y = kernel_in_force("conv2d")(x, weight, stride, padding, dilation, groups, bias)
    return y if y.dtype == dtype or dtype.kind != "f" else y.astype(dtype)


@_conv2d.vjp("x", "ȳ transposed-convolved with weight")
def _conv2d_x(g, weight, x_shape, stride, padding, dilation, groups):
    return _conv_transpose2d(g, weight, None, x_shape[2:], stride, padding, dilation, groups)


@_conv2d.vjp("weight", "Σ x-patch · ȳ")
def _conv2d_weight(g, x, weight_shape, stride, padding, dilation, groups):
    return _conv2d_weight_gradient(x, g, weight_shape[2:], stride, padding, dilation, groups)


@_conv2d.vjp("bias", "Σ ȳ over images and places")
def _conv2d_bias(g):
    return summed(g, (0, 2, 3))


def _conv_transpose2d_sample(rng):
    for x, weight, options in _sample(rng):
        y = _conv2d(x, weight, **options)
        bias = rng.normal(size=x.shape[1])
        yield (rng.normal(size=y.shape), weight, bias), {"output_size": x.shape[2:], **options}


@primitive(
    name="conv_transpose2d",
    formula="y[n,c,i·s−p+u·d,j·s−p+v·d] += x[n,k,i,j] · weight[k,c,u,v]",
    sample=_conv_transpose2d_sample,
)
def _conv_transpose2d(
    x,
    weight,
    bias=None,
    /,
    output_size=None,
    stride=(1, 1),
    padding=(0, 0),
    dilation=(1, 1),
    groups=1,
):
    dtype = np.result_type(x, weight)
    x, weight = _for_the_kernels(x, weight)
    bias = None if bias is None else np.asarray(bias)
    y = kernel_in_force("conv2d_input_gradient")(
        x, weight, output_size, stride, padding, dilation, groups, bias
    )
    return y if y.dtype == dtype or dtype.kind != "f" else y.astype(dtype)


@_conv_transpose2d.vjp("x", "ȳ convolved with weight")
def _conv_transpose2d_x(g, weight, x_shape, stride, padding, dilation, groups):
    back = _conv2d(g, weight, None, stride, padding, dilation, groups)
    # An output padding of a whole stride or more makes room for windows that x does not have.
    return back if back.shape == x_shape else back[:, :, : x_shape[2], : x_shape[3]]


@_conv_transpose2d.vjp("weight", "Σ ȳ-patch · x")
def _conv_transpose2d_weight(g, x, weight_shape, stride, padding, dilation, groups):
    return _conv2d_weight_gradient(g, x, weight_shape[2:], stride, padding, dilation, groups)


@_conv_transpose2d.vjp("bias", "Σ ȳ over images and places")
def _conv_transpose2d_bias(g):
    return summed(g, (0, 2, 3))


def _weight_gradient_sample(rng):
    for x, weight, options in _sample(rng):
        y = _conv2d(x, weight, **options)
        yield (x, rng.normal(size=y.shape)), {"kernel_size": weight.shape[2:], **options}


@primitive(
    formula="w[k,c,u,v] = Σ x[n,c,i·s−p+u·d,j·s−p+v·d] · y[n,k,i,j]",
    linear=("x", "z"),
    sample=_weight_gradient_sample,
    name="conv2d_weight_gradient",
)
def _conv2d_weight_gradient(
    x, z, /, kernel_size, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1
):
    x, z = _for_the_kernels(x, z)
    return kernel_in_force("conv2d_weight_gradient")(
        x, z, kernel_size, stride, padding, dilation, groups
    )


@_conv2d_weight_gradient.vjp("x", "z transposed-convolved with ȳ")
def _conv2d_weight_gradient_x(g, z, x_shape, stride, padding, dilation, groups):
    return _conv_transpose2d(z, g, None, x_shape[2:], stride, padding, dilation, groups)


@_conv2d_weight_gradient.vjp("z", "x convolved with ȳ")
def _conv2d_weight_gradient_z(g, x, z_shape, stride, padding, dilation, groups):
    back = _conv2d(x, g, None, stride, padding, dilation, groups)
    return back if back.shape == z_shape else back[:, :, : z_shape[2], : z_shape[3]]


# ---- the public functions ---------------------------------------------------------------------


def conv2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """Slide a kernel over images: a convolution as networks have it (a cross-correlation).

    Parameters
    ----------
    x : (N, C, H, W)
    weight : (K, C / groups, kernel height, kernel width)
    bias : (K,), optional
    stride, dilation : int or pair
    padding : int, pair, "same" or "valid"
        Zeros around the image. "same" keeps the size (stride 1), an odd row or column going to
        the bottom or right.
    groups : int
        The channels are split into this many groups that do not see each other.

    Returns
    -------
    (N, K, H', W'), with H' = ⌊(H + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1

    Raises
    ------
    ValueError, TypeError
        If the shapes do not fit; the message names them.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> mg.conv2d(x, np.ones((1, 1, 2, 2)))
    array([[[[ 8., 12.],
             [20., 24.]]]])
    """
    shape = check_images(x, "conv2d")
    weight_shape = _check_weight(weight, bias, "conv2d", filters_at=0)
    stride, dilation = pair(stride, "stride", 1), pair(dilation, "dilation", 1)
    _check_groups(groups, weight_shape[0], "filters")
    if shape[1] != weight_shape[1] * groups:
        raise ValueError(
            f"conv2d: x has {shape[1]} channels, but a weight of shape {weight_shape} with "
            f"groups={groups} takes {weight_shape[1] * groups}"
        )
    padding, extra = resolve_padding(padding, weight_shape[2:], stride, dilation)
    if any(extra):
        x = np.pad(x, ((0, 0), (0, 0), (0, extra[0]), (0, extra[1])))
    windows(np.shape(x)[2:], weight_shape[2:], stride, padding, dilation)
    return _conv2d(x, weight, bias, stride, padding, dilation, groups)


def conv_transpose2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """Stamp a kernel at every place, weighted by x, and sum where stamps overlap.

    It is the backward pass of `conv2d` with the same weight.

    Parameters
    ----------
    x : (N, K, H, W)
    weight : (K, C / groups, kernel height, kernel width)
    bias : (C,), optional
    stride, padding, dilation : int or pair
        Those of the convolution whose backward pass this is.
    output_padding : int or pair
        Rows and columns added at the bottom and right: a strided convolution maps several sizes
        to one, and this chooses among them. Less than the stride or the dilation.
    groups : int

    Returns
    -------
    (N, C, H', W'), H' = (H − 1)·stride − 2·padding + dilation·(kernel − 1) + output_padding + 1

    Raises
    ------
    ValueError, TypeError
        If the shapes do not fit, or nothing would be left of the image; the message names them.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> x = np.array([[[[120.0, 150.0, 120.0], [100.0, 50.0, 110.0], [25.0, 25.0, 10.0]]]])
    >>> kernel = np.array([[[[1.0, -1.0], [2.0, -2.0]]]])
    >>> mg.conv_transpose2d(x, kernel)[0, 0]
    array([[ 120.,   30.,  -30., -120.],
           [ 340.,   10.,    0., -350.],
           [ 225., -100.,  105., -230.],
           [  50.,    0.,  -30.,  -20.]])
    """
    shape = check_images(x, "conv_transpose2d")
    stride, dilation = pair(stride, "stride", 1), pair(dilation, "dilation", 1)
    padding = pair(padding, "padding", 0)
    added = pair(output_padding, "output_padding", 0)
    weight_shape = _check_weight(weight, bias, "conv_transpose2d", filters_at=1, groups=groups)
    _check_groups(groups, weight_shape[0], "input channels")
    if shape[1] != weight_shape[0]:
        raise ValueError(
            f"conv_transpose2d: x has {shape[1]} channels, but a weight of shape {weight_shape} "
            f"takes {weight_shape[0]}"
        )
    if any(a >= max(s, d) for a, s, d in zip(added, stride, dilation, strict=True)):
        raise ValueError(
            f"output_padding {added} is not smaller than the stride {stride} or dilation {dilation}"
        )
    size = tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + a + 1
        for n, s, p, d, k, a in zip(
            shape[2:], stride, padding, dilation, weight_shape[2:], added, strict=True
        )
    )
    if min(size) < 1:
        raise ValueError(
            f"conv_transpose2d of an image of {shape[2:]} with kernel {weight_shape[2:]}, stride "
            f"{stride} and padding {padding} has size {size}: use less padding"
        )
    return _conv_transpose2d(x, weight, bias, size, stride, padding, dilation, groups)


def _check_weight(
    weight: Any, bias: Any, function: str, filters_at: int, groups: int = 1
) -> tuple[int, ...]:
    shape = np.shape(weight)
    if len(shape) != 4:
        raise ValueError(f"{function}: a weight has four axes, not shape {shape}")
    if 0 in shape[2:]:
        raise ValueError(f"{function}: the kernel of a weight of shape {shape} is empty")
    filters = shape[filters_at] * groups
    if bias is not None and np.shape(bias) != (filters,):
        raise ValueError(
            f"{function}: a weight of shape {shape} takes a bias of shape ({filters},), "
            f"not {np.shape(bias)}"
        )
    return shape


def _check_groups(groups: int, channels: int, what: str) -> None:
    if not isinstance(groups, (int, np.integer)) or groups < 1 or channels % groups:
        raise ValueError(f"groups={groups!r} does not divide the {channels} {what}")
