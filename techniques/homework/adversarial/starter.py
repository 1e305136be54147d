"""Adversarial examples: fill in the functions.

Arrays are NumPy's, float64.
"""

import numpy as np  # noqa: F401


def logits(x, weights):
    """The network's scores (N, K) for pictures x (N, D)."""
    raise NotImplementedError("logits")


def input_gradient(x, labels, weights):
    """The gradient of each picture's own cross-entropy loss to its pixels, (N, D)."""
    raise NotImplementedError("input_gradient")


def fgsm(x, labels, epsilon, weights):
    """One step of size `epsilon` in every pixel, upwards in the loss of the true labels.

    Returns pictures (N, D), with pixels from 0 to 1.
    """
    raise NotImplementedError("fgsm")


def targeted(x, targets, epsilon, weights):
    """Pictures at most `epsilon` from x in every pixel that the network takes for `targets`."""
    raise NotImplementedError("targeted")


def robust_accuracy(x, labels, epsilon, weights):
    """The share of pictures that the network still gets right after `fgsm`, from 0 to 1."""
    raise NotImplementedError("robust_accuracy")
