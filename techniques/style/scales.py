"""Paint a small picture first, then twice that size, and so on: large strokes in large pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import minigrad as mg

from .arguments import resized
from .painting import Measure, Painted, paint

Array = NDArray[Any]


def paint_at_scales(
    goals: Callable[[Array, Sequence[Array]], Measure],
    content: Array,
    styles: Sequence[Array],
    start: Array,
    scales: int,
    stages: Sequence[int] = (),
    **options: Any,
) -> Painted:
    """Paint at 1/2ⁿ⁻¹ of the size, enlarge, go on at twice that size, up to the full one.

    Parameters
    ----------
    goals : callable
        ``goals(content, styles)`` gives the losses for pictures of a size.
    content, start : ndarray (1, C, H, W)
    styles : sequence of ndarray (1, C, h, w)
    scales : int
        n; 1 paints at the full size alone.
    stages, **options
        For `paint`; stages are kept at the full size.

    Returns
    -------
    Painted
        With the losses of all scales, one after the other.
    """
    if scales < 1:
        raise ValueError(f"scales must be at least 1, not {scales}")
    contents, several, starts = [content], [list(styles)], [start]
    for _ in range(scales - 1):
        contents.append(halved(contents[-1]))
        several.append([halved(each) for each in several[-1]])
        starts.append(halved(starts[-1]))
    image, losses = starts[-1], []
    for level in reversed(range(scales)):
        height, width = contents[level].shape[2:]
        painted = paint(
            goals(contents[level], several[level]),
            resized(image, (height, width)),
            stages=stages if level == 0 else (),
            **options,
        )
        image = painted.image
        losses.append(painted.losses)
    return painted._replace(losses=np.concatenate(losses).view(np.recarray))


def halved(image: Array) -> Array:
    """Return a picture (1, C, H, W) at half its size: the mean of each 2 × 2 pixels."""
    if min(image.shape[2:]) < 2:
        raise ValueError("the picture is too small for so many scales: lower scales")
    return mg.avg_pool2d(image, 2, ceil_mode=True, count_include_pad=False)
