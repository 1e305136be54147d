"""What a network looks at: fill in the functions.

Arrays are NumPy's, float64.
"""

import numpy as np  # noqa: F401


def run(x, layers):
    """The input of each layer and, last, the scores: a list of len(layers) + 1 arrays."""
    raise NotImplementedError("run")


def relu_rule(grad_out, x, rule):
    """What goes back through a ReLU with input x.

    `rule` is "backprop" (mask of the input), "deconvnet" (mask of what comes back) or "guided"
    (both).
    """
    raise NotImplementedError("relu_rule")


def gradient(x, layers, target, rule):
    """The gradient of score `target`, an int, to pictures x (N, D), with that rule for the ReLU."""
    raise NotImplementedError("gradient")


def saliency(gradients):
    """A map (N, H, W) from gradients (N, C, H, W): the largest size over the channels."""
    raise NotImplementedError("saliency")


def grad_cam(features, gradients):
    """The Grad-CAM map (N, H, W) of a layer's features and gradients, both (N, C, H, W).

    Each channel's weight is the mean of its gradient; of the weighted sum what is positive stays.
    """
    raise NotImplementedError("grad_cam")


def guided_grad_cam(cam, guided):
    """The map cam (N, h, w), enlarged, times a guided gradient (N, C, H, W); returns (N, C, H, W).

    H and W are multiples of h and w; each value of the map covers a block of pixels.
    """
    raise NotImplementedError("guided_grad_cam")
