"""Convolution, forward and backward: fill in the functions.

Arrays are NumPy's, float64, laid out as (samples, channels, rows, columns).
"""

import numpy as np  # noqa: F401


def output_size(size, kernel, stride, padding):
    """How many windows fit along an axis.

    `size` elements, `padding` zeros at each end, a window of `kernel` that moves by `stride`.
    Returns an int.
    """
    raise NotImplementedError("output_size")


def pad(x, padding):
    """Put `padding` zeros around each plane of x (N, C, H, W)."""
    raise NotImplementedError("pad")


def conv_forward(x, weight, bias, stride, padding):
    """Convolve x (N, C, H, W) with weight (D, C, K, L) and add bias (D,); returns (N, D, P, Q).

    As in deep learning, the kernel is not turned: it is a cross-correlation.
    """
    raise NotImplementedError("conv_forward")


def conv_backward_input(grad_out, weight, shape, stride, padding):
    """The gradient of the loss to x, of shape `shape` (N, C, H, W), from that to y (N, D, P, Q)."""
    raise NotImplementedError("conv_backward_input")


def conv_backward(grad_out, x, weight, bias, stride, padding):
    """The gradients of the loss to x, weight and bias, as a tuple (dx, dw, db)."""
    raise NotImplementedError("conv_backward")


def as_columns(x, kernel, stride):
    """Every window of x (N, C, H, W), laid out as a row: returns (N · P · Q, C · K · K).

    The windows come in the order of samples, rows, columns; a row in that of channels, rows,
    columns. With it a convolution is one product of matrices.
    """
    raise NotImplementedError("as_columns")
