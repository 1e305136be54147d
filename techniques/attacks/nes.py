"""PGD without a gradient: NES (Ilyas et al. 2018) and SPSA (Uesato et al. 2018)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from ..model import Model, logits
from ..progress import tracked
from .budget import Bounds, checked_epsilon, project_linf
from .result import AttackResult, judged
from .start import begun, checked_count, margin, reached

Array = NDArray[Any]


def nes(
    model: Model,
    images: ArrayLike | mg.Tensor,
    labels: ArrayLike | mg.Tensor,
    epsilon: float,
    queries: int = 5000,
    samples: int = 50,
    sigma: float = 0.01,
    step: float | None = None,
    directions: str = "gaussian",
    targeted: bool = False,
    bounds: Bounds = (0, 1),
    rng: int | np.random.Generator | None = None,
) -> AttackResult:
    """Estimate the gradient from the scores at pairs of points, then step as PGD does.

    ∇f(x) ≈ mean of u (f(x + σu) − f(x − σu)) / 2σ over random u: f is by how much the wrong class
    leads. With u Gaussian this is NES, with u of ±1 it is SPSA.

    Parameters
    ----------
    model : callable
        Only its scores are used, never its gradient.
    images, labels, epsilon, targeted, bounds
        As for `fgsm`.
    queries : int
        How many evaluations each image may cost, the first and the last included.
    samples : int
        Evaluations for one estimate; even.
    sigma : float
        σ, as a share of the bounds' range.
    step : float, optional
        ε/5 by default.
    directions : {"gaussian", "signs"}
        NES or SPSA.
    rng : int, Generator or None

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.attacks import nes
    >>> image = np.array([[[[0.75, 0.5]]]])
    >>> result = nes(lambda x: x.reshape(len(x), 2), image, labels=0, epsilon=0.2, rng=0)
    >>> result.success, bool(result.queries[0] < 500)
    (array([ True]), True)
    """
    images, scores, classes = begun(model, images, labels, bounds)
    epsilon, queries = checked_epsilon(epsilon), checked_count("queries", queries, least=2)
    step = epsilon / 5 if step is None else checked_epsilon(step, "step")
    if samples < 2 or samples % 2:
        raise ValueError(f"samples come in pairs: {samples} is not even and positive")
    if directions not in ("gaussian", "signs"):
        raise ValueError(f'directions must be "gaussian" or "signs", not {directions!r}')
    rng, width = np.random.default_rng(rng), sigma * (bounds[1] - bounds[0])
    attacked, used = images.copy(), np.ones(len(images), np.int64)
    todo = np.flatnonzero(~reached(scores, classes, targeted)).tolist()
    for i in tracked(todo, "NES"):
        x, aim, done = images[i : i + 1], classes[i : i + 1], False
        while not done and used[i] + samples + 2 <= queries:
            u = rng.normal(size=(samples // 2, *x.shape[1:]))
            u = np.sign(u) if directions == "signs" else u
            points = np.concatenate([x + width * u, x - width * u]).astype(x.dtype)
            lead = margin(logits(model, points), np.repeat(aim, samples), targeted)
            slope = lead[: samples // 2] - lead[samples // 2 :]
            gradient = np.tensordot(slope, u, axes=1)
            x = project_linf(x - step * np.sign(gradient), images[i : i + 1], epsilon, bounds)
            done = bool(reached(logits(model, x), aim, targeted)[0])
            used[i] += samples + 1
        attacked[i] = x[0]
    name = "SPSA" if directions == "signs" else "NES"
    return AttackResult(
        **judged(model, images, scores, attacked, classes, targeted, used),
        norm="linf",
        variant=f"{'targeted ' if targeted else ''}{name}, ε = {epsilon:g} in L∞, {samples} "
        f"samples a step, at most {queries} queries",
    )
