"""Gradient ascent: which picture would a class, a channel or a unit like best?

The image is the variable now, and the weights stay (Simonyan et al. 2013). Bare ascent ends in
noise that fools the network; `techniques.regularisers` has what makes pictures of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from .arguments import check_positive
from .fourier import natural
from .images import as_baseline, as_images
from .model import Asked, Model, ask
from .picture import in_colour, show_tiles
from .progress import tracked
from .regularisers import Regularisers
from .result import Result
from .target import Target

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[Any]
_FURTHEST = 0.1  # a step aimed at a rise of the score goes no further, as a share of the range


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class GradientAscent(Result):
    """Images that a target likes.

    Attributes
    ----------
    images : ndarray (N, C, H, W)
        Within bounds.
    scores : ndarray (steps, N)
        The target's score before each step, of all octaves one after the other.
    target : ndarray (N,), or None where the target is no class
    """

    images: Array
    scores: Array
    target: NDArray[np.int64] | None

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the images side by side."""
        return show_tiles(ax, [in_colour(image) for image in self.images], self.variant)


def gradient_ascent(
    model: Model,
    target: Target,
    shape: tuple[int, ...],
    steps: int = 200,
    step: float = 1 / 255,
    step_rule: Literal["rms", "plain", "progress"] = "rms",
    regularisers: Regularisers | None = None,
    fourier: bool = False,
    octaves: int = 1,
    octave_scale: float = 1.4,
    start: Literal["grey", "noise"] | ArrayLike | mg.Tensor = "grey",
    bounds: tuple[float, float] = (0.0, 1.0),
    rng: int | np.random.Generator | None = None,
) -> GradientAscent:
    """Climb the score of a target, from a blank image on.

    Parameters
    ----------
    model : callable
        From a Tensor (N, C, H, W) to logits (N, K). The score of a class is the logit: its
        probability would rise just as well if the other classes fell.
    target : int, array (N,) of int, Unit or callable
        As for `saliency`; an array of classes gives one image each.
    shape : (C, H, W) or (N, C, H, W)
    steps : int
        For each octave.
    step, step_rule : float, {"rms", "plain", "progress"}
        How far a step goes: so that values change by `step`, root mean square; `step` times the
        gradient; or so far that the score should rise by `step`, which is step / ‖g‖².
    regularisers : Regularisers, optional
        Without it, bare ascent.
    fourier : bool
        Ascend in Fourier space with decorrelated colours; see `techniques.fourier`.
    octaves, octave_scale : int, float
        Begin with a smaller image, and enlarge it by the scale from octave to octave. The model
        must take images of any size.
    start : "grey", "noise" or an image
        Zero in the middle of the bounds; around it, noise with σ of 10/255 of the range; or an
        image, an array that broadcasts to `shape`.
    bounds : (low, high)
        The valid range.
    rng : int, Generator or None
        For noise and jitter.

    Returns
    -------
    GradientAscent

    Notes
    -----
    A step is, in this order: clip to the bounds, ascend, decay, blur, clip what is small. The last
    one only ascends.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques import gradient_ascent
    >>> weight = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
    >>> def model(x):
    ...     return x.reshape(len(x), -1) @ weight
    >>> result = gradient_ascent(model, [0, 1], (3, 1, 1), steps=10, step=0.5)
    >>> result.images.reshape(2, 3)
    array([[1. , 0. , 0.5],
           [0.5, 0.5, 1. ]], dtype=float32)
    """
    check_positive("steps", steps)
    check_positive("octaves", octaves)
    regularisers = regularisers or Regularisers()
    rng = np.random.default_rng(rng)
    low, high = bounds
    grey, sizes = (low + high) / 2, octave_sizes(shape, octaves, octave_scale)
    x = _started(start, _full(shape, target), bounds, rng)
    scores = []
    for octave in tracked(range(octaves), "octaves"):
        x = mg.interpolate(x, size=sizes[octave], mode="bilinear")
        for count in tracked(range(1, steps + 1), "gradient ascent"):
            x = np.clip(x, low, high)
            gradient, asked = _gradient(model, x, target, grey, regularisers, rng)
            scores.append(asked.scores.data)
            if fourier:
                gradient = natural(gradient)
            x = x + _length(gradient, step, step_rule, high - low) * gradient
            if count < steps:
                x = grey + regularisers.applied(x - grey, gradient, count)
    return GradientAscent(
        images=np.clip(x, low, high).astype(x.dtype),
        scores=np.stack(scores),
        target=asked.classes,
        variant=f"gradient ascent on {asked.name}, {steps} steps"
        + (f" in each of {octaves} octaves" if octaves > 1 else "")
        + (" in Fourier space" if fourier else "")
        + f", {regularisers}",
    )


def _gradient(
    model: Model,
    x: Array,
    target: Target,
    grey: float,
    regularisers: Regularisers,
    rng: np.random.Generator,
) -> tuple[Array, Asked]:
    """The gradient of the scores less the penalties, taken of the jittered images."""
    jitter = regularisers.jitter
    down, right = (int(n) for n in rng.integers(-jitter, jitter + 1, 2))
    rolled = mg.Tensor(np.roll(x, (down, right), (2, 3)), requires_grad=True)
    asked = ask(model, rolled, target)
    objective = asked.scores.sum() - regularisers.penalty(rolled - grey)
    (gradient,) = mg.grad(objective, rolled)
    return np.roll(gradient.data, (-down, -right), (2, 3)), asked


def _length(gradient: Array, step: float, step_rule: str, reach: float) -> Array:
    """What each image's gradient is multiplied with, (N, 1, 1, 1)."""
    if step_rule == "plain":
        return np.full((len(gradient), 1, 1, 1), step, gradient.dtype)
    squares = (gradient**2).mean(axis=(1, 2, 3), keepdims=True)
    rms = np.sqrt(np.where(squares > 0, squares, 1))  # where there is no gradient, there is no step
    if step_rule == "rms":
        return step / rms
    if step_rule == "progress":
        return np.minimum(step / (rms**2 * gradient[0].size), _FURTHEST * reach / rms)
    raise ValueError(f'step_rule must be "rms", "plain" or "progress", not {step_rule!r}')


def _full(shape: tuple[int, ...], target: Target) -> tuple[int, ...]:
    """The shape (N, C, H, W): with one image for each class of an array."""
    if len(shape) not in (3, 4):
        raise ValueError(f"shape must be (C, H, W) or (N, C, H, W), not {shape}")
    if target is None:
        raise ValueError("a target is needed: there is no image yet to predict a class for")
    many = not callable(target) and isinstance(target, list | tuple | np.ndarray)
    return tuple(shape) if len(shape) == 4 else (np.size(target) if many else 1, *shape)  # type: ignore[arg-type]


def octave_sizes(shape: tuple[int, ...], octaves: int, scale: float) -> list[tuple[int, int]]:
    """The heights and widths of all octaves, the last of full size."""
    if not scale > 1:
        raise ValueError(f"octave_scale must be above 1, not {scale!r}")
    height, width = shape[-2:]
    factors = [scale**-octave for octave in reversed(range(octaves))]
    return [(max(round(height * f), 1), max(round(width * f), 1)) for f in factors]


def _started(
    start: Any, shape: tuple[int, ...], bounds: tuple[float, float], rng: np.random.Generator
) -> Array:
    low, high = bounds
    x = np.full(shape, (low + high) / 2, np.float32)
    if isinstance(start, str):
        if start == "noise":
            x += (high - low) * 10 / 255 * rng.standard_normal(shape).astype(np.float32)
        elif start != "grey":
            raise ValueError(f'start must be "grey", "noise" or an image, not {start!r}')
        return x
    return as_images(as_baseline(start, x), "start").copy()
