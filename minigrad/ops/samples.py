"""Sample inputs that the primitives declare: what tests, gradient checks and the book draw from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Sample = tuple[tuple[Any, ...], dict[str, Any]]
# Quoted, for np.random is loaded when first touched, and takes as long as half of minigrad.
Sampler = Callable[["np.random.Generator"], Iterator[Sample]]


def _away_from_integers(values: np.ndarray) -> np.ndarray:
    """Move values off the integers and halves, where functions jump or bend."""
    return np.floor(values * 2) / 2 + 0.1 + 0.3 * (values * 2 - np.floor(values * 2))


def unary(low: float = -2.0, high: float = 2.0, **options: Any) -> Sampler:
    """Arrays between two bounds, of several shapes, away from kinks."""

    def sample(rng: np.random.Generator) -> Iterator[Sample]:
        for shape in [(3, 4), (5,), (), (2, 0), (1, 1, 3)]:
            values = _away_from_integers(rng.uniform(low, high, shape))
            yield (np.clip(values, low + 0.01, high - 0.01),), dict(options)

    return sample


def binary(low: float = -2.0, high: float = 2.0) -> Sampler:
    """Pairs that broadcast against each other, with no two equal values."""

    def sample(rng: np.random.Generator) -> Iterator[Sample]:
        for first, second in [((3, 4), (3, 4)), ((3, 1), (4,)), ((), (2, 3)), ((2, 1, 3), (4, 1))]:
            yield (rng.uniform(low, high, first), rng.uniform(low, high, second)), {}

    return sample


def calls(*make: Callable[[np.random.Generator], Sample]) -> Sampler:
    """Hand-written samples: each a function from a generator to ``(inputs, settings)``."""

    def sample(rng: np.random.Generator) -> Iterator[Sample]:
        for one in make:
            yield one(rng)

    return sample


def normal(*sizes: Any, **settings: Any) -> Callable[[np.random.Generator], Sample]:
    """One call for `calls`: normally distributed arrays of these sizes (``None`` stays None)."""

    def draw(rng: np.random.Generator) -> Sample:
        arrays = [None if size is None else rng.normal(size=size) for size in sizes]
        return tuple(arrays), dict(settings)

    return draw


def reductions(rng: np.random.Generator, low: float = -2.0, high: float = 2.0) -> Iterator[Sample]:
    """Arrays no two of whose values are close, reduced over every kind of axis."""

    def draw(*shape: int) -> np.ndarray:
        return rng.permutation(np.linspace(low, high, int(np.prod(shape)) + 2)[1:-1]).reshape(shape)

    yield (draw(3, 4),), {}
    yield (draw(3, 4),), {"axis": 0}
    yield (draw(2, 3, 4),), {"axis": (0, -1)}
    yield (draw(2, 3, 4),), {"axis": -2, "keepdims": True}
    yield (draw(1),), {"axis": 0}
    yield (rng.uniform(low, high, ()),), {}
