"""DeepFool (Moosavi-Dezfooli et al. 2016): to the nearest border, again and again."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from ..model import Model, class_scores, logits
from ..progress import tracked
from ..target import as_classes, one_hot
from .ball import lengths
from .budget import Bounds, checked_epsilon, images_within
from .result import AttackResult, judged
from .start import checked_count, reached

Array = NDArray[Any]


def deepfool(
    model: Model,
    images: ArrayLike | mg.Tensor,
    labels: ArrayLike | mg.Tensor | None = None,
    steps: int = 50,
    overshoot: float = 0.02,
    bounds: Bounds = (0, 1),
    candidates: int = 10,
) -> AttackResult:
    """Find a small change in L2 that leaves the class, by taking the network for linear.

    Of a linear classifier, the border to class k is ``|f_k − f_y| / ‖∇f_k − ∇f_y‖`` away. Each
    step goes to the nearest of these borders of the linearised network. The sum of the steps, made
    longer by `overshoot`, is the attack; it ends when the clipped image is of another class.

    Parameters
    ----------
    model, images, bounds
        As for `fgsm`.
    labels : array (N,) of int, optional
        The true classes; an image of another class is left as it is. By default the predicted
        ones.
    steps : int
        At most so many.
    overshoot : float
        How much further than the border to go, as a share.
    candidates : int
        Only the classes with so many largest scores on the given image are looked at.

    Returns
    -------
    AttackResult
        There is no budget: `distance`, in L2, is what is sought to be small.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks import deepfool
    >>> result = deepfool(lambda x: x.reshape(1, 2), np.array([[[[0.75, 0.25]]]]))
    >>> result.images.round(5), result.success
    (array([[[[0.495, 0.505]]]]), array([ True]))
    """
    images = images_within(images, bounds)
    steps, overshoot = checked_count("steps", steps), checked_epsilon(overshoot, "overshoot")
    candidates = checked_count("candidates", candidates, least=2)
    scores = logits(model, images)
    classes = as_classes(labels, scores, "labels")
    rivals = np.argsort(-scores, axis=1)[:, :candidates]
    attacked, queries = images.copy(), np.ones(len(images), np.int64)
    change = np.zeros(images.shape)
    left = np.flatnonzero(~reached(scores, classes, targeted=False))
    for _ in tracked(range(steps), "DeepFool"):
        if not left.size:
            break
        here = (images[left] + change[left]).astype(images.dtype)
        change[left] += _to_nearest_border(model, here, classes[left], rivals[left])
        tried = np.clip(images[left] + (1 + overshoot) * change[left], *bounds)
        attacked[left] = tried.astype(images.dtype)
        queries[left] += 2
        left = left[~reached(logits(model, attacked[left]), classes[left], targeted=False)]
    return AttackResult(
        **judged(model, images, scores, attacked, classes, False, queries),
        norm="l2",
        variant=f"DeepFool, at most {steps} steps, overshoot {overshoot:g}",
    )


def _to_nearest_border(
    model: Model, x: Array, classes: NDArray[np.int64], rivals: NDArray[np.int64]
) -> Array:
    """The step (N, C, H, W) to the nearest border of the linearised model."""
    scores, gradients = _jacobian(model, x, np.concatenate([classes[:, None], rivals], axis=1))
    differences = (scores[1:] - scores[0]).astype(np.float64)
    normals = gradients[1:].astype(np.float64) - gradients[0]
    norms = np.stack([lengths(normal)[:, 0, 0, 0] for normal in normals])
    # The class itself is among its rivals; it has no border to itself.
    usable = (norms > 0) & (classes != rivals.T)
    away = np.where(usable, np.abs(differences) / np.where(usable, norms, 1), np.inf)
    nearest, every = away.argmin(axis=0), np.arange(len(x))
    found = usable[nearest, every]
    distance = np.where(found, away[nearest, every], 0)
    # A hair further, or the border itself would be the end of the search.
    distance = distance + 1e-6 * found
    norm = np.where(found, norms[nearest, every], 1)
    return (distance / norm)[:, None, None, None] * normals[nearest, every]


def _jacobian(model: Model, images: Array, columns: NDArray[np.int64]) -> tuple[Array, Array]:
    """The scores (J, N) of the classes in `columns` (N, J), and their gradients (J, N, C, H, W)."""
    x = mg.Tensor(images, requires_grad=True)
    scores = class_scores(model, x)
    gradients = [
        mg.grad(scores, x, one_hot(chosen, scores.shape[1]), retain_tape=True)[0].data
        for chosen in columns.T
    ]
    return np.take_along_axis(scores.data, columns, axis=1).T, np.stack(gradients)
