"""Hand-written pairs of forward and backward functions, right ones and ones with known mistakes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Case(NamedTuple):
    """A pair of functions, inputs to check it with, and the cause that it must get."""

    name: str
    forward: Any
    backward: Any
    inputs: tuple
    cause: str = "ok"


RIGHT: list[Case] = []
WRONG: list[Case] = []
rng = np.random.default_rng(7)


def normal(*shape):
    """Values whose size is between 0.15 and 2, so that none is near a kink at 0."""
    return rng.uniform(0.15, 2, shape) * rng.choice([-1, 1], shape)


def right(name, forward, backward, *inputs):
    RIGHT.append(Case(name, forward, backward, inputs))


def wrong(name, forward, inputs, **mistakes):
    for label, backward in mistakes.items():
        cause = label.rsplit("__")[0]
        WRONG.append(Case(f"{name}-{label}", forward, backward, tuple(inputs), cause))


def both(name, forward, backward, inputs, *also, **mistakes):
    """A right pair, the mistakes that can be made in any, and some of its own."""
    right(name, forward, backward, *inputs)
    for input_ in also:
        right(f"{name}-{len(RIGHT)}", forward, backward, *input_)

    def on(change):
        def changed(g, *xs):
            got = backward(g, *xs)
            return change(got) if not isinstance(got, tuple) else tuple(
                change(d) if d is not None else None for d in got
            )
        return changed

    wrong(
        name, forward, inputs, sign_flipped=on(lambda d: -d), scaled=on(lambda d: 3.5 * d),
        **mistakes,
    )


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


# ---- element by element -----------------------------------------------------------------------

X = normal(3, 5)
both("relu", lambda x: np.maximum(x, 0), lambda g, x: g * (x > 0), [X],
     [np.zeros((2, 3))], [np.array([0.0, 1e-9, -1e-9, 2])], [np.zeros((0, 3))], [normal(6, 4)[::2]],
     mask_missing=lambda g, x: g, mask_on_gradient=lambda g, x: g * (g > 0),
     mask_on_gradient__guided=lambda g, x: g * (g > 0),
     zero_gradient=lambda g, x: np.zeros_like(x),
     wrong_dtype=lambda g, x: (g * (x > 0)).astype("f4"),
     transposed=lambda g, x: (g * (x > 0)).T, wrong_shape=lambda g, x: (g * (x > 0))[None],
     nonfinite=lambda g, x: g * (x > 0) / (x > 0))
both("leaky relu", lambda x: np.where(x > 0, x, 0.1 * x), lambda g, x: g * np.where(x > 0, 1, 0.1),
     [X], [np.zeros(4)])
both("sigmoid", sigmoid, lambda g, x: g * sigmoid(x) * (1 - sigmoid(x)), [X], [np.array(0.3)],
     [normal(5, 3).T], [np.full((1, 1), -20.0)],
     local_derivative_missing=lambda g, x: g,
     local_derivative_missing__half=lambda g, x: g * sigmoid(x))
both("tanh", np.tanh, lambda g, x: g * (1 - np.tanh(x) ** 2), [X],
     local_derivative_missing=lambda g, x: g,
     local_derivative_missing__square=lambda g, x: g * (1 - np.tanh(x)),
     nondeterministic=lambda g, x: g * (1 - np.tanh(x) ** 2) * np.random.rand())
both("sqrt", np.sqrt, lambda g, x: g / (2 * np.sqrt(x)), [np.abs(X)], [np.array([1e-12, 1e4])],
     scaled__two=lambda g, x: g / np.sqrt(x), local_derivative_missing=lambda g, x: g)
both("log", np.log, lambda g, x: g / x, [np.abs(X)], [np.array([1e-9, 1e-9])],
     [np.array([1e9, 2e9])], local_derivative_missing=lambda g, x: g,
     local_derivative_missing__power=lambda g, x: g / x**2)
both("exp", np.exp, lambda g, x: g * np.exp(x), [X], [np.full(3, -20.7)], [np.full(3, 20.7)],
     local_derivative_missing=lambda g, x: g)
both("abs", np.abs, lambda g, x: g * np.sign(x), [X], [np.zeros(3)],
     local_derivative_missing=lambda g, x: g)
both("square", np.square, lambda g, x: 2 * g * x, [X], [1e-9 * X], [1e9 * X],
     scaled__half=lambda g, x: g * x)
both("clip", lambda x: np.clip(x, -1, 1), lambda g, x: g * (np.abs(x) <= 1), [X],
     [np.array([1.0, -1, 0.5])], mask_missing=lambda g, x: g)
MASK = rng.integers(0, 2, (3, 5))
both("dropout", lambda x, m: x * m * 2.0, lambda g, x, m: (g * m * 2.0, None), [X, MASK],
     mask_missing=lambda g, x, m: (g * 2.0, None), scaled__keep=lambda g, x, m: (g * m, None))

# ---- two inputs -------------------------------------------------------------------------------

A, B = normal(4, 3), normal(4, 3)
both("multiply", np.multiply, lambda g, a, b: (g * b, g * a), [A, B], [normal(0, 3), normal(0, 3)],
     inputs_swapped=lambda g, a, b: (g * a, g * b),
     local_derivative_missing=lambda g, a, b: (g, g * a),
     scaled__second=lambda g, a, b: (g * b, g * a * 4))
both("divide", np.divide, lambda g, a, b: (g / b, -g * a / b**2), [A, B],
     inputs_swapped=lambda g, a, b: (-g * a / b**2, g / b),
     sign_flipped__second=lambda g, a, b: (g / b, g * a / b**2))
both("subtract", np.subtract, lambda g, a, b: (g, -g), [A, B],
     sign_flipped__second=lambda g, a, b: (g, g))
both("add", lambda x, b: x + b, lambda g, x, b: (g, g.sum(0)), [X, normal(5)],
     [normal(1, 5), normal(5)],
     missing_broadcast_sum=lambda g, x, b: (g, g), first_sample_only=lambda g, x, b: (g, g[0]),
     scaled__mean=lambda g, x, b: (g, g.mean(0)), not_accumulated=lambda g, x, b: (g, g[-1]),
     wrong_shape=lambda g, x, b: (g, g.sum(0, keepdims=True)))
both("broadcast", lambda x, s: x * s, lambda g, x, s: (g * s, (g * x).sum((0, 2), keepdims=True)),
     [normal(2, 3, 4), normal(1, 3, 1)],
     missing_broadcast_sum=lambda g, x, s: (g * s, g * x),
     local_derivative_missing=lambda g, x, s: (g, (g * x).sum((0, 2), keepdims=True)))
both("matmul", np.matmul, lambda g, a, b: (g @ b.T, a.T @ g), [normal(4, 3), normal(3, 3)],
     [normal(1, 1), normal(1, 1)], [normal(3, 4).T, normal(5, 3).T], [normal(0, 3), normal(3, 2)],
     transposed=lambda g, a, b: (g @ b, a.T @ g),
     transposed__b=lambda g, a, b: (g @ b.T, g.T @ a))
both("maximum", np.maximum, lambda g, a, b: (g * (a >= b), g * (a < b)), [A, B], [A, A],
     mask_missing=lambda g, a, b: (g, g),
     inputs_swapped=lambda g, a, b: (g * (a < b), g * (a >= b)))
wrong("maximum", np.maximum, [np.maximum(A, B), A], mask_missing__one=lambda g, a, b: (g, g))


def linear(x, w, b):
    return x @ w + b


def linear_backward(g, x, w, b):
    return g @ w.T, x.T @ g, g.sum(0)


L = [normal(4, 3), normal(3, 5), normal(5)]
both("linear", linear, linear_backward, L, [normal(1, 3), normal(3, 1), normal(1)],
     missing_broadcast_sum=lambda g, x, w, b: (g @ w.T, x.T @ g, g),
     transposed=lambda g, x, w, b: (g @ w.T, g.T @ x, g.sum(0)),
     first_sample_only=lambda g, x, w, b: (g @ w.T, np.outer(x[0], g[0]), g.sum(0)),
     not_accumulated=lambda g, x, w, b: (g @ w.T, np.outer(x[-1], g[-1]), g.sum(0)),
     scaled__batch=lambda g, x, w, b: (g @ w.T, x.T @ g / 4, g.sum(0)),
     input_mutated=lambda g, x, w, b: linear_backward(np.multiply(g, 2, out=g) / 2, x, w, b),
     zero_gradient=lambda g, x, w, b: (g @ w.T, None, g.sum(0)))


def hidden(x, w):
    return np.maximum(x @ w, 0)


H = [normal(4, 3), normal(3, 5)]
both("hidden", hidden, lambda g, x, w: ((g * (x @ w > 0)) @ w.T, x.T @ (g * (x @ w > 0))), H,
     mask_missing=lambda g, x, w: (g @ w.T, x.T @ g),
     mask_on_gradient=lambda g, x, w: ((g * (g > 0)) @ w.T, x.T @ (g * (g > 0))))

# ---- reductions -------------------------------------------------------------------------------

both("sum", lambda x: x.sum(0), lambda g, x: np.broadcast_to(g, x.shape), [X],
     [normal(1, 1)],
     [normal(0, 3)], wrong_shape=lambda g, x: g,
     first_sample_only=lambda g, x: np.eye(3)[:, :1] * g)
both("mean", lambda x: x.mean(1), lambda g, x: g[:, None] / 5 + 0 * x, [X], [1e9 * X],
     scaled__sum=lambda g, x: g[:, None] + 0 * x,
     scaled__size=lambda g, x: g[:, None] / 3 + 0 * x)


def max_backward(g, x):
    d = np.zeros_like(x)
    d[np.arange(len(x)), x.argmax(1)] = g
    return d


TIED = np.array([[1.0, 3, 3, 2], [5, 5, 5, 1], [0, 1, 2, 9]])


def max_share(g, x):
    top = x == x.max(1, keepdims=True)
    return g[:, None] * top / top.sum(1, keepdims=True)


both("max", lambda x: x.max(1), max_backward, [X], [TIED], [np.zeros((2, 3))],
     mask_missing=lambda g, x: g[:, None] + 0 * x)
right("max-share", lambda x: x.max(1), max_share, TIED)
right("max-last", lambda x: x.max(1), lambda g, x: max_backward(g, x[:, ::-1])[:, ::-1], TIED)
wrong("max", lambda x: x.max(1), [TIED],
      tie_rule=lambda g, x: g[:, None] * (x == x.max(1, keepdims=True)))
both("center", lambda x: x - x.mean(0), lambda g, x: g - g.mean(0), [normal(6, 4)],
     centering_missing=lambda g, x: g)
both("scalar mse", lambda p, t: np.mean((p - t) ** 2), lambda g, p, t: (
     2 * g * (p - t) / p.size, -2 * g * (p - t) / p.size), [A, B],
     scaled__size=lambda g, p, t: (2 * g * (p - t), -2 * g * (p - t)),
     scaled__half=lambda g, p, t: (g * (p - t) / p.size, -g * (p - t) / p.size),
     scaled__batch=lambda g, p, t: (2 * g * (p - t) / 4, -2 * g * (p - t) / p.size),
     sign_flipped__target=lambda g, p, t: (2 * g * (p - t) / p.size, 2 * g * (p - t) / p.size))

# ---- softmax, normalization, loss -------------------------------------------------------------


def softmax_backward(g, x):
    y = softmax(x)
    return y * (g - (g * y).sum(-1, keepdims=True))


both("softmax", softmax, softmax_backward, [X], [np.zeros((2, 4))], [1e3 * normal(2, 3)],
     centering_missing=lambda g, x: softmax(x) * g,
     first_sample_only=lambda g, x: softmax_backward(g, x) * (np.arange(3) == 0)[:, None])
both("log softmax", lambda x: np.log(softmax(x)),
     lambda g, x: g - softmax(x) * g.sum(-1, keepdims=True),
     [X], centering_missing=lambda g, x: g)
T = np.array([1, 0, 4])


def nll(x, t):
    return -np.mean(np.log(softmax(x))[np.arange(len(t)), t])


def nll_backward(g, x, t):
    return g * (softmax(x) - np.eye(x.shape[1])[t]) / len(t), None


both("cross entropy", nll, nll_backward, [X, T], [normal(1, 5), T[:1]],
     scaled__batch=lambda g, x, t: (nll_backward(g, x, t)[0] * 3, None),
     first_sample_only=lambda g, x, t: (
         nll_backward(g, x, t)[0] * (np.arange(3) == 0)[:, None], None))


def batch_norm(x, w, b):
    return w * (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5) + b


def batch_norm_backward(g, x, w, b):
    s = np.sqrt(x.var(0) + 1e-5)
    n = (x - x.mean(0)) / s
    return w * (g - g.mean(0) - n * (g * n).mean(0)) / s, (g * n).sum(0), g.sum(0)


BN = [normal(7, 3), normal(3), normal(3)]
both("batch norm", batch_norm, batch_norm_backward, BN,
     centering_missing=lambda g, x, w, b: (
         w * g / np.sqrt(x.var(0) + 1e-5), *batch_norm_backward(g, x, w, b)[1:]),
     centering_missing__mean=lambda g, x, w, b: (
         w * (g - g.mean(0)) / np.sqrt(x.var(0) + 1e-5), *batch_norm_backward(g, x, w, b)[1:]),
     local_derivative_missing=lambda g, x, w, b: (
         batch_norm_backward(g, x, w, b)[0] / w, *batch_norm_backward(g, x, w, b)[1:]),
     missing_broadcast_sum=lambda g, x, w, b: (*batch_norm_backward(g, x, w, b)[:2], g),
     inputs_swapped=lambda g, x, w, b: (
         batch_norm_backward(g, x, w, b)[0], *batch_norm_backward(g, x, w, b)[:0:-1]))


def layer_norm(x):
    return (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)


def layer_norm_backward(g, x):
    n = layer_norm(x)
    s = np.sqrt(x.var(1, keepdims=True) + 1e-5)
    return (g - g.mean(1, keepdims=True) - n * (g * n).mean(1, keepdims=True)) / s


both("layer norm", layer_norm, layer_norm_backward, [normal(3, 6)], [1e9 * normal(3, 6)],
     centering_missing=lambda g, x: g / np.sqrt(x.var(1, keepdims=True) + 1e-5))

# ---- convolution and pooling ------------------------------------------------------------------


def conv(x, w, stride=1, padding=0):
    x = np.pad(x, [(0, 0)] * 2 + [(padding, padding)] * 2)
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], (2, 3))
    return np.einsum("nchwij,ocij->nohw", windows[:, :, ::stride, ::stride], w)


def conv_input(g, x, w, stride=1, padding=0, keep="add"):
    d = np.pad(np.zeros_like(x), [(0, 0)] * 2 + [(padding, padding)] * 2)
    kh, kw = w.shape[2:]
    for i, j in np.ndindex(*g.shape[2:]):
        part = np.einsum("no,ocij->ncij", g[:, :, i, j], w)
        to = d[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw]
        to[...] = to + part if keep == "add" else part
    return d[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]]


def conv_weight(g, x, w, stride=1, padding=0):
    x = np.pad(x, [(0, 0)] * 2 + [(padding, padding)] * 2)
    d = np.zeros_like(w)
    for i, j in np.ndindex(*w.shape[2:]):
        window = x[:, :, i:, j:][:, :, ::stride, ::stride][:, :, : g.shape[2], : g.shape[3]]
        d[:, :, i, j] = np.einsum("nohw,nchw->oc", g, window)
    return d


def flip(w):
    return w[:, :, ::-1, ::-1]


CX, CW = normal(2, 2, 5, 6), normal(3, 2, 3, 3)
both("conv", conv, lambda g, x, w: (conv_input(g, x, w), conv_weight(g, x, w)), [CX, CW],
     [normal(1, 1, 3, 3), normal(1, 1, 3, 3)], [CX[:, :, ::-1], CW.transpose(0, 1, 3, 2)],
     kernel_flipped=lambda g, x, w: (conv_input(g, x, flip(w)), conv_weight(g, x, w)),
     kernel_flipped__w=lambda g, x, w: (conv_input(g, x, w), flip(conv_weight(g, x, w))),
     not_accumulated=lambda g, x, w: (conv_input(g, x, w, keep="last"), conv_weight(g, x, w)),
     first_sample_only=lambda g, x, w: (conv_input(g, x, w), conv_weight(g[:1], x[:1], w)),
     shifted=lambda g, x, w: (np.roll(conv_input(g, x, w), 1, 2), conv_weight(g, x, w)),
     transposed=lambda g, x, w: (conv_input(g, x, w), conv_weight(g, x, w).swapaxes(2, 3)),
     scaled__batch=lambda g, x, w: (conv_input(g, x, w), conv_weight(g, x, w) / 2))
both("padded conv", lambda x, w: conv(x, w, 1, 1),
     lambda g, x, w: (conv_input(g, x, w, 1, 1), conv_weight(g, x, w, 1, 1)), [CX, CW],
     shifted=lambda g, x, w: (
         np.pad(conv_input(g, x, w, 1, 1), [(0, 0)] * 2 + [(0, 1)] * 2)[:, :, 1:, 1:],
         conv_weight(g, x, w, 1, 1)),
     kernel_flipped=lambda g, x, w: (conv_input(g, x, flip(w), 1, 1), conv_weight(g, x, w, 1, 1)))
SX = normal(2, 2, 7, 9)
both("strided conv", lambda x, w: conv(x, w, 2),
     lambda g, x, w: (conv_input(g, x, w, 2), conv_weight(g, x, w, 2)), [SX, CW],
     stride_ignored=lambda g, x, w: (conv_input(g, x, w, 1), conv_weight(g, x, w, 2)),
     stride_ignored__w=lambda g, x, w: (conv_input(g, x, w, 2), conv_weight(g, x, w, 1)),
     stride_ignored__shape=lambda g, x, w: (
         conv_input(g, np.zeros((2, 2, 5, 6)), w, 1), conv_weight(g, x, w, 2)))
both("conv 1-D", lambda x, w: np.convolve(x, w, "valid"),
     lambda g, x, w: (np.convolve(g, w[::-1]), np.convolve(g, x[::-1], "valid")[::1]),
     [normal(7), normal(3)], kernel_flipped=lambda g, x, w: (
         np.convolve(g, w), np.convolve(g, x[::-1], "valid")))
both("conv transpose", lambda x, w: conv_input(x, np.zeros((2, 2, 5, 6)), w),
     lambda g, x, w: (conv(g, w), conv_weight(x, g, w)), [normal(2, 3, 3, 4), CW],
     kernel_flipped=lambda g, x, w: (conv(g, flip(w)), conv_weight(x, g, w)))


def pool(x):
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2)


def spread(g):
    return g.repeat(2, 2).repeat(2, 3)


def max_pool_backward(g, x):
    top = spread(pool(x).max((3, 5)))
    return spread(g) * (x == top)


PX = rng.permutation(np.linspace(-2, 2, 96)).reshape(2, 2, 4, 6)
both("max pool", lambda x: pool(x).max((3, 5)), max_pool_backward, [PX],
     mask_missing=lambda g, x: spread(g))
wrong("max pool", lambda x: pool(x).max((3, 5)), [np.round(PX * 2) / 2], tie_rule=max_pool_backward)
both("avg pool", lambda x: pool(x).mean((3, 5)), lambda g, x: spread(g) / 4, [PX],
     scaled__window=lambda g, x: spread(g),
     first_sample_only=lambda g, x: spread(g) / 4 * np.array([1, 0])[:, None, None, None])


def overlapping(x):
    return np.lib.stride_tricks.sliding_window_view(x, 3, -1)[..., ::2, :].sum(-1)


def overlapping_backward(g, x, stride=2, add=True):
    d = np.zeros_like(x)
    for i in range(g.shape[-1]):
        to = d[..., i * stride : i * stride + 3]
        to[...] = g[..., i : i + 1] + (to if add else 0)
    return d


both("window sum", overlapping, overlapping_backward, [normal(2, 3, 9)],
     not_accumulated=lambda g, x: overlapping_backward(g, x, add=False),
     stride_ignored=lambda g, x: overlapping_backward(g, x, stride=1))

# ---- indices, attention, several paths --------------------------------------------------------

INDEX = np.array([0, 2, 2, 1, 0])


def embedding_backward(g, e, i):
    d = np.zeros_like(e)
    np.add.at(d, i, g)
    return d, None


def embedding_assigned(g, e, i):
    d = np.zeros_like(e)
    d[i] = g
    return d, None


both("embedding", lambda e, i: e[i], embedding_backward, [normal(4, 3), INDEX],
     not_accumulated=embedding_assigned)


def attention(q, k, v):
    return softmax(q @ k.T / np.sqrt(q.shape[1])) @ v


def attention_backward(g, q, k, v):
    p = softmax(q @ k.T / np.sqrt(q.shape[1]))
    s = g @ v.T
    s = p * (s - (s * p).sum(-1, keepdims=True)) / np.sqrt(q.shape[1])
    return s @ k, s.T @ q, p.T @ g


Q = [normal(4, 3), normal(5, 3), normal(5, 3)]


def changed(backward, which, change):
    def wrong_backward(g, *xs):
        gradients = list(backward(g, *xs))
        gradients[which] = change(gradients[which])
        return gradients
    return wrong_backward


both("attention", attention, attention_backward, Q,
     scaled__root=changed(attention_backward, 0, lambda d: d * np.sqrt(3)),
     inputs_swapped=lambda g, q, k, v: [attention_backward(g, q, k, v)[i] for i in (0, 2, 1)],
     transposed=changed(attention_backward, 1, np.transpose))
S = normal(4, 4)
both("residual", lambda x, w: x + np.tanh(x @ w),
     lambda g, x, w: (g + (g * (1 - np.tanh(x @ w) ** 2)) @ w.T,
                      x.T @ (g * (1 - np.tanh(x @ w) ** 2))), [normal(3, 4), S],
     not_accumulated=lambda g, x, w: (g, x.T @ (g * (1 - np.tanh(x @ w) ** 2))),
     not_accumulated__branch=lambda g, x, w: (
         (g * (1 - np.tanh(x @ w) ** 2)) @ w.T, x.T @ (g * (1 - np.tanh(x @ w) ** 2))),
     local_derivative_missing=lambda g, x, w: (
         g + (g * (1 - np.tanh(x @ w) ** 2)) @ w.T, x.T @ g))
both("two paths", lambda x, v, w: x @ v + x @ w,
     lambda g, x, v, w: (g @ v.T + g @ w.T, x.T @ g, x.T @ g),
     [normal(4, 3), normal(3, 5), normal(3, 5)],
     not_accumulated=lambda g, x, v, w: (g @ w.T, x.T @ g, x.T @ g))
right("two outputs", lambda x: (np.sin(x), np.cos(x)),
      lambda g, x: g[0] * np.cos(x) - g[1] * np.sin(x), X)
wrong("two outputs", lambda x: (np.sin(x), np.cos(x)), [X],
      scaled=lambda g, x: 2 * (g[0] * np.cos(x) - g[1] * np.sin(x)))
right("float32", np.tanh, lambda g, x: g * (1 - np.tanh(x) ** 2), X.astype(np.float32))
right("tiny gradient", lambda x: 1e-9 * np.sin(x), lambda g, x: 1e-9 * g * np.cos(x), X)
right("huge gradient", lambda x: 1e9 * np.sin(x), lambda g, x: 1e9 * g * np.cos(x), X)
wrong("tiny gradient", lambda x: 1e-9 * np.sin(x), [X], scaled=lambda g, x: 5e-9 * g * np.cos(x))
wrong("huge gradient", lambda x: 1e9 * np.sin(x), [X], scaled=lambda g, x: 1.01e9 * g * np.cos(x))
right("near a pole", np.reciprocal, lambda g, x: -g / x**2, np.array([1e-3, 1e3, -1e-5]))
right("all at the kink", hidden, lambda g, x, w: (0 * x, 0 * w), np.zeros((2, 3)), normal(3, 4))
wrong("maximum of equals", np.maximum, [np.array([1.0, 2, 3]), np.array([1.0, 2, 0])],
      tie_rule=lambda g, a, b: (g * (a >= b), g * (b >= a)))
wrong("rms norm", lambda x: x / np.sqrt((x * x).mean(-1, keepdims=True)), [X],
      centering_missing=lambda g, x: g / np.sqrt((x * x).mean(-1, keepdims=True)))
