"""What a network looks at: saliency, deconvnet, guided backprop and Grad-CAM.

A network is a list of layers: ("dense", w) with w of shape (D, E), or ("relu",). Pictures are rows.
"""

import numpy as np


def run(x, layers):
    """The input of each layer and, last, the scores: a list of len(layers) + 1 arrays."""
    values = [x]
    for layer in layers:
        x = x @ layer[1] if layer[0] == "dense" else np.maximum(x, 0)
        values.append(x)
    return values


def relu_rule(grad_out, x, rule):
    """What goes back through a ReLU with input x.

    `rule` is "backprop" (mask of the input), "deconvnet" (mask of what comes back) or "guided"
    (both).
    """
    if rule == "backprop":
        return grad_out * (x > 0)
    if rule == "deconvnet":
        return grad_out * (grad_out > 0)
    return grad_out * (grad_out > 0) * (x > 0)


def gradient(x, layers, target, rule):
    """The gradient of score `target`, an int, to pictures x (N, D), with that rule for the ReLU."""
    values = run(x, layers)
    back = np.zeros(values[-1].shape)
    back[:, target] = 1
    for layer, value in zip(layers[::-1], values[-2::-1], strict=True):
        back = back @ layer[1].T if layer[0] == "dense" else relu_rule(back, value, rule)
    return back


def saliency(gradients):
    """A map (N, H, W) from gradients (N, C, H, W): the largest size over the channels."""
    return np.abs(gradients).max(axis=1)


def grad_cam(features, gradients):
    """The Grad-CAM map (N, H, W) of a layer's features and gradients, both (N, C, H, W).

    Each channel's weight is the mean of its gradient; of the weighted sum what is positive stays.
    """
    weights = gradients.mean(axis=(2, 3), keepdims=True)
    return np.maximum((weights * features).sum(axis=1), 0)


def guided_grad_cam(cam, guided):
    """The map cam (N, h, w), enlarged, times a guided gradient (N, C, H, W); returns (N, C, H, W).

    H and W are multiples of h and w; each value of the map covers a block of pixels.
    """
    block = guided.shape[2] // cam.shape[1], guided.shape[3] // cam.shape[2]
    large = cam.repeat(block[0], axis=1).repeat(block[1], axis=2)
    return large[:, None] * guided
