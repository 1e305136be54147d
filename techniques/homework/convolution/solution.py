"""Convolution, forward and backward, as loops over the windows."""

import numpy as np


def output_size(size, kernel, stride, padding):
    """How many windows fit along an axis.

    `size` elements, `padding` zeros at each end, a window of `kernel` that moves by `stride`.
    Returns an int.
    """
    return (size + 2 * padding - kernel) // stride + 1


def pad(x, padding):
    """Put `padding` zeros around each plane of x (N, C, H, W)."""
    n, c, h, w = x.shape
    padded = np.zeros((n, c, h + 2 * padding, w + 2 * padding))
    padded[:, :, padding : padding + h, padding : padding + w] = x
    return padded


def conv_forward(x, weight, bias, stride, padding):
    """Convolve x (N, C, H, W) with weight (D, C, K, L) and add bias (D,); returns (N, D, P, Q).

    As in deep learning, the kernel is not turned: it is a cross-correlation.
    """
    k, l = weight.shape[2:]  # noqa: E741
    rows = output_size(x.shape[2], k, stride, padding)
    columns = output_size(x.shape[3], l, stride, padding)
    padded = pad(x, padding)
    y = np.zeros((x.shape[0], weight.shape[0], rows, columns))
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride, j * stride
            window = padded[:, :, top : top + k, left : left + l]
            y[:, :, i, j] = np.tensordot(window, weight, ([1, 2, 3], [1, 2, 3])) + bias
    return y


def conv_backward_input(grad_out, weight, shape, stride, padding):
    """The gradient of the loss to x, of shape `shape` (N, C, H, W), from that to y (N, D, P, Q)."""
    n, c, h, w = shape
    k, l = weight.shape[2:]  # noqa: E741
    dx = np.zeros((n, c, h + 2 * padding, w + 2 * padding))
    for i in range(grad_out.shape[2]):
        for j in range(grad_out.shape[3]):
            spread = np.tensordot(grad_out[:, :, i, j], weight, (1, 0))
            dx[:, :, i * stride : i * stride + k, j * stride : j * stride + l] += spread
    return dx[:, :, padding : padding + h, padding : padding + w]


def conv_backward(grad_out, x, weight, bias, stride, padding):
    """The gradients of the loss to x, weight and bias, as a tuple (dx, dw, db)."""
    k, l = weight.shape[2:]  # noqa: E741
    padded = pad(x, padding)
    dx = conv_backward_input(grad_out, weight, x.shape, stride, padding)
    dw = np.zeros(weight.shape)
    for i in range(grad_out.shape[2]):
        for j in range(grad_out.shape[3]):
            a, b = i * stride, j * stride
            dw += np.tensordot(grad_out[:, :, i, j], padded[:, :, a : a + k, b : b + l], (0, 0))
    db = grad_out.sum(axis=(0, 2, 3))
    return dx, dw, db


def as_columns(x, kernel, stride):
    """Every window of x (N, C, H, W), laid out as a row: returns (N · P · Q, C · K · K).

    The windows come in the order of samples, rows, columns; a row in that of channels, rows,
    columns. With it a convolution is one product of matrices.
    """
    n, c, h, w = x.shape
    rows, columns = (output_size(s, kernel, stride, 0) for s in (h, w))
    found = np.zeros((n, rows, columns, c * kernel * kernel))
    for i in range(rows):
        for j in range(columns):
            u, v = i * stride, j * stride
            found[:, i, j] = x[:, :, u : u + kernel, v : v + kernel].reshape(n, -1)
    return found.reshape(n * rows * columns, -1)
