"""Autograd: a tape of operations, read forwards for values and backwards for gradients.

A tape is a tuple of entries (name, places of its arguments): ("add", i, j), ("multiply", i, j),
("matmul", i, j), ("relu", i), ("exp", i), ("sum", i), the sum of all elements. Places count the
inputs first, then the results, in order.
"""

import numpy as np


def forward(tape, inputs):
    """All values: the inputs, then the result of each entry, as a list."""
    values = list(inputs)
    for name, *places in tape:
        x = [values[place] for place in places]
        if name == "add":
            values.append(x[0] + x[1])
        elif name == "multiply":
            values.append(x[0] * x[1])
        elif name == "matmul":
            values.append(x[0] @ x[1])
        elif name == "relu":
            values.append(np.maximum(x[0], 0))
        elif name == "exp":
            values.append(np.exp(x[0]))
        else:
            values.append(np.sum(x[0]))
    return values


def unbroadcast(gradient, shape):
    """Sum a gradient over the axes along which an array of that shape was broadcast."""
    gradient = gradient.sum(axis=tuple(range(gradient.ndim - len(shape))))
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and gradient.shape[i] > 1)
    return gradient.sum(axis=stretched, keepdims=True)


def multiply_backward(grad_out, x, y):
    """The gradients to x and y from that to x · y, which may have been broadcast."""
    return unbroadcast(grad_out * y, x.shape), unbroadcast(grad_out * x, y.shape)


def matmul_backward(grad_out, x, y):
    """The gradients to x (N, D) and y (D, E) from that to x @ y (N, E)."""
    return grad_out @ y.T, x.T @ grad_out


def backward(tape, inputs):
    """The gradients of the last value, a number, to the inputs, as a list of arrays."""
    values = forward(tape, inputs)
    gradients = [np.zeros(np.shape(value)) for value in values]
    gradients[-1] = np.ones(np.shape(values[-1]))
    for k in reversed(range(len(tape))):
        name, *places = tape[k]
        g = gradients[len(inputs) + k]
        x = [np.asarray(values[place]) for place in places]
        if name == "add":
            parts = [unbroadcast(g, x[0].shape), unbroadcast(g, x[1].shape)]
        elif name == "multiply":
            parts = [*multiply_backward(g, *x)]
        elif name == "matmul":
            parts = [*matmul_backward(g, *x)]
        elif name == "relu":
            parts = [g * (x[0] > 0)]
        elif name == "exp":
            parts = [g * np.exp(x[0])]
        else:
            parts = [np.full(x[0].shape, g)]
        for place, part in zip(places, parts, strict=True):
            gradients[place] = gradients[place] + part
    return gradients[: len(inputs)]


def hessian_vector(gradient, x, v, step):
    """The Hessian times v, from a gradient: the central difference of A x + x³ along v.

    `gradient` is the matrix A of the function whose gradient is A x + x³ (elementwise cube), x and
    v are (D,). Returns (g(x + h v) − g(x − h v)) / 2h for h = `step`.
    """
    ahead, behind = x + step * v, x - step * v
    return (gradient @ ahead + ahead**3 - gradient @ behind - behind**3) / (2 * step)
