"""The gradient of the loss with respect to the images, some images at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import minigrad as mg

from ..model import Model, class_scores

Array = NDArray[Any]


def loss_gradient(
    model: Model, images: Array, classes: NDArray[np.int64], batch_size: int = 128
) -> Array:
    """Return ∇ₓJ (N, C, H, W), with J the cross-entropy of each image's class.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks.gradient import loss_gradient
    >>> loss_gradient(lambda x: x.reshape(1, 2), np.zeros((1, 1, 1, 2)), np.array([0]))
    array([[[[-0.5,  0.5]]]])
    """
    gradient = np.empty_like(images)
    for i in range(0, len(images), batch_size):
        part = slice(i, i + batch_size)
        x = mg.Tensor(images[part], requires_grad=True)
        loss = mg.cross_entropy(class_scores(model, x), classes[part], reduction="sum")
        gradient[part] = mg.grad(loss, x)[0].data
    return gradient
