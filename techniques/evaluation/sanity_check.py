"""Sanity checks: does an explanation change when the network forgets? (Adebayo et al. 2018)

A method that shows the same map for a network with random weights does not show what the network
has learned.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

import layers
import minigrad as mg

from ..images import as_images
from ..model import settled
from ..progress import tracked
from ..result import Result
from ..target import Target
from .similarity import rank_correlation, ssim

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[Any]
Explanation = Callable[[Any, Array, Target], Any]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SanityCheck(Result):
    """How alike the maps of a network are before and after its layers are randomised.

    Attributes
    ----------
    layers : tuple of str
        In the order in which they are randomised, from the output on.
    rank_correlation, ssim : ndarray (L, N)
        Of the map of each image with the original one; 1 means that nothing has changed.
    maps : ndarray (L, N, H, W)
    original : ndarray (N, H, W)
    """

    layers: tuple[str, ...]
    rank_correlation: Array
    ssim: Array
    maps: Array
    original: Array

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw both measures against the layers, as means over the images."""
        from matplotlib import pyplot

        ax = pyplot.subplots()[1] if ax is None else ax
        for name, values in (("rank correlation", self.rank_correlation), ("SSIM", self.ssim)):
            ax.plot(self.layers, values.mean(axis=1), marker="o", label=name)
        ax.axhline(0, color="0.8", zorder=0)
        ax.set_ylim(-0.4, 1.05)
        ax.tick_params(axis="x", rotation=30)
        ax.set_ylabel("similarity to the original map")
        ax.legend()
        ax.set_title(self.variant, fontsize="small", wrap=True)
        return ax


def sanity_check(
    model: layers.Module,
    images: ArrayLike | mg.Tensor,
    explain: Explanation,
    target: Target = None,
    order: Literal["cascading", "independent"] = "cascading",
    rng: int | np.random.Generator | None = None,
) -> SanityCheck:
    """Return how alike maps stay when layers are randomised, from the output to the input.

    Parameters
    ----------
    model : Module
        It is left as it is; a copy is randomised.
    images : array (N, C, H, W)
    explain : callable
        ``explain(model, images, target)`` returns a map (N, H, W), or a result with ``.map``;
        such as `saliency`.
    target
        As for `saliency`; the predicted class is that of the intact network.
    order : {"cascading", "independent"}
        Each layer in addition to those before, or each alone.
    rng : int, Generator or None

    Returns
    -------
    SanityCheck

    Notes
    -----
    A layer is a module with weights, together with the normalisation that follows it. Its weights
    are put in random order, parameter by parameter, which keeps their distribution, and with it
    the scale of what they compute.

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques import saliency
    >>> from techniques.evaluation import sanity_check
    >>> model = layers.Sequential(
    ...     layers.Conv2d(3, 8, 3, rng=0), layers.ReLU(),
    ...     layers.Flatten(), layers.Linear(288, 4, rng=0),
    ... )
    >>> images = np.random.default_rng(0).random((2, 3, 8, 8), np.float32)
    >>> check = sanity_check(model, images, saliency, rng=0)
    >>> check.layers, check.rank_correlation.shape
    (('3', '0'), (2, 2))
    """
    if order not in ("cascading", "independent"):
        raise ValueError(f'order must be "cascading" or "independent", not {order!r}')
    images = as_images(images)
    rng = np.random.default_rng(rng)
    target = settled(model, images, target)
    original = map_of(explain(model, images, target))
    groups = layers_with_weights(model)
    randomised, maps = copy.deepcopy(model), []
    for parts in tracked(list(groups.values()), "sanity check"):
        if order == "independent":
            randomised = copy.deepcopy(model)
        for part in parts:
            shuffle(randomised.get_submodule(part), rng)
        maps.append(map_of(explain(randomised, images, target)))
    return SanityCheck(
        layers=tuple(groups),
        rank_correlation=np.stack([rank_correlation(original, each) for each in maps]),
        ssim=np.stack([ssim(original, each) for each in maps]),
        maps=np.stack(maps),
        original=original,
        variant=f"{order} randomisation from the output on, weights in random order",
    )


def layers_with_weights(model: layers.Module) -> dict[str, list[str]]:
    """Return the layers from the output to the input, each with the normalisations behind it."""
    groups: dict[str, list[str]] = {}
    for name, module in model.named_modules():
        own = list(module.parameters(recurse=False))
        if any(parameter.ndim > 1 for parameter in own) or (own and not groups):
            groups[name] = [name]
        elif own:
            groups[list(groups)[-1]].append(name)
    if not groups:
        raise ValueError("the model has no parameters: there is nothing to randomise")
    return dict(reversed(groups.items()))


def shuffle(module: layers.Module, rng: np.random.Generator) -> None:
    """Put the values of each of a module's own parameters in random order."""
    for parameter in module.parameters(recurse=False):
        values = rng.permutation(parameter.data.ravel())
        parameter.data = values.reshape(parameter.shape)


def map_of(explanation: Any) -> Array:
    """The map of a result, or the map itself."""
    return np.asarray(getattr(explanation, "map", explanation))
