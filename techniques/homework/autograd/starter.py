"""Autograd: fill in the functions.

Arrays are NumPy's, float64.
"""

import numpy as np  # noqa: F401


def forward(tape, inputs):
    """All values: the inputs, then the result of each entry, as a list."""
    raise NotImplementedError("forward")


def unbroadcast(gradient, shape):
    """Sum a gradient over the axes along which an array of that shape was broadcast."""
    raise NotImplementedError("unbroadcast")


def multiply_backward(grad_out, x, y):
    """The gradients to x and y from that to x · y, which may have been broadcast."""
    raise NotImplementedError("multiply_backward")


def matmul_backward(grad_out, x, y):
    """The gradients to x (N, D) and y (D, E) from that to x @ y (N, E)."""
    raise NotImplementedError("matmul_backward")


def backward(tape, inputs):
    """The gradients of the last value, a number, to the inputs, as a list of arrays."""
    raise NotImplementedError("backward")


def hessian_vector(gradient, x, v, step):
    """The Hessian times v, from a gradient: the central difference of A x + x³ along v.

    `gradient` is the matrix A of the function whose gradient is A x + x³ (elementwise cube), x and
    v are (D,). Returns (g(x + h v) − g(x − h v)) / 2h for h = `step`.
    """
    raise NotImplementedError("hessian_vector")
