"""Layer-wise relevance propagation, ε-rule: the score, dealt out to the pixels (Bach et al. 2015).

A neuron with z = Σ xᵢ wᵢ + b hands its relevance R on in the proportion of what came in:

    Rᵢ = xᵢ wᵢ / (z + ε · sign z) · R

Written for R/x, this is the backward pass with one other rule, for ReLU: in place of its derivative
stands its output over its stabilised input (Ancona et al. 2018, proposition 1). Everything linear
(convolutions, batch norm in evaluation, mean pooling, sums of branches) keeps its own, and max
pooling hands on to the winner. The relevance of the pixels is then the image times that gradient.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from .attribution import Attribution
from .images import as_images
from .model import Model, score_gradient
from .target import Target

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Relevance(Attribution):
    """How much of the score each value of the image is given.

    Attributes
    ----------
    map : ndarray (N, H, W)
        The sum over the channels.
    relevance : ndarray (N, C, H, W)
    absorbed : ndarray (N,)
        What of the score did not reach the image: the share of biases, constants and ε.
    """

    relevance: Array
    absorbed: Array


def lrp(
    model: Model, images: ArrayLike | mg.Tensor, target: Target = None, epsilon: float = 1e-6
) -> Relevance:
    """Return the relevance of each value by the ε-rule.

    Parameters
    ----------
    model, images, target
        As for `saliency`. The rule is that of ReLU networks: another activation keeps its
        derivative.
    epsilon : float
        Above 0. A large one lets weak contributions fade.

    Returns
    -------
    Relevance

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> from techniques import lrp
    >>> def model(x):
    ...     return mg.relu(x.reshape(len(x), -1) @ np.array([[1.0], [2.0], [-1.0]]))
    >>> result = lrp(model, np.array([[[[3.0, 1.0, 2.0]]]]), 0)
    >>> np.round(result.relevance, 4), np.abs(result.absorbed) < 1e-5
    (array([[[[ 3.,  2., -2.]]]]), array([ True]))
    """
    if not 0 < epsilon < np.inf:
        raise ValueError(f"epsilon must be a number above 0, not {epsilon!r}")

    def relu_ratio(g: Any, y: Any) -> Any:
        return g * y / (y + epsilon)  # where y = max(z, 0) is positive, it is z; else 0 / ε

    images = as_images(images)
    with mg.backward_rules(relu=relu_ratio):
        gradient, asked = score_gradient(model, images, target)
    scores = asked.scores.data
    kept = np.abs(scores) / (np.abs(scores) + epsilon)  # the rule at the score itself
    relevance = images * gradient * kept[:, None, None, None].astype(images.dtype)
    return Relevance(
        map=relevance.sum(axis=1),
        relevance=relevance,
        absorbed=scores - relevance.sum(axis=(1, 2, 3)),
        target=asked.classes,
        images=images,
        variant=f"LRP of {asked.name}, ε-rule with ε = {epsilon:g}, summed over the channels",
    )
