"""A network from scratch: dense layers, ReLU, softmax and cross-entropy, and training."""

import numpy as np


def dense(x, weight, bias):
    """x (N, D) times weight (D, E) plus bias (E,)."""
    return x @ weight + bias


def dense_backward(grad_out, x, weight, bias):
    """The gradients to x, weight and bias, as a tuple (dx, dw, db), from that to y (N, E)."""
    return grad_out @ weight.T, x.T @ grad_out, grad_out.sum(axis=0)


def relu_backward(grad_out, x):
    """The gradient to x of max(x, 0); 0 where x is 0."""
    return grad_out * (x > 0)


def softmax(logits):
    """Probabilities from logits (N, K), along the last axis; also for very large logits."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def cross_entropy(logits, labels):
    """The mean of −log of the probability of the right class; labels (N,) are integers."""
    top = logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0]
    return np.mean(log_sum - logits[np.arange(len(labels)), labels])


def cross_entropy_backward(logits, labels):
    """The gradient of `cross_entropy` to the logits (N, K)."""
    gradient = softmax(logits)
    gradient[np.arange(len(labels)), labels] -= 1
    return gradient / len(labels)


def train(x, labels, x_test, seed):
    """Train a network on x (N, D) and labels (N,), and return its logits for x_test (M, K).

    There are as many classes as labels. It has to get right what one straight line cannot.
    """
    rng = np.random.default_rng(seed)
    hidden, classes = 32, labels.max() + 1
    w1, b1 = rng.normal(size=(x.shape[1], hidden)), np.zeros(hidden)
    w2, b2 = rng.normal(size=(hidden, classes)) / np.sqrt(hidden), np.zeros(classes)
    velocity = [np.zeros_like(p) for p in (w1, b1, w2, b2)]
    for _ in range(600):
        before = dense(x, w1, b1)
        after = np.maximum(before, 0)
        error = cross_entropy_backward(dense(after, w2, b2), labels)
        d_after, dw2, db2 = dense_backward(error, after, w2, b2)
        _, dw1, db1 = dense_backward(relu_backward(d_after, before), x, w1, b1)
        for p, v, g in zip((w1, b1, w2, b2), velocity, (dw1, db1, dw2, db2), strict=True):
            v *= 0.9
            v -= 0.1 * g
            p += v
    return dense(np.maximum(dense(x_test, w1, b1), 0), w2, b2)
