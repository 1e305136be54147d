"""Pooling, unpooling and transposed convolution: the way down and the way back up."""

import numpy as np


def max_pool(x, kernel, stride):
    """The largest value of each window of x (N, C, H, W), and where it stood.

    Returns (y, indices), both (N, C, P, Q); an index counts the pixels of a plane row by row. Of
    equal values the first counts.
    """
    n, c, h, w = x.shape
    rows, columns = (h - kernel) // stride + 1, (w - kernel) // stride + 1
    y = np.zeros((n, c, rows, columns))
    indices = np.zeros((n, c, rows, columns), dtype=int)
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride, j * stride
            window = x[:, :, top : top + kernel, left : left + kernel].reshape(n, c, -1)
            best = window.argmax(axis=2)
            y[:, :, i, j] = window.max(axis=2)
            indices[:, :, i, j] = (top + best // kernel) * w + left + best % kernel
    return y, indices


def max_pool_backward(grad_out, indices, shape):
    """The gradient of the loss to x, of shape `shape`, from that to y (N, C, P, Q)."""
    n, c, h, w = shape
    dx = np.zeros((n, c, h * w))
    for a in range(n):
        for b in range(c):
            for k, g in zip(indices[a, b].ravel(), grad_out[a, b].ravel(), strict=True):
                dx[a, b, k] += g
    return dx.reshape(shape)


def average_pool_backward(grad_out, shape, kernel, stride):
    """The gradient of the loss to the input, of shape `shape`, of pooling by the mean."""
    dx = np.zeros(shape)
    for i in range(grad_out.shape[2]):
        for j in range(grad_out.shape[3]):
            u, v = i * stride, j * stride
            share = grad_out[:, :, i : i + 1, j : j + 1] / kernel**2
            dx[:, :, u : u + kernel, v : v + kernel] += share
    return dx


def max_unpool(y, indices, size):
    """Put each value of y (N, C, P, Q) back where it stood, and zeros elsewhere.

    `size` is (H, W); returns (N, C, H, W). No index stands twice in a plane.
    """
    n, c = y.shape[:2]
    x = np.zeros((n, c, size[0] * size[1]))
    np.put_along_axis(x, indices.reshape(n, c, -1), y.reshape(n, c, -1), axis=2)
    return x.reshape(n, c, *size)


def transposed_conv(x, weight, stride, padding):
    """Each pixel of x (N, C, P, Q) stamps weight (C, D, K, K) into the result; stamps add up.

    The stamps lie `stride` apart, and `padding` rows and columns are cut off at each side:
    returns (N, D, (P − 1) · stride + K − 2 · padding, …).
    """
    n, _, p, q = x.shape
    d, k = weight.shape[1:3]
    height, width = (p - 1) * stride + k, (q - 1) * stride + k
    y = np.zeros((n, d, height, width))
    for i in range(p):
        for j in range(q):
            stamp = np.tensordot(x[:, :, i, j], weight, (1, 0))
            y[:, :, i * stride : i * stride + k, j * stride : j * stride + k] += stamp
    return y[:, :, padding : height - padding, padding : width - padding]
