"""What an attribution is: a map over each image that says where a score comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .picture import show_overlay
from .result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Attribution(Result):
    """Where in the images a score comes from.

    Attributes
    ----------
    map : ndarray (N, H, W)
        At the size of the images; not normalised.
    target : ndarray (N,), or None where the target is no class
        The class whose score it is about.
    images : ndarray (N, C, H, W)
    """

    map: Array
    target: NDArray[np.int64] | None
    images: Array

    def plot(self, ax: Axes | None = None) -> Axes:
        """Lay the maps over the images, in grey, on one scale, with a colour bar."""
        return show_overlay(ax, self.images, self.map, self.variant)
