"""Does a network look at the shape or at the texture? (Geirhos et al. 2019)"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import layers

from .corruptions import CorruptionErrors, corruption_errors
from .data import Dataset, Shapes
from .model import logits
from .pretrained import PictureNetwork
from .result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[Any]

PAIRS = len(Shapes.texture_names)
"""So many classes have both a shape and a texture: class k is shape k or texture k."""

_BATCH = 32


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ShapeBias(Result):
    """How a network decides where shape and texture disagree.

    Attributes
    ----------
    bias : float
        Shape decisions as a share of shape and texture decisions, from 0 to 1; NaN without any.
    shape_fraction, texture_fraction, neither : float
        The shares of all conflicting items in which the shape, the texture or neither was named.
    """

    bias: float
    shape_fraction: float
    texture_fraction: float
    neither: float

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the three shares as bars."""
        if ax is None:
            from matplotlib import pyplot

            _, ax = pyplot.subplots()
        shares = [self.shape_fraction, self.texture_fraction, self.neither]
        ax.bar(["shape", "texture", "neither"], shares)
        ax.set_ylim(0, 1)
        ax.set_title(self.variant, fontsize="small", wrap=True)
        return ax


def shape_bias(
    predictions: ArrayLike, shape_labels: ArrayLike, texture_labels: ArrayLike
) -> ShapeBias:
    """Return the shape bias of predictions on pictures whose cues conflict.

    Parameters
    ----------
    predictions, shape_labels, texture_labels : array (N,) of int
        The predicted class, and the classes that the shape and the texture tell. Items in which
        the two agree are left out.

    Raises
    ------
    ValueError
        If the three differ in length, or no item has a conflict.

    Examples
    --------
    >>> from techniques.shape_bias import shape_bias
    >>> result = shape_bias([0, 1, 1, 2], [0, 0, 1, 0], [1, 1, 0, 1])
    >>> round(result.bias, 3), result.neither
    (0.667, 0.25)
    """
    said, shape, texture = (np.asarray(a) for a in (predictions, shape_labels, texture_labels))
    if said.ndim != 1 or not said.shape == shape.shape == texture.shape:
        raise ValueError(
            f"predictions {said.shape}, shape_labels {shape.shape} and texture_labels "
            f"{texture.shape} must be arrays of one length"
        )
    conflict = shape != texture
    if not conflict.any():
        raise ValueError("shape and texture agree in every item: there is no conflict to decide")
    by_shape = float((said == shape)[conflict].mean())
    by_texture = float((said == texture)[conflict].mean())
    decided = by_shape + by_texture
    return ShapeBias(
        bias=by_shape / decided if decided else float("nan"),
        shape_fraction=by_shape,
        texture_fraction=by_texture,
        neither=max(0.0, 1 - decided),
        variant=f"shape bias over {np.count_nonzero(conflict)} pictures with conflicting cues",
    )


@dataclass(frozen=True, eq=False)
class CueConflict:
    """Pictures on grey in which the shape tells one class and the texture another.

    Attributes
    ----------
    images : ndarray, float32, (N, 3, H, W)
    shape_labels, texture_labels : ndarray (N,)
        From 0 to 5: the index in ``Shapes.classes`` and in ``Shapes.texture_names``.
    """

    images: Array
    shape_labels: NDArray[np.int64]
    texture_labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.images)


def cue_conflict(count: int, seed: int = 0, size: int = 64) -> CueConflict:
    """Draw pictures of shape i with texture j ≠ i, of the first six shapes and the six textures.

    The background is grey: in Shapes it wears the same textures as the objects.

    Examples
    --------
    >>> from techniques.shape_bias import cue_conflict
    >>> conflict = cue_conflict(8)
    >>> bool((conflict.shape_labels == conflict.texture_labels).any())
    False
    """
    shape, texture = conflicting(count, seed)
    drawn = Shapes(count, seed, size, labels=shape, textures=texture)
    return CueConflict(on_grey(drawn), drawn.labels, drawn.textures)


def conflicting(count: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw the classes of `count` shapes and, for each, another class for its texture."""
    rng = np.random.default_rng([seed, 1])
    shape = rng.integers(PAIRS, size=count)
    return shape, (shape + rng.integers(1, PAIRS, size=count)) % PAIRS


def on_grey(drawn: Shapes) -> Array:
    """Return the objects alone, cut out by their masks, as (N, 3, H, W)."""
    return np.where(drawn.masks[:, None], drawn.images, np.float32(0.5))


def labelled_by(cue: str, count: int, seed: int = 0, size: int = 64) -> Dataset:
    """Draw pictures on grey in which one cue tells the class, and the other is of any class.

    Parameters
    ----------
    cue : {"shape", "texture"}
        Which of the two the labels are.

    Examples
    --------
    >>> from techniques.shape_bias import labelled_by
    >>> labelled_by("texture", 8, size=16).classes
    ('stripes', 'checks', 'dots', 'zigzags', 'bricks', 'marble')
    """
    if cue not in ("shape", "texture"):
        raise ValueError(f'cue must be "shape" or "texture", not {cue!r}')
    shape, texture = np.random.default_rng([seed, 2]).integers(PAIRS, size=(2, count))
    drawn = Shapes(count, seed, size, labels=shape, textures=texture)
    if cue == "shape":
        return Dataset(on_grey(drawn), drawn.labels, Shapes.classes[:PAIRS])
    return Dataset(on_grey(drawn), drawn.textures, Shapes.texture_names)


@dataclass(frozen=True, eq=False)
class CueExperiment:
    """What a network learned from pictures in which one cue tells the class.

    Attributes
    ----------
    model : PictureNetwork
    accuracy : float
        On new pictures of the same kind.
    bias : ShapeBias
    corruption : CorruptionErrors
        On new pictures of the same kind.
    """

    model: PictureNetwork
    accuracy: float
    bias: ShapeBias
    corruption: CorruptionErrors


def cue_experiment(
    data: Dataset,
    test: Dataset,
    conflict: CueConflict,
    epochs: int = 8,
    corruptions: tuple[str, ...] = ("gaussian_noise", "contrast", "defocus_blur"),
    rng: int = 0,
    progress: bool = False,
) -> CueExperiment:
    """Train a small network, and ask it where the cues conflict: the paper's experiment in small.

    Parameters
    ----------
    data, test : Dataset
        Of six classes: from `labelled_by`, or stylised pictures with the labels of their content.
    conflict : CueConflict
    epochs : int
    corruptions : tuple of str
        Under which to measure the error.
    rng : int
        The seed.

    Examples
    --------
    >>> from techniques.shape_bias import cue_conflict, cue_experiment, labelled_by
    >>> result = cue_experiment(
    ...     labelled_by("texture", 32, size=16), labelled_by("texture", 16, seed=1, size=16),
    ...     cue_conflict(16, seed=2, size=16), epochs=1, corruptions=("contrast",))
    >>> 0 <= result.accuracy <= 1
    True
    """
    model = PictureNetwork((16, 32, 64), (1, 2), PAIRS, rng=rng)
    model.normalise_like(data.images)
    optimizer = layers.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
    steps = epochs * -(-len(data) // _BATCH)
    layers.fit(
        model, (data.images, data.labels), optimizer=optimizer, epochs=epochs, batch_size=_BATCH,
        schedule=layers.schedule.OneCycleLR(optimizer, max_lr=0.1, total_steps=steps),
        schedule_every="batch", rng=rng, progress=progress,
    )  # fmt: skip
    model.eval()
    said = logits(model, conflict.images).argmax(axis=1)
    return CueExperiment(
        model,
        layers.evaluate(model, test.images, test.labels),
        shape_bias(said, conflict.shape_labels, conflict.texture_labels),
        corruption_errors(model, test.images, test.labels, corruptions, rng),
    )
