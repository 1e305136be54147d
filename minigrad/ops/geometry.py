"""The sizes of sliding windows: one place that checks them and says what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Pair = tuple[int, int]


def pair(value: Any, name: str, least: int) -> Pair:
    """An int or a pair of ints as a pair, at least `least`."""
    values = tuple(value) if isinstance(value, (tuple, list, np.ndarray)) else (value, value)
    if len(values) == 1:
        values = values * 2
    if len(values) != 2 or not all(
        isinstance(v, (int, np.integer)) and not isinstance(v, bool) for v in values
    ):
        raise TypeError(f"{name} is an int or a pair of ints (rows, columns), not {value!r}")
    if min(values) < least:
        raise ValueError(f"{name} is at least {least}, not {value!r}")
    return int(values[0]), int(values[1])


def check_images(x: Any, function: str) -> tuple[int, int, int, int]:
    """The shape (N, C, H, W) of a batch of images."""
    shape = np.shape(x)
    if len(shape) != 4:
        raise ValueError(
            f"{function} takes images of shape (N, C, H, W), not {shape}; one image alone becomes "
            "a batch with x[None]"
        )
    return shape


def resolve_padding(
    padding: Any, kernel_size: Sequence[int], stride: Pair, dilation: Pair
) -> tuple[Pair, Pair]:
    """Padding on both sides, and what is added to it at the bottom and right only.

    ``"valid"`` is none; ``"same"`` keeps the size at stride 1, an odd row or column going to
    the bottom or right.
    """
    if isinstance(padding, str):
        if padding == "valid":
            return (0, 0), (0, 0)
        if padding != "same":
            raise ValueError(f"padding is a size, 'same' or 'valid', not {padding!r}")
        if stride != (1, 1):
            raise ValueError(f"padding='same' keeps the size only at stride 1, not {stride}")
        total = [d * (k - 1) for d, k in zip(dilation, kernel_size, strict=True)]
        return (total[0] // 2, total[1] // 2), (total[0] % 2, total[1] % 2)
    return pair(padding, "padding", 0), (0, 0)


def windows(
    size: Sequence[int],
    kernel_size: Sequence[int],
    stride: Pair,
    padding: Pair,
    dilation: Pair = (1, 1),
    ceil_mode: bool = False,
) -> Pair:
    """How many windows fit along each axis.

    Raises
    ------
    ValueError
        If the kernel is larger than the padded image.
    """
    counts = []
    for n, k, s, p, d in zip(size, kernel_size, stride, padding, dilation, strict=True):
        room = n + 2 * p - d * (k - 1) - 1
        if room < 0:
            raise ValueError(
                f"a kernel of {tuple(kernel_size)} (dilation {dilation}) is larger than the image "
                f"of {tuple(size)} with padding {padding}: use a smaller kernel or more padding"
            )
        count = room // s + 1
        if ceil_mode and room % s and count * s < n + p:
            # One more window that overhangs, if it starts inside the image or its left padding.
            count += 1
        counts.append(count)
    return counts[0], counts[1]
