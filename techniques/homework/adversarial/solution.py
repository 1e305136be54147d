"""Adversarial examples: a change too small to see, along the gradient of the loss.

The network is W₂ relu(W₁ x + b₁) + b₂; its weights come as a tuple (w1, b1, w2, b2) of shapes
(D, H), (H,), (H, K), (K,). Pictures are rows of pixels from 0 to 1.
"""

import numpy as np


def logits(x, weights):
    """The network's scores (N, K) for pictures x (N, D)."""
    w1, b1, w2, b2 = weights
    return np.maximum(x @ w1 + b1, 0) @ w2 + b2


def input_gradient(x, labels, weights):
    """The gradient of each picture's own cross-entropy loss to its pixels, (N, D)."""
    w1, b1, w2, _ = weights
    scores = logits(x, weights)
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    hidden = p @ w2.T * (x @ w1 + b1 > 0)
    return hidden @ w1.T


def fgsm(x, labels, epsilon, weights):
    """One step of size `epsilon` in every pixel, upwards in the loss of the true labels.

    Returns pictures (N, D), with pixels from 0 to 1.
    """
    step = epsilon * np.sign(input_gradient(x, labels, weights))
    return np.clip(x + step, 0, 1)


def targeted(x, targets, epsilon, weights):
    """Pictures at most `epsilon` from x in every pixel that the network takes for `targets`."""
    moved = x.copy()
    for _ in range(100):
        moved = moved - epsilon / 10 * np.sign(input_gradient(moved, targets, weights))
        moved = np.clip(moved, x - epsilon, x + epsilon)
        moved = np.clip(moved, 0, 1)
    return moved


def robust_accuracy(x, labels, epsilon, weights):
    """The share of pictures that the network still gets right after `fgsm`, from 0 to 1."""
    attacked = fgsm(x, labels, epsilon, weights)
    return np.mean(logits(attacked, weights).argmax(axis=1) == labels)
