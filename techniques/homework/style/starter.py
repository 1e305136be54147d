"""Pictures from gradients: fill in the functions.

Arrays are NumPy's, float64.
"""

import numpy as np  # noqa: F401


def ascend(x, gradient_matrix, bias, step, steps, decay):
    """Climb the score s(x) = ½ xᵀ A x + bᵀ x − ½ decay · |x|² from x (D,), A symmetric (D, D).

    Takes `steps` steps of `step` times the gradient and returns the last x.
    """
    raise NotImplementedError("ascend")


def total_variation(image):
    """The sum of squared differences of neighbours, down and right, in an image (C, H, W)."""
    raise NotImplementedError("total_variation")


def gram_matrix(features):
    """How channels of features (C, H, W) go together: the (C, C) matrix of their products."""
    raise NotImplementedError("gram_matrix")


def gram_backward(grad_out, features):
    """The gradient to features (C, H, W) from that to their Gram matrix, any (C, C) matrix."""
    raise NotImplementedError("gram_backward")


def style_loss(features, target):
    """The sum of squared differences of two Gram matrices, of features and target.

    Both are (C, H, W), of the same number of channels; their sizes may differ.
    """
    raise NotImplementedError("style_loss")


def style_gradient(features, target):
    """The gradient of `style_loss` to features."""
    raise NotImplementedError("style_gradient")


def content_gradient(features, target):
    """The gradient to features (C, H, W) of the mean squared difference to the target's."""
    raise NotImplementedError("content_gradient")
