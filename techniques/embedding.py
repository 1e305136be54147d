"""Images as points on a plane: near each other where the network sees the same (PCA, t-SNE)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .progress import tracked
from .result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Embedding(Result):
    """Points on a plane.

    Attributes
    ----------
    points : ndarray (N, 2)
    """

    points: Array

    def plot(
        self,
        ax: Axes | None = None,
        labels: ArrayLike | None = None,
        names: tuple[str, ...] = (),
    ) -> Axes:
        """Draw the points, each class of `labels` (N,) in its own colour, with its name."""
        from matplotlib import pyplot

        ax = pyplot.subplots()[1] if ax is None else ax
        groups = np.zeros(len(self.points), int) if labels is None else np.asarray(labels)
        for group in np.unique(groups):
            name = names[group] if names else str(group)
            x, y = self.points[groups == group].T
            ax.scatter(x, y, s=6, color=f"C{group % 10}", label=name)
        if labels is not None:
            ax.legend(fontsize="x-small", markerscale=2)
        ax.set_xticks([])
        ax.set_yticks([])
        ax.set_title(self.variant, fontsize="small", wrap=True)
        return ax


def embedding(
    features: ArrayLike,
    method: Literal["pca", "tsne"] = "pca",
    perplexity: float = 30.0,
    steps: int = 500,
    rng: int | np.random.Generator | None = None,
) -> Embedding:
    """Return a point on a plane for each row of features.

    Parameters
    ----------
    features : array (N, …)
        Such as the last output maps before the classifier, averaged over places.
    method : {"pca", "tsne"}
        The two directions of the largest variance; or the plane on which each point has the
        neighbours that it has among the features (van der Maaten & Hinton 2008).
    perplexity, steps, rng
        Of t-SNE only: how many neighbours count, less than N / 3; how many steps of gradient
        descent; where to begin. It takes N² numbers of memory.

    Returns
    -------
    Embedding

    Examples
    --------
    >>> import numpy as np
    >>> from techniques import embedding
    >>> line = np.array([[0.0, 0, 0], [3, 4, 0], [6, 8, 0]])
    >>> np.abs(np.round(embedding(line).points, 6))
    array([[5., 0.],
           [0., 0.],
           [5., 0.]])
    """
    rows = np.asarray(features, float).reshape(len(np.asarray(features)), -1)
    if len(rows) < 3 or not np.isfinite(rows).all():
        raise ValueError(f"features must be at least 3 finite rows, not {len(rows)}")
    if method == "pca":
        return Embedding(points=pca(rows), variant="the two first principal components")
    if method != "tsne":
        raise ValueError(f'method must be "pca" or "tsne", not {method!r}')
    if not 1 <= perplexity < len(rows) / 3:
        raise ValueError(
            f"perplexity must lie in 1 to N / 3 = {len(rows) / 3:g}, and is {perplexity!r}"
        )
    points = tsne(rows, perplexity, steps, np.random.default_rng(rng))
    return Embedding(points=points, variant=f"t-SNE, perplexity {perplexity:g}, {steps} steps")


def pca(rows: Array) -> Array:
    """Project on the two directions of the largest variance."""
    centred = rows - rows.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    points = np.zeros((len(rows), 2))
    points[:, : len(directions[:2])] = centred @ directions[:2].T
    return points


def tsne(rows: Array, perplexity: float, steps: int, rng: np.random.Generator) -> Array:
    """Descend the divergence of the neighbourhoods on the plane from those among the rows."""
    p = neighbourhoods(rows, perplexity)
    y = 1e-4 * rng.standard_normal((len(rows), 2))
    velocity, gain = np.zeros_like(y), np.ones_like(y)
    for step in tracked(range(steps), "t-SNE"):
        exaggeration, momentum = (4.0, 0.5) if step < steps // 4 else (1.0, 0.8)
        near = 1 / (1 + squared_distances(y))
        np.fill_diagonal(near, 0)
        pull = (exaggeration * p - near / near.sum()) * near
        gradient = 4 * (pull.sum(axis=1)[:, None] * y - pull @ y)
        gain = np.where(np.sign(gradient) != np.sign(velocity), gain + 0.2, 0.8 * gain)
        velocity = momentum * velocity - 100 * np.maximum(gain, 0.01) * gradient
        y = y + velocity
        y -= y.mean(axis=0)
    return y


def neighbourhoods(rows: Array, perplexity: float) -> Array:
    """Return p (N, N), symmetric, of sum 1: how near each pair is.

    Seen from one row the others weigh exp(-d²/2σ²), with σ such that the entropy is that of
    `perplexity` equal neighbours; found by bisection.
    """
    distances = squared_distances(rows)
    np.fill_diagonal(distances, np.inf)
    distances -= distances.min(axis=1, keepdims=True)
    low, high = np.zeros(len(rows)), np.full(len(rows), np.inf)
    beta = 1 / np.maximum(np.where(np.isfinite(distances), distances, 0).mean(axis=1), 1e-12)
    for _ in range(64):
        weights = np.exp(-distances * beta[:, None])
        share = weights / weights.sum(axis=1, keepdims=True)
        entropy = -(share * np.log(np.maximum(share, 1e-300))).sum(axis=1)
        wide = entropy > np.log(perplexity)
        low, high = np.where(wide, beta, low), np.where(wide, high, beta)
        beta = np.where(np.isinf(high), 2 * beta, (low + high) / 2)
    return (share + share.T) / (2 * len(rows))


def squared_distances(points: Array) -> Array:
    """Between all pairs of points (N, D), as (N, N)."""
    squares = (points**2).sum(axis=1)
    return np.maximum(squares[:, None] + squares - 2 * points @ points.T, 0)
