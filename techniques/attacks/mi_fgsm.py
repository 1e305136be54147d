"""The momentum iterative method (Dong et al. 2018): steps that keep a memory of the gradients."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

import minigrad as mg

from ..model import Model
from ..progress import tracked
from .budget import Bounds, checked_epsilon, project_linf
from .gradient import loss_gradient
from .result import AttackResult, judged
from .start import begun, checked_count


def mi_fgsm(
    model: Model,
    images: ArrayLike | mg.Tensor,
    labels: ArrayLike | mg.Tensor,
    epsilon: float,
    steps: int = 10,
    decay: float = 1.0,
    targeted: bool = False,
    bounds: Bounds = (0, 1),
) -> AttackResult:
    """Step along the sign of a sum of gradients: g ← μ g + ∇ₓJ / ‖∇ₓJ‖₁, x ← x + (ε/T) sign(g).

    What the gradients of many steps agree on is less peculiar to this one network, so these
    images fool other networks more often than those of `bim`.

    Parameters
    ----------
    model, images, labels, epsilon, targeted, bounds
        As for `fgsm`.
    steps : int
        T.
    decay : float
        μ, from 0 (no memory) up; 1 in the paper.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks import mi_fgsm
    >>> image = np.array([[[[0.75, 0.25]]]])
    >>> mi_fgsm(lambda x: x.reshape(1, 2), image, labels=0, epsilon=0.25).images.round(6)
    array([[[[0.5, 0.5]]]])
    """
    images, scores, classes = begun(model, images, labels, bounds)
    epsilon, steps = checked_epsilon(epsilon), checked_count("steps", steps)
    decay = checked_epsilon(decay, "decay")
    uphill = -epsilon / steps if targeted else epsilon / steps
    x, memory = images, np.zeros_like(images)
    for _ in tracked(range(steps), "MI-FGSM"):
        gradient = loss_gradient(model, x, classes)
        length = np.abs(gradient).sum(axis=(1, 2, 3), keepdims=True)
        memory = decay * memory + gradient / np.where(length > 0, length, 1)
        x = project_linf(x + uphill * np.sign(memory), images, epsilon, bounds)
    queries = np.full(len(images), steps + 1)
    return AttackResult(
        **judged(model, images, scores, x, classes, targeted, queries),
        norm="linf",
        variant=f"{'targeted ' if targeted else ''}MI-FGSM, ε = {epsilon:g} in L∞, {steps} steps, "
        f"decay {decay:g}",
    )
