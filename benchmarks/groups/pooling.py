"""Pooling, unpooling and interpolation of images of (8, 64, 64, 64), float32."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..case import Array, Case, normal

SHAPE = (8, 64, 64, 64)
SIZE = 4 * 8 * 64 * 64 * 64  # in bytes


def cases() -> Iterator[Case]:
    """All cases of this group."""
    pool, back = "2x2 pool", "max-pool backward, unpool"
    for name, operation, settings, share, bars in (
        ("max 2x2", "max_pool2d", {"kernel_size": 2}, 1 / 4, (pool, back)),
        ("max 3x3 stride 2", "max_pool2d", {"kernel_size": 3, "stride": 2}, 1 / 4, ("", back)),
        ("average 2x2", "avg_pool2d", {"kernel_size": 2}, 1 / 4, (pool, "")),
        ("adaptive average to 7²", "adaptive_avg_pool2d", {"output_size": 7}, 0, ("", "")),
        ("bilinear x2", "interpolate", {"scale_factor": 2, "mode": "bilinear"}, 4, ("", "")),
        ("nearest x2", "interpolate", {"scale_factor": 2, "mode": "nearest"}, 4, ("", "")),
    ):
        yield from both(name, operation, images, settings, share, bars)
        if operation == "max_pool2d":
            yield case(
                f"{name}: backward", "backward", operation, images, settings, 1 + share, back
            )
    settings = {"kernel_size": 2}
    yield from both("max-unpool 2x2", "max_unpool2d", pooled, settings, 1 / 4, (back, back))


def both(
    name: str, operation: str, arrays: Any, settings: dict, share: float, bars: tuple[str, str]
) -> Iterator[Case]:
    """Forward, and forward and backward; `share` is the size of the result beside the images."""
    moved = 1 + share
    yield case(f"{name}: forward", "forward", operation, arrays, settings, moved, bars[0])
    yield case(f"{name}: both ways", "both_ways", operation, arrays, settings, 2 * moved, bars[1])


def case(
    name: str, task: str, operation: str, arrays: Any, settings: dict, moved: float, bar: str
) -> Case:
    """One case, which reads and writes `moved` times the size of the images."""
    arguments = {"operation": operation, "arrays": arrays, "settings": settings}
    if task != "forward":
        arguments["wrt"] = ("x",)
    return Case("pooling", name, task, arguments, bar or "anything", traffic=moved * SIZE)


def images() -> dict[str, Array]:
    """Random images."""
    return {"x": normal(*SHAPE)}


def pooled() -> dict[str, Array]:
    """The largest values of all 2×2 windows, and their places within the plane."""
    n, c, h, w = SHAPE
    windows = normal(*SHAPE).reshape(n, c, h // 2, 2, w // 2, 2)
    windows = windows.transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h // 2, w // 2, 4)
    row, column = np.divmod(windows.argmax(-1), 2)
    top, left = np.mgrid[0:h:2, 0:w:2]
    return {"x": windows.max(-1), "indices": (top + row) * w + left + column}
