"""Where a function has no derivative: ties found by differences, branches told by primitives."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from ..primitive import primitives
from ..tensor import Tensor
from .numerics import Derivative

_MOST = 40  # so many kinks are tried for ties with each other

Branch = tuple[str, np.ndarray]

_seen: ContextVar[list[Branch] | None] = ContextVar("minigrad_branches", default=None)
_lock = threading.RLock()


@contextmanager
def branches() -> Iterator[list[Branch]]:
    """Collect which side of its kinks each primitive takes, in the order of the calls."""
    kinked = [p for p in primitives().values() if p.branches is not None]
    with _lock:
        originals = [p.forward for p in kinked]
        found: list[Branch] = []
        token = _seen.set(found)
        try:
            for p in kinked:
                p.forward = _told(p.name, p.forward, p.branches)
            yield found
        finally:
            for p, original in zip(kinked, originals, strict=True):
                p.forward = original
            _seen.reset(token)


def _told(name: str, forward: Callable, sides: Any) -> Callable:
    def call(*arrays: Any, **options: Any) -> Any:
        found = _seen.get()
        if found is not None:
            token = _seen.set(None)  # the signature may itself call the primitive
            try:
                found.append((name, np.array(sides(*arrays, **options))))
            finally:
                _seen.reset(token)
        return forward(*arrays, **options)

    return call


class Kinks:
    """The branches that a function of Tensors takes around one of its inputs.

    Parameters
    ----------
    fn : callable
        On Tensors.
    inputs : sequence
    which : int
        The input that is moved.
    """

    def __init__(self, fn: Callable[..., Any], inputs: Sequence[Any], which: int):
        self.fn, self.inputs, self.which = fn, inputs, which

    def _signature(self, at: tuple[int, ...], width: float) -> list[Branch]:
        given = [np.array(x) if isinstance(x, np.ndarray) else x for x in self.inputs]
        given[self.which] = np.asarray(given[self.which])
        given[self.which][at] += width
        with branches() as found:
            self.fn(*[Tensor(x) if isinstance(x, np.ndarray) else x for x in given])
        return found

    def at(self, at: tuple[int, ...], step: float) -> str:
        """Name the operation, and its index, that changes sides when the element is moved."""
        middle = self._signature(at, 0.0)
        for width in (step, -step):
            for (name, here), (_, there) in zip(middle, self._signature(at, width), strict=False):
                if here.shape == there.shape and not np.array_equal(here, there, equal_nan=True):
                    place = tuple(int(k) for k in np.argwhere(here != there)[0])
                    return f"{name} changes sides at its index {place}"
        return ""


def widen(
    function: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    d: Derivative,
    places: np.ndarray,
    cotangent: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Take into account the slopes beside a kink, where its ties are broken in random ways.

    Their hull is Clarke's generalized gradient: of three equal values that are sorted, each may
    take the middle place, which moving one alone does not show.
    """
    for _ in range(16):
        near = x + np.where(d.kinks, d.steps * rng.uniform(-1, 1, x.shape), 0.0)
        for i in np.flatnonzero(places):
            width = 1e-3 * float(d.steps.flat[i])
            above, below = near.copy(), near.copy()
            above.flat[i] += width
            below.flat[i] -= width
            slope = float(cotangent @ (function(above) - function(below))) / (2 * width)
            if np.isfinite(slope):
                margin = 1e-6 * abs(slope)
                d.low.flat[i] = min(d.low.flat[i], slope - margin)
                d.high.flat[i] = max(d.high.flat[i], slope + margin)


def find_ties(
    function: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    d: Derivative,
    actual: np.ndarray,
    cotangent: np.ndarray,
) -> tuple[list[list[int]], list[list[int]]]:
    """Groups of elements that share one gradient, and whose gradients do not add up to it.

    Two elements at a kink are tied if moving both at once is not the sum of moving each. Along
    all of a group together the function is smooth, so that the sum of its gradients is known.

    Returns
    -------
    wrong : list of list of int
        The flat indices of each group whose sum is wrong.
    full : list of list of int
        Those of them in which each element got the whole.
    """
    middle = function(x.copy())
    kinks = [int(i) for i in np.flatnonzero(d.kinks & np.isfinite(d.low))][:_MOST]

    def slopes(members: Sequence[int], sign: float) -> np.ndarray:
        moved = x.copy()
        width = min(float(d.steps.flat[m]) for m in members) * 0.1
        moved.flat[list(members)] += sign * width
        return np.nan_to_num(sign * cotangent * (function(moved) - middle) / width)

    def slope(members: Sequence[int], sign: float) -> float:
        return float(slopes(members, sign).sum())

    def tied(a: int, b: int) -> bool:
        for sign in (1.0, -1.0):
            alone, both = alone_slopes[a, sign] + alone_slopes[b, sign], slope((a, b), sign)
            size = max(abs(d.low.flat[i]) + abs(d.high.flat[i]) for i in (a, b))
            if abs(both - alone) > 1e-2 * size:
                return True
        return False

    alone_slopes = {(i, sign): slope((i,), sign) for i in kinks for sign in (1.0, -1.0)}
    wrong, full, left = [], [], list(kinks)
    while left:
        first = left.pop(0)
        group = [first, *(other for other in left if tied(first, other))]
        left = [other for other in left if other not in group]
        if len(group) < 2:
            continue
        # Each output value may take its own side.
        sides = slopes(group, 1.0), slopes(group, -1.0)
        ends = float(np.minimum(*sides).sum()), float(np.maximum(*sides).sum())
        size = max(abs(ends[0]), abs(ends[1]))
        total = float(actual.flat[group].sum())
        if not ends[0] - 1e-2 * size <= total <= ends[1] + 1e-2 * size:
            wrong.append(group)
            middle_slope = (ends[0] + ends[1]) / 2
            if np.max(np.abs(actual.flat[group] - middle_slope)) <= 1e-2 * size:
                full.append(group)
    return wrong, full
