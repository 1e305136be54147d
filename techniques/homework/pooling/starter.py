"""Pooling, unpooling and transposed convolution: fill in the functions.

Arrays are NumPy's, float64.
"""

import numpy as np  # noqa: F401


def max_pool(x, kernel, stride):
    """The largest value of each window of x (N, C, H, W), and where it stood.

    Returns (y, indices), both (N, C, P, Q); an index counts the pixels of a plane row by row. Of
    equal values the first counts.
    """
    raise NotImplementedError("max_pool")


def max_pool_backward(grad_out, indices, shape):
    """The gradient of the loss to x, of shape `shape`, from that to y (N, C, P, Q)."""
    raise NotImplementedError("max_pool_backward")


def average_pool_backward(grad_out, shape, kernel, stride):
    """The gradient of the loss to the input, of shape `shape`, of pooling by the mean."""
    raise NotImplementedError("average_pool_backward")


def max_unpool(y, indices, size):
    """Put each value of y (N, C, P, Q) back where it stood, and zeros elsewhere.

    `size` is (H, W); returns (N, C, H, W). No index stands twice in a plane.
    """
    raise NotImplementedError("max_unpool")


def transposed_conv(x, weight, stride, padding):
    """Each pixel of x (N, C, P, Q) stamps weight (C, D, K, K) into the result; stamps add up.

    The stamps lie `stride` apart, and `padding` rows and columns are cut off at each side:
    returns (N, D, (P − 1) · stride + K − 2 · padding, …).
    """
    raise NotImplementedError("transposed_conv")
