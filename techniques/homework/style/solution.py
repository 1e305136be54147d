"""Pictures from gradients: gradient ascent, and the style of a picture as a Gram matrix."""

import numpy as np


def ascend(x, gradient_matrix, bias, step, steps, decay):
    """Climb the score s(x) = ½ xᵀ A x + bᵀ x − ½ decay · |x|² from x (D,), A symmetric (D, D).

    Takes `steps` steps of `step` times the gradient and returns the last x.
    """
    for _ in range(steps):
        x = x + step * (gradient_matrix @ x + bias - decay * x)
    return x


def total_variation(image):
    """The sum of squared differences of neighbours, down and right, in an image (C, H, W)."""
    down = image[:, 1:] - image[:, :-1]
    right = image[:, :, 1:] - image[:, :, :-1]
    return np.sum(down**2) + np.sum(right**2)


def gram_matrix(features):
    """How channels of features (C, H, W) go together: the (C, C) matrix of their products."""
    rows = features.reshape(len(features), -1)
    return rows @ rows.T


def gram_backward(grad_out, features):
    """The gradient to features (C, H, W) from that to their Gram matrix, any (C, C) matrix."""
    rows = features.reshape(len(features), -1)
    return ((grad_out + grad_out.T) @ rows).reshape(features.shape)


def style_loss(features, target):
    """The sum of squared differences of two Gram matrices, of features and target.

    Both are (C, H, W), of the same number of channels; their sizes may differ.
    """
    return np.sum((gram_matrix(features) - gram_matrix(target)) ** 2)


def style_gradient(features, target):
    """The gradient of `style_loss` to features."""
    difference = gram_matrix(features) - gram_matrix(target)
    return gram_backward(2 * difference, features)


def content_gradient(features, target):
    """The gradient to features (C, H, W) of the mean squared difference to the target's."""
    return 2 * (features - target) / features.size
