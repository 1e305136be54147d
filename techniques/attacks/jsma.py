"""The Jacobian-based saliency map attack (Papernot et al. 2016): few values, changed a lot."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from ..model import Model, class_scores, logits
from ..progress import tracked
from ..target import one_hot
from .budget import Bounds
from .result import AttackResult, judged
from .start import begun, reached

Array = NDArray[Any]


def jsma(
    model: Model,
    images: ArrayLike | mg.Tensor,
    labels: ArrayLike | mg.Tensor,
    theta: float = 1.0,
    gamma: float = 0.1,
    targeted: bool = False,
    bounds: Bounds = (0, 1),
) -> AttackResult:
    """Change pairs of values that raise the target's logit and lower the others' most.

    With α the derivative of the target's logit with respect to a pair of values, and β that of
    the sum of the others, the pair with the largest −α β is changed, among those with α > 0 > β.

    Parameters
    ----------
    model, images, bounds
        As for `fgsm`.
    labels : array (N,) of int, or one int
        With ``targeted=True`` the targets, as in the paper; else the true classes, and the target
        is the most probable other class.
    theta : float
        By how much to change a value, as a share of the bounds' range: positive to raise,
        negative to lower.
    gamma : float
        The largest share of values to change.

    Returns
    -------
    AttackResult
        ``distance`` counts values, of which a pixel has one for each channel.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks import jsma
    >>> image = np.full((1, 1, 1, 6), 0.5)
    >>> weight = np.array([[1, -1], [2, -2], [-1, 1], [-3, 3], [0, 0], [-2, 2]])
    >>> jsma(lambda x: x.reshape(1, 6) @ weight + [9, 0], image, 1, gamma=0.5, targeted=True).images
    array([[[[0.5, 0.5, 0.5, 1. , 0.5, 1. ]]]])
    """
    images, scores, classes = begun(model, images, labels, bounds)
    if not (0 < abs(theta) <= 1 and 0 < gamma <= 1):
        raise ValueError(
            f"theta must be a share of the range, not 0 and at most 1 in size, and gamma a share "
            f"of the values, not {theta} and {gamma}"
        )
    change = theta * (bounds[1] - bounds[0])
    pairs = int(gamma * images[:1].size) // 2
    others = np.where(one_hot(classes, scores.shape[1]) > 0, -np.inf, scores).argmax(axis=1)
    targets = classes if targeted else others
    attacked, queries = images.copy(), np.ones(len(images), np.int64)
    left = np.flatnonzero(~reached(scores, classes, targeted))
    for _ in tracked(range(pairs), "JSMA"):
        if not left.size:
            break
        own, rest = _derivatives(model, attacked[left], targets[left])
        found = np.ones(len(left), bool)
        for index, (alpha, beta) in enumerate(zip(own, rest, strict=True)):
            values = attacked[left[index]].reshape(-1)  # a view
            free = values < bounds[1] if theta > 0 else values > bounds[0]
            pair = best_pair(np.sign(theta) * alpha[free], np.sign(theta) * beta[free])
            found[index] = pair is not None
            if pair is not None:
                chosen = np.flatnonzero(free)[list(pair)]
                values[chosen] = np.clip(values[chosen] + change, *bounds)
        queries[left] += 1
        left = left[found]
        queries[left] += 1
        if left.size:
            left = left[~reached(logits(model, attacked[left]), classes[left], targeted)]
    return AttackResult(
        **judged(model, images, scores, attacked, classes, targeted, queries),
        norm="l0",
        variant=f"{'targeted ' if targeted else ''}JSMA on logits, pairs of values by {theta:g} of "
        f"the range, at most {gamma:g} of the values",
    )


def _derivatives(model: Model, images: Array, targets: NDArray[np.int64]) -> tuple[Array, Array]:
    """Of the target's logit and of the sum of the others, each (N, C·H·W)."""
    x = mg.Tensor(images, requires_grad=True)
    scores = class_scores(model, x)
    chosen = one_hot(targets, scores.shape[1])
    (own,) = mg.grad(scores, x, chosen, retain_tape=True)
    (rest,) = mg.grad(scores, x, 1 - chosen)
    return own.data.reshape(len(images), -1), rest.data.reshape(len(images), -1)


def best_pair(alpha: Array, beta: Array) -> tuple[int, int] | None:
    """Return the pair p, q with the largest −(α_p + α_q)(β_p + β_q), of those with α > 0 > β.

    None, where no pair has both signs. A value that two others beat in both α and β is in no best
    pair, so that only two layers of the Pareto front have to be paired.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks.jsma import best_pair
    >>> best_pair(np.array([1.0, 5.0, -1.0, 3.0]), np.array([-1.0, 0.5, -9.0, -2.0]))
    (1, 2)
    """
    order = np.lexsort((beta, -alpha))
    fall, layers = -beta[order], []
    left = np.arange(len(order))
    for _ in range(2):
        before = np.maximum.accumulate(np.concatenate([[-np.inf], fall[left]]))[:-1]
        front = fall[left] > before
        layers.append(left[front])
        left = left[~front]
    kept = np.sort(order[np.concatenate(layers)])
    a, b = alpha[kept], beta[kept]
    both, others = a[:, None] + a, b[:, None] + b
    score = np.where((both > 0) & (others < 0), -both * others, -np.inf)
    score[np.tril_indices(len(kept))] = -np.inf
    if not score.size or not np.isfinite(score.max()):
        return None
    p, q = np.unravel_index(score.argmax(), score.shape)
    return int(kept[p]), int(kept[q])
