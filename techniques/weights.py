"""Weights as images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from .picture import axes_for, mosaic
from .result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[Any]

_GAP = 255


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class WeightGrid(Result):
    """Weights as tiles.

    Attributes
    ----------
    tiles : ndarray of uint8, (n, h, w, 3) in colour or (n, h, w) in grey
        Scaled over the whole layer, so that tiles can be compared.
    grid : ndarray of uint8
        The tiles on one sheet, ⌈√n⌉ wide, with white gaps of one pixel.
    """

    tiles: Array
    grid: Array

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the grid."""
        ax = axes_for(ax)
        ax.imshow(self.grid, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        ax.set_title(self.variant, fontsize="small", wrap=True)
        return ax


def weight_grid(
    weight: ArrayLike | mg.Tensor,
    shape: tuple[int, int, int] | None = None,
    signed: bool = False,
) -> WeightGrid:
    """Show the weights of a layer as images (lecture: visualising weights).

    A kernel that looks at three channels is shown in colour. A deeper one is shown channel by
    channel, in grey; the tiles then follow each other kernel by kernel.

    Parameters
    ----------
    weight : array (K, C, kh, kw), or (K, C·H·W) of a fully connected layer
    shape : (C, H, W), for a fully connected layer
        The shape of the images that it looks at.
    signed : bool
        Scale around zero, which becomes mid-grey (128). By default the layer's smallest weight
        becomes 0 and its largest 255.

    Returns
    -------
    WeightGrid

    Raises
    ------
    ValueError
        For weights of another shape, or without any.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques import weight_grid
    >>> weight_grid(np.random.default_rng(0).normal(size=(5, 3, 2, 2))).grid.shape
    (5, 8, 3)
    >>> weight_grid(np.array([[-1.0, 0.0, 0.5, 2.0]]), shape=(1, 2, 2), signed=True).grid
    array([[ 64, 128],
           [159, 255]], dtype=uint8)
    """
    kernels = _kernels(weight, shape)
    colour = kernels.shape[1] == 3
    values = kernels.transpose(0, 2, 3, 1) if colour else kernels.reshape(-1, *kernels.shape[2:])
    if signed:
        largest = np.abs(values).max()
        shades = 127.5 + 127.5 * values / (largest or 1.0)
        scale = f"0 is mid-grey, ±{largest:.3g} white and black"
    else:
        low, high = values.min(), values.max()
        shades = (values - low) * 255 / ((high - low) or 1.0)
        scale = f"{low:.3g} is black, {high:.3g} white"
    tiles = np.rint(shades).astype(np.uint8)
    return WeightGrid(
        tiles=tiles,
        grid=mosaic(tiles, gap=_GAP),
        variant=f"{'kernels in colour' if colour else 'kernels channel by channel'}, scaled over "
        f"the whole layer: {scale}",
    )


def _kernels(weight: ArrayLike | mg.Tensor, shape: tuple[int, int, int] | None) -> Array:
    """The weights as finite float64 (K, C, h, w)."""
    values = weight.data if isinstance(weight, mg.Tensor) else np.asarray(weight)
    kernels = values.astype(np.float64)
    if kernels.ndim == 2:
        if shape is None or len(shape) != 3 or int(np.prod(shape)) != kernels.shape[1]:
            raise ValueError(
                f"each of the {kernels.shape[0]} rows holds {kernels.shape[1]} weights: give the "
                f"shape=(C, H, W) of the images that they look at, with C·H·W = "
                f"{kernels.shape[1]}, not {shape}"
            )
        kernels = kernels.reshape(-1, *shape)
    if kernels.ndim != 4 or not kernels.size:
        raise ValueError(
            f"weights must be (K, C, kh, kw) or (K, C·H·W) and not empty, not {kernels.shape}"
        )
    if not np.isfinite(kernels).all():
        raise ValueError("the weights hold NaN or infinity: there is no scale to show them on")
    return kernels
