"""Mistakes of sliding windows: the kernel flipped, the padding off by one, the stride ignored."""

from __future__ import annotations

from itertools import product

import numpy as np

from .evidence import Evidence
from .report import Finding


def kernel_flipped(e: Evidence) -> Finding | None:
    """The gradient, or the kernel that it was computed with, is upside down."""
    # The last axes are the window's: two of an image's kernel, one of a signal's.
    spatial = min(e.expected.ndim, 2)
    if e.same_shape:
        for count in range(spatial, 0, -1):
            axes = tuple(range(e.expected.ndim - count, e.expected.ndim))
            flipped = np.flip(e.actual, axes)
            if e.expected.ndim and e.is_expected(flipped) and not e.is_expected(e.actual):
                return Finding(
                    "kernel_flipped", f"the gradient is right when flipped along axes {axes}"
                )
    for j, other in enumerate(e.inputs):
        if e.vjp is None or j == e.index or not isinstance(other, np.ndarray):
            continue
        if other.dtype.kind != "f" or other.ndim not in (1, 2, 3, 4):
            continue
        axes = tuple(range(max(other.ndim - 2, 0), other.ndim)) if other.ndim != 3 else (2,)
        altered = list(e.inputs)
        altered[j] = np.flip(other, axes).copy()
        if e.is_actual(e.vjp(altered)):
            return Finding(
                "kernel_flipped",
                f"the gradient would be right if input {j} were flipped along axes {axes}: the "
                "backward pass of a correlation is a convolution, and the other way round",
            )
    return None


def shifted(e: Evidence) -> Finding | None:
    """The right values, a few places away."""
    if not e.same_shape or e.expected.ndim == 0:
        return None
    shape = e.expected.shape
    last = range(max(0, e.expected.ndim - 2), e.expected.ndim)
    ranges = [range(-2, 3) if a in last else range(1) for a in range(e.expected.ndim)]
    ways = sorted(product(*ranges), key=lambda way: sum(map(abs, way)))
    for way in ways:
        if not any(way) or any(abs(k) >= n for k, n in zip(way, shape, strict=True)):
            continue
        to = tuple(slice(max(k, 0), n + min(k, 0)) for k, n in zip(way, shape, strict=True))
        of = tuple(slice(max(-k, 0), n + min(-k, 0)) for k, n in zip(way, shape, strict=True))
        moved, right = e.actual[to], e.expected[of]
        enough = right.size >= 2 and right.size * 4 >= e.expected.size
        if not enough or np.ptp(right) <= 1e-3 * np.max(np.abs(right), initial=0.0):
            continue
        if np.count_nonzero(right) >= 2 and e.close(moved, right):
            by = ", ".join(f"{k:+d} along axis {a}" for a, k in enumerate(way) if k)
            return Finding(
                "shifted",
                f"the gradient equals the expected one shifted by {by}: look at the padding and "
                "at indices that are off by one",
            )
    return None


def stride_ignored(e: Evidence) -> Finding | None:
    """The windows were walked in steps of one."""
    found = None
    if e.cotangent is not None and e.cotangent.ndim >= 1 and e.expected.ndim >= 1:
        found = _input_stride(e) or _weight_stride(e)
    if found is None:
        return None
    return Finding(
        "stride_ignored",
        f"the gradient is the one for windows that move by {found}, which is not the function's "
        "stride: spread the cotangent out by the stride before it is convolved",
    )


def _input_stride(e: Evidence) -> int | None:
    """The contributions of the output places, moved to where another stride would put them."""
    g, shape = e.cotangent, e.expected.shape
    if g is None or e.jacobian is None or g.ndim != len(shape) or e.actual.ndim != len(shape):
        return None
    spatial = range(2, g.ndim) if g.ndim > 2 else range(g.ndim)
    parts = (g.reshape(-1, 1) * e.jacobian).reshape(*g.shape, *shape)
    axes = tuple(i for i in range(g.ndim) if i not in spatial)
    parts = parts.sum(axes) if axes else parts
    for stride in (2, 3, 4):
        wrong = np.zeros(shape)
        for place in np.ndindex(*(g.shape[i] for i in spatial)):
            back = [0] * len(shape)
            for i, p in zip(spatial, place, strict=True):
                back[i] = p * (stride - 1)
            if any(b >= n for b, n in zip(back, shape, strict=True)):
                continue
            of = tuple(slice(b, None) for b in back)
            to = tuple(slice(0, n - b) for b, n in zip(back, shape, strict=True))
            wrong[to] += parts[place][of]
        if e.close(wrong, e.expected):
            continue
        cut = tuple(slice(0, n) for n in e.actual.shape)
        fits = all(n <= m for n, m in zip(e.actual.shape, shape, strict=True))
        if fits and e.is_actual(wrong[cut]):
            return 1
    return None


def _weight_stride(e: Evidence) -> int | None:
    """The weight's gradient of a plain convolution, with the windows at another stride."""
    g = e.cotangent
    if g is None or e.expected.ndim != 4 or g.ndim != 4:
        return None
    kernel = e.expected.shape[2:]
    for x in e.inputs:
        if not isinstance(x, np.ndarray) or x.ndim != 4 or x.shape[1] != e.expected.shape[1]:
            continue
        if x.shape[0] != g.shape[0] or g.shape[1] != e.expected.shape[0]:
            continue
        for padding in range(3):
            wide = [(0, 0), (0, 0), (padding, padding), (padding, padding)]
            if e.is_actual(_correlate(np.pad(x, wide), g, kernel)):
                return 1
    return None


def _correlate(x: np.ndarray, g: np.ndarray, kernel: tuple[int, ...]) -> np.ndarray:
    """Σ over samples and places of g · the window of x at stride one."""
    height, width = g.shape[2:]
    if x.shape[2] < height + kernel[0] - 1 or x.shape[3] < width + kernel[1] - 1:
        return np.zeros(())
    found = np.zeros((g.shape[1], x.shape[1], *kernel))
    for i, j in np.ndindex(*kernel):
        window = x[:, :, i : i + height, j : j + width]
        found[:, :, i, j] = np.einsum("nohw,nchw->oc", g, window)
    return found
