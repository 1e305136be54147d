"""Forty classic mistakes in hand-written gradients, each with the cause that the check must name.

A mistake is one backward function. Its docstring says what went wrong, `@of` names the forward
function it belongs to and the cause. The gallery in the documentation shows each with the report
that it gets; a test holds the causes.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

rng = np.random.default_rng(3)


class Mistake(NamedTuple):
    """A forward function, a wrong backward function, inputs, and the cause to be named."""

    forward: Callable
    backward: Callable
    inputs: tuple
    cause: str


MISTAKES: list[Mistake] = []


def of(forward, cause):
    """Declare a mistake in the gradient of `forward`: a decorator."""

    def declare(backward):
        MISTAKES.append(Mistake(forward, backward, INPUTS[forward], cause))
        return backward

    return declare


# ---- the right forward functions --------------------------------------------------------------


def relu(x):
    return np.maximum(x, 0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def tanh(x):
    return np.tanh(x)


def square(x):
    return x**2


def log(x):
    return np.log(x)


def multiply(a, b):
    return a * b


def divide(a, b):
    return a / b


def subtract(a, b):
    return a - b


def add_bias(x, b):
    return x + b


def matmul(a, b):
    return a @ b


def linear(x, w, b):
    return x @ w + b


def mean(x):
    return x.mean(axis=0)


def sum_rows(x):
    return x.sum(axis=1)


def residual(x):
    return np.tanh(x) + x


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def mse(p, t):
    return ((p - t) ** 2).mean()


def standardize(x):
    return (x - x.mean(0)) / x.std(0)


def max_rows(x):
    return x.max(axis=1)


def embedding(table, ids):
    return table[ids]


def transpose(x):
    return x.T * 2.0


def convolve(x, k):
    """A one-channel convolution without padding."""
    h, w = x.shape[0] - k.shape[0] + 1, x.shape[1] - k.shape[1] + 1
    return sum(
        k[i, j] * x[i : i + h, j : j + w] for i in range(k.shape[0]) for j in range(k.shape[1])
    )


def convolve_input_gradient(g, k, shape):
    """The right gradient of `convolve` to its image."""
    d = np.zeros(shape)
    for i in range(k.shape[0]):
        for j in range(k.shape[1]):
            d[i : i + g.shape[0], j : j + g.shape[1]] += k[i, j] * g
    return d


def convolve_kernel_gradient(g, x, shape):
    """The right gradient of `convolve` to its kernel."""
    h, w = g.shape
    return np.array(
        [[(x[i : i + h, j : j + w] * g).sum() for j in range(shape[1])] for i in range(shape[0])]
    )


def away_from_zero(*shape):
    return rng.uniform(0.3, 2, shape) * rng.choice([-1, 1], shape)


X = away_from_zero(4, 5)
INPUTS = {
    relu: (X,), sigmoid: (X,), tanh: (X,), square: (X,), log: (np.abs(X),), residual: (X,),
    multiply: (X, away_from_zero(4, 5)), divide: (X, away_from_zero(4, 5)),
    subtract: (X, away_from_zero(4, 5)), add_bias: (X, away_from_zero(5)),
    matmul: (X, away_from_zero(5, 3)), mean: (X,), sum_rows: (X,), softmax: (X,),
    linear: (X, away_from_zero(5, 3), away_from_zero(3)), mse: (X, away_from_zero(4, 5)),
    standardize: (away_from_zero(6, 3),), max_rows: (rng.permutation(20).reshape(4, 5) * 1.0,),
    embedding: (away_from_zero(4, 3), np.array([0, 2, 2, 1, 2])), transpose: (X,),
    convolve: (away_from_zero(7, 6), away_from_zero(3, 2)),
}  # fmt: skip


# ---- a mask or a local derivative is missing --------------------------------------------------


@of(relu, "mask_missing")
def relu_without_its_mask(g, x):
    """The gradient is passed on where the input was negative, too."""
    return g


@of(relu, "mask_on_gradient")
def relu_of_the_gradient(g, x):
    """The mask is taken from the gradient, not from the input of the forward pass."""
    return g * (g > 0)


@of(relu, "zero_gradient")
def relu_that_returns_zeros(g, x):
    """The gradient was allocated and never filled."""
    return np.zeros_like(x)


@of(sigmoid, "local_derivative_missing")
def sigmoid_passed_on(g, x):
    """The gradient is passed on as if sigmoid were the identity."""
    return g


@of(tanh, "local_derivative_missing")
def tanh_passed_on(g, x):
    """The factor 1 − tanh² is missing."""
    return g


@of(log, "local_derivative_missing")
def log_passed_on(g, x):
    """The factor 1 / x is missing."""
    return g


@of(softmax, "centering_missing")
def softmax_as_if_elementwise(g, x):
    """Only the diagonal of the Jacobian: p · (g − Σ g p) without what is subtracted."""
    return softmax(x) * g


@of(softmax, "zero_gradient")
def softmax_for_a_gradient_of_ones(g, x):
    """Right for g = 1, where the gradient is zero: a check with a cotangent of ones passes it."""
    return np.zeros_like(x)


@of(standardize, "centering_missing")
def standardize_with_constant_statistics(g, x):
    """Mean and deviation depend on x, too."""
    return g / x.std(0)


# ---- a factor or a sign -----------------------------------------------------------------------


@of(square, "scaled")
def square_without_the_two(g, x):
    """The 2 of 2x is missing."""
    return g * x


@of(sigmoid, "sign_flipped")
def sigmoid_with_the_wrong_sign(g, x):
    """y (y − 1) in place of y (1 − y)."""
    y = sigmoid(x)
    return g * y * (y - 1)


@of(subtract, "sign_flipped")
def subtract_that_adds(g, a, b):
    """The second input of a difference gets −g."""
    return g, g


@of(divide, "sign_flipped")
def divide_with_a_lost_minus(g, a, b):
    """The derivative of 1 / b is −1 / b²."""
    return g / b, g * a / b**2


@of(mean, "scaled")
def mean_that_sums(g, x):
    """A mean divides by the number of values; this is the gradient of the sum."""
    return np.broadcast_to(g, x.shape)


@of(mse, "scaled")
def mse_that_sums(g, p, t):
    """The loss averages over all values, the gradient does not."""
    d = 2 * (p - t)
    return g * d, -g * d


@of(mse, "scaled")
def mse_averaged_over_the_batch_only(g, p, t):
    """Divided by the number of rows, where the loss divides by rows times columns."""
    d = 2 * (p - t) / len(p)
    return g * d, -g * d


@of(linear, "scaled")
def linear_averaged_in_the_layer(g, x, w, b):
    """The loss has divided by the batch size already."""
    return g @ w.T, x.T @ g / len(x), g.sum(0)


@of(mse, "sign_flipped")
def mse_with_prediction_and_target_exchanged(g, p, t):
    """2 (t − p): training climbs."""
    d = 2 * (t - p) / p.size
    return g * d, -g * d


# ---- shapes, axes and broadcasting ------------------------------------------------------------


@of(add_bias, "missing_broadcast_sum")
def bias_not_summed(g, x, b):
    """The bias was used once a row, so its gradient is a sum over the rows."""
    return g, g


@of(linear, "missing_broadcast_sum")
def linear_with_an_unsummed_bias(g, x, w, b):
    """The same in a layer: only db is wrong, dx and dW are not accused."""
    return g @ w.T, x.T @ g, g


@of(linear, "transposed")
def linear_with_a_transposed_weight_gradient(g, x, w, b):
    """gᵀ x has the shape of Wᵀ."""
    return g @ w.T, g.T @ x, g.sum(0)


@of(matmul, "transposed")
def matmul_with_a_transposed_gradient(g, a, b):
    """The factors in the wrong order."""
    return (b @ g.T), a.T @ g


@of(transpose, "transposed")
def transpose_not_undone(g, x):
    """The gradient keeps the output's layout."""
    return 2.0 * g


@of(sum_rows, "wrong_shape")
def sum_not_spread(g, x):
    """The gradient of a sum is repeated over what was summed."""
    return g


@of(mean, "wrong_shape")
def mean_not_spread(g, x):
    """The gradient has the shape of the output."""
    return g / len(x)


@of(relu, "wrong_shape")
def relu_with_an_axis_too_many(g, x):
    """An axis was added and not removed."""
    return (g * (x > 0))[None]


# ---- paths that meet --------------------------------------------------------------------------


@of(residual, "not_accumulated")
def residual_without_the_skip(g, x):
    """Two paths lead through x; only the one through tanh is counted."""
    return g * (1 - np.tanh(x) ** 2)


@of(residual, "not_accumulated")
def residual_overwritten(g, x):
    """The second path's gradient is assigned where it should be added."""
    d = g * (1 - np.tanh(x) ** 2)
    d = g
    return d


@of(embedding, "not_accumulated")
def embedding_that_assigns(g, table, ids):
    """A row that is looked up several times gets the sum; fancy assignment keeps the last."""
    d = np.zeros_like(table)
    d[ids] = g
    return d, None


@of(linear, "first_sample_only")
def linear_of_the_first_sample(g, x, w, b):
    """The bias's gradient is that of the first sample instead of the sum."""
    return g @ w.T, x.T @ g, g[0]


@of(linear, "first_sample_only")
def linear_weights_of_the_first_sample(g, x, w, b):
    """An outer product for one sample, where the batch's are to be summed."""
    return g @ w.T, np.outer(x[0], g[0]), g.sum(0)


@of(multiply, "inputs_swapped")
def multiply_swapped(g, a, b):
    """Each input gets the gradient of the other."""
    return g * a, g * b


# ---- windows ----------------------------------------------------------------------------------


@of(convolve, "kernel_flipped")
def convolution_with_a_flipped_kernel(g, x, k):
    """The kernel is turned once too often on the way to the image."""
    return (
        convolve_input_gradient(g, k[::-1, ::-1], x.shape),
        convolve_kernel_gradient(g, x, k.shape),
    )


@of(convolve, "kernel_flipped")
def convolution_with_a_flipped_kernel_gradient(g, x, k):
    """The gradient to the kernel comes out turned by half a circle."""
    return (
        convolve_input_gradient(g, k, x.shape),
        convolve_kernel_gradient(g, x, k.shape)[::-1, ::-1],
    )


@of(convolve, "shifted")
def convolution_off_by_one_row(g, x, k):
    """The padding is off by one, so everything arrives one row too low."""
    return (
        np.roll(convolve_input_gradient(g, k, x.shape), 1, axis=0),
        convolve_kernel_gradient(g, x, k.shape),
    )


# ---- ties, dtypes, numbers and side effects ---------------------------------------------------


@of(max_rows, "mask_missing")
def max_spread_over_all(g, x):
    """Only the largest value of a row gets the gradient."""
    return np.repeat(g[:, None], x.shape[1], axis=1)


@of(relu, "wrong_dtype")
def relu_in_single_precision(g, x):
    """The gradient of float64 data comes back as float32."""
    return (g * (x > 0)).astype(np.float32)


@of(relu, "nonfinite")
def relu_divided_by_its_mask(g, x):
    """0 / 0 where the input is negative."""
    with np.errstate(invalid="ignore"):
        return g * (x > 0) / (x > 0)


@of(relu, "input_mutated")
def relu_that_writes_into_the_gradient(g, x):
    """The result is right, but the caller's array is changed."""
    g[x <= 0] = 0
    return g


@of(tanh, "nondeterministic")
def tanh_with_noise(g, x):
    """Calling it twice gives two gradients."""
    return g * (1 - np.tanh(x) ** 2) * np.random.uniform(0.9, 1.1, x.shape)
