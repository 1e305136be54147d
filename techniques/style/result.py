"""What painting returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from techniques.picture import in_colour, show_tiles
from techniques.result import Result

from .painting import Painted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[Any]

_FLAT = 0.01  # how much of the deviation of its pixels a picture may not lose


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Painting(Result):
    """A picture that was painted by gradient descent.

    Attributes
    ----------
    image : ndarray
        Within the bounds, and of the shape (C, H, W) or (1, C, H, W) that was given.
    losses : recarray
        A row a step, with the columns ``total``, ``content``, ``style`` and ``tv``: the terms
        with their weights, whose sum is the total. The last row is that of the picture.
    stages : ndarray (K, C, H, W)
        The picture on the way, where that was asked for.
    """

    image: Array
    losses: np.recarray
    stages: Array

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the stages and the picture side by side."""
        image = self.image.reshape(self.image.shape[-3:])
        return show_tiles(ax, [in_colour(each) for each in (*self.stages, image)], self.variant)


def as_painting(painted: Painted, given: Array, variant: str) -> Painting:
    """Return what was painted, with as many axes as the picture `given`.

    Raises
    ------
    ValueError
        If the picture has become a single colour, which the one given is not.
    """
    if painted.image.std(axis=(2, 3)).max() < _FLAT * given.std(axis=(-2, -1)).max():
        raise ValueError(
            "the picture has become a single colour: lower the weight of the total variation, or "
            "choose another layer"
        )
    image = painted.image if given.ndim == 4 else painted.image[0]
    return Painting(image=image, losses=painted.losses, stages=painted.stages, variant=variant)
