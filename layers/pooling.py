"""Pooling, its reverse, and upsampling: layers without parameters that change the image size."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg

from .arguments import pair, shown
from .module import Module

Size = int | tuple[int, int]


class _Pool(Module):
    """What pooling layers have in common: a window, its stride and its padding."""

    def __init__(self, kernel_size: Size, stride: Size | None, padding: Size):
        super().__init__()
        self.kernel_size = pair("kernel_size", kernel_size)
        self.stride = self.kernel_size if stride is None else pair("stride", stride)
        self.padding = pair("padding", padding, least=0)
        if any(2 * p > k for p, k in zip(self.padding, self.kernel_size, strict=True)):
            raise ValueError(
                f"padding must be at most half of kernel_size {shown(self.kernel_size)}, "
                f"not {shown(self.padding)}"
            )

    def extra_repr(self) -> str:
        text = f"kernel_size={shown(self.kernel_size)}, stride={shown(self.stride)}"
        return text + f", padding={shown(self.padding)}" * (self.padding != (0, 0))


class MaxPool2d(_Pool):
    """The largest value of each window; in the backward pass only that one gets the gradient.

    Parameters
    ----------
    kernel_size : int or pair of int
    stride : int or pair of int, optional
        By default the kernel size.
    padding : int or pair of int
        At most half the kernel size; a padded pixel never wins.
    dilation : int or pair of int
    return_indices : bool
        Also return where the winners stood, for `MaxUnpool2d`: flat positions per plane.
    ceil_mode : bool
        Whether windows may hang over the edge.

    Notes
    -----
    Input (N, C, H, W), output (N, C, H', W').

    Examples
    --------
    >>> import layers, numpy as np
    >>> image = np.arange(16.0).reshape(1, 1, 4, 4)
    >>> values, indices = layers.MaxPool2d(2, return_indices=True)(image)
    >>> indices
    array([[[[ 5,  7],
             [13, 15]]]])
    """

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ):
        super().__init__(kernel_size, stride, padding)
        self.dilation = pair("dilation", dilation)
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, x: Any) -> Any:
        return mg.max_pool2d(
            x, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode,
            self.return_indices,
        )  # fmt: skip


class MaxUnpool2d(_Pool):
    """Put values back where max-pooling found them, zeros elsewhere: the adjoint of `MaxPool2d`.

    Where overlapping windows had the same winner, the contributions are summed.

    Parameters
    ----------
    kernel_size, stride, padding
        Those of the pooling.

    Notes
    -----
    ``unpool(x, indices, output_size=None)``: input (N, C, H', W'), output (N, C, H, W).

    Examples
    --------
    >>> import layers, numpy as np
    >>> pool, unpool = layers.MaxPool2d(2, return_indices=True), layers.MaxUnpool2d(2)
    >>> image = np.arange(16.0).reshape(1, 1, 4, 4)
    >>> unpool(*pool(image))
    array([[[[ 0.,  0.,  0.,  0.],
             [ 0.,  5.,  0.,  7.],
             [ 0.,  0.,  0.,  0.],
             [ 0., 13.,  0., 15.]]]])
    """

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0):
        super().__init__(kernel_size, stride, padding)

    def forward(self, x: Any, indices: Any, output_size: tuple[int, ...] | None = None) -> Any:
        return mg.max_unpool2d(x, indices, self.kernel_size, self.stride, self.padding, output_size)


class AvgPool2d(_Pool):
    """The mean of each window.

    Parameters
    ----------
    kernel_size : int or pair of int
    stride : int or pair of int, optional
        By default the kernel size.
    padding : int or pair of int
    ceil_mode : bool
        Whether windows may hang over the edge.
    count_include_pad : bool
        Whether padded zeros count.

    Examples
    --------
    >>> import layers, numpy as np
    >>> layers.AvgPool2d(2)(np.arange(4.0).reshape(1, 1, 2, 2))
    array([[[[1.5]]]])
    """

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ):
        super().__init__(kernel_size, stride, padding)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, x: Any) -> Any:
        return mg.avg_pool2d(
            x, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad
        )


class AdaptiveAvgPool2d(Module):
    """Means over a grid of windows that makes an output of a given size of any image.

    Parameters
    ----------
    output_size : int or pair of (int or None)
        ``None`` keeps the size of that axis.

    Examples
    --------
    >>> import layers, numpy as np
    >>> layers.AdaptiveAvgPool2d((1, None))(np.ones((2, 3, 7, 5))).shape
    (2, 3, 1, 5)
    """

    def __init__(self, output_size: int | tuple[int | None, int | None] | None):
        super().__init__()
        given = output_size if isinstance(output_size, tuple | list) else (output_size,) * 2
        pair("output_size", tuple(1 if n is None else n for n in given))
        self.output_size = tuple(given)

    def forward(self, x: Any) -> Any:
        here = np.shape(x)[-2:]
        wanted = [n if m is None else m for n, m in zip(here, self.output_size, strict=True)]
        return mg.adaptive_avg_pool2d(x, tuple(wanted))

    def extra_repr(self) -> str:
        return f"{self.output_size}"


class Upsample(Module):
    """Enlarge (or shrink) images by interpolation.

    Parameters
    ----------
    size : int or pair of int, optional
        Of the output; give this or `scale_factor`.
    scale_factor : float or pair of float, optional
    mode : {"nearest", "bilinear"}
    align_corners : bool, optional
        For ``"bilinear"``: whether corner pixels keep their centres.

    Examples
    --------
    >>> import layers, numpy as np
    >>> layers.Upsample(scale_factor=2)(np.array([[[[1.0, 2.0]]]]))
    array([[[[1., 1., 2., 2.],
             [1., 1., 2., 2.]]]])
    """

    def __init__(
        self,
        size: Size | None = None,
        scale_factor: float | tuple[float, float] | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
    ):
        super().__init__()
        if (size is None) == (scale_factor is None):
            raise ValueError(
                f"give either size or scale_factor, not size={size}, scale_factor={scale_factor}"
            )
        if mode not in ("nearest", "bilinear"):
            raise ValueError(f"mode must be 'nearest' or 'bilinear', not {mode!r}")
        if mode == "nearest" and align_corners is not None:
            raise ValueError("align_corners belongs to mode='bilinear', not to 'nearest'")
        self.size = size
        self.scale_factor = scale_factor
        self.mode = mode
        self.align_corners = align_corners

    def forward(self, x: Any) -> Any:
        return mg.interpolate(x, self.size, self.scale_factor, self.mode, bool(self.align_corners))

    def extra_repr(self) -> str:
        target = f"scale_factor={self.scale_factor}" if self.size is None else f"size={self.size}"
        return f"{target}, mode={self.mode!r}" + ", align_corners=True" * bool(self.align_corners)
