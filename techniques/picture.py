"""Arrays as pictures: tiles on a sheet, signed values around grey, maps over images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[Any]

CLIP = 99.5
"""The percentile of the absolute values at which a colour scale ends."""


def mosaic(tiles: Sequence[Array] | Array, gap: float = np.nan) -> Array:
    """Lay out equally large tiles in a grid ⌈√n⌉ wide, with gaps of one pixel.

    Parameters
    ----------
    tiles : sequence of ndarray (H, W) or (H, W, 3)
    gap : float
        What fills the gaps and the rest of the last row.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.picture import mosaic
    >>> mosaic(np.ones((3, 1, 2), int), gap=0)
    array([[1, 1, 0, 1, 1],
           [0, 0, 0, 0, 0],
           [1, 1, 0, 0, 0]])
    """
    if not len(tiles):
        raise ValueError("there is nothing to show: the batch is empty")
    columns = int(np.ceil(np.sqrt(len(tiles))))
    rows = -(-len(tiles) // columns)
    height, width, *channels = tiles[0].shape
    dtype = np.result_type(tiles[0], np.float32) if np.isnan(gap) else tiles[0].dtype
    sheet = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1, *channels), gap, dtype)
    for index, tile in enumerate(tiles):
        top, left = index // columns * (height + 1), index % columns * (width + 1)
        sheet[top : top + height, left : left + width] = tile
    return sheet


def reach(values: Array) -> float:
    """Where a colour scale ends: the percentile `CLIP` of |values|, or their maximum; never 0."""
    absolute = np.abs(values[np.isfinite(values)])
    return float(np.percentile(absolute, CLIP)) or float(absolute.max()) or 1.0


def around_grey(gradient: Array) -> Array:
    """Show a gradient (C, H, W) as an image (H, W, 3) in [0, 1] in which zero is mid-grey."""
    return in_colour(np.clip(0.5 + gradient / (2 * reach(gradient)), 0, 1))


def in_colour(image: Array) -> Array:
    """Return an image (C, H, W) as (H, W, 3) in [0, 1].

    Three channels are colours, others are averaged to grey. Values outside of [0, 1], as of
    normalised images, are scaled from the image's minimum and maximum.
    """
    low, high = float(image.min()), float(image.max())
    if low < 0 or high > 1:
        image = (image - low) / ((high - low) or 1.0)
    if len(image) != 3:
        image = np.broadcast_to(image.mean(axis=0), (3, *image.shape[1:]))
    return image.transpose(1, 2, 0)


def in_heat(values: Array, end: float) -> Array:
    """Return a map (H, W), not negative, as colours (3, H, W): zero dark, `end` bright."""
    from matplotlib import colormaps

    return colormaps["inferno"](np.clip(values / end, 0, 1))[..., :3].transpose(2, 0, 1)


def in_sign(values: Array, end: float) -> Array:
    """Return a map (H, W) as colours (3, H, W): zero white, `end` red, -`end` blue."""
    from matplotlib import colormaps

    return colormaps["RdBu_r"](np.clip(0.5 + values / (2 * end), 0, 1))[..., :3].transpose(2, 0, 1)


def axes_for(ax: Axes | None) -> Axes:
    """Return `ax`, or new Axes; without ticks, for a picture."""
    if ax is None:
        from matplotlib import pyplot

        _, ax = pyplot.subplots()
    ax.set_xticks([])
    ax.set_yticks([])
    return ax


def show_tiles(ax: Axes | None, tiles: Sequence[Array], title: str) -> Axes:
    """Draw images (H, W, 3) in [0, 1] side by side."""
    ax = axes_for(ax)
    ax.imshow(mosaic(tiles, gap=1.0), interpolation="nearest")
    ax.set_title(title, fontsize="small", wrap=True)
    return ax


def show_maps(ax: Axes | None, maps: Sequence[Array] | Array, title: str) -> Axes:
    """Draw maps (H, W) side by side on one scale, centred at zero if any value is negative."""
    ax = axes_for(ax)
    sheet = mosaic(maps)
    end = reach(sheet)
    negative = bool(np.nanmin(sheet) < 0)
    artist = ax.imshow(
        sheet, cmap="RdBu_r" if negative else "inferno", vmin=-end if negative else 0, vmax=end,
        interpolation="nearest",
    )  # fmt: skip
    ax.figure.colorbar(artist, ax=ax, extend="both" if negative else "max")
    ax.set_title(f"{title}\nscale ends at percentile {CLIP:g}", fontsize="small", wrap=True)
    return ax


def show_overlay(ax: Axes | None, images: Array, maps: Array, title: str) -> Axes:
    """Draw maps (N, H, W) over grey images, opaque where they are large, all on one scale.

    The scale is centred at zero if any value is negative.
    """
    ax = axes_for(ax)
    grey = [in_colour(image).mean(axis=2) for image in images]
    ax.imshow(mosaic(grey), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    sheet = mosaic(maps)
    end = reach(sheet)
    negative = bool(np.nanmin(sheet) < 0)
    opacity = np.nan_to_num(0.85 * np.clip(np.abs(sheet) / end, 0, 1))
    artist = ax.imshow(
        sheet, cmap="RdBu_r" if negative else "inferno", vmin=-end if negative else 0, vmax=end,
        alpha=opacity,
    )  # fmt: skip
    bar = ax.figure.colorbar(artist, ax=ax, extend="both" if negative else "max")
    bar.solids.set_alpha(1)  # type: ignore[union-attr]
    ax.set_title(f"{title}\nscale ends at percentile {CLIP:g}", fontsize="small", wrap=True)
    return ax


def palette(classes: int) -> Array:
    """One colour for each class, (classes, 3) in [0, 1]: apart in hue, and in lightness too.

    Examples
    --------
    >>> from techniques.picture import palette
    >>> palette(3).shape
    (3, 3)
    """
    import colorsys

    return np.array([
        colorsys.hsv_to_rgb(0.61803 * i % 1, 0.45 + 0.25 * (i % 3), 0.95 - 0.2 * (i % 2))
        for i in range(classes)
    ])  # fmt: skip
