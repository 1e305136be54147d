"""The object shapes of the Shapes data set, as signed distance functions.

A silhouette takes the coordinates of points, x to the right and y down, and returns about how far
each lies outside the outline: negative inside, zero on it. Every outline fits in the unit disc, so
that a placed object of radius r never leaves the circle of radius r around its centre. Near the
outline the distance is exact but at corners, which is what antialiasing needs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating[Any]]
Silhouette = Callable[[Field, Field], Field]


def disc(x: Field, y: Field, radius: float = 1.0) -> Field:
    """A full disc around the origin."""
    return np.sqrt(x * x + y * y) - radius


def ring(x: Field, y: Field) -> Field:
    """A disc with a round hole of half its radius."""
    return np.abs(disc(x, y, 0.74)) - 0.26


def pointed(x: Field, y: Field, points: int, inner: float) -> Field:
    """A polygon with `points` corners on the unit circle and notches at radius `inner` between.

    The plane is folded onto one half of one point, where the outline is a single straight line.
    """
    sector = 2 * np.pi / points
    angle = np.arctan2(y, x)
    angle = np.abs(angle - sector * np.rint(angle / sector))
    radius = np.sqrt(x * x + y * y)
    edge_x, edge_y = inner * np.cos(sector / 2) - 1, inner * np.sin(sector / 2)
    length = np.hypot(edge_x, edge_y)
    normal_x, normal_y = float(edge_y / length), float(-edge_x / length)
    return normal_x * (radius * np.cos(angle) - 1) + normal_y * (radius * np.sin(angle))


def triangle(x: Field, y: Field) -> Field:
    """An equilateral triangle."""
    return pointed(x, y, 3, 0.5)


def square(x: Field, y: Field) -> Field:
    """A square, its corners on the unit circle."""
    return np.maximum(np.abs(x), np.abs(y)) - float(np.sqrt(0.5))


def star(x: Field, y: Field) -> Field:
    """A star with five points."""
    return pointed(x, y, 5, 0.42)


def cross(x: Field, y: Field) -> Field:
    """Two bars at a right angle."""
    x, y = np.abs(x), np.abs(y)
    return np.maximum(np.minimum(x, y) - 0.27, np.maximum(x, y) - 0.96)


def crescent(x: Field, y: Field) -> Field:
    """A disc out of which another one has bitten."""
    return np.maximum(disc(x, y), -disc(x - 0.5, y, 0.78))


def heart(x: Field, y: Field) -> Field:
    """A square on its corner with a half disc on each of its two upper sides."""
    x = np.abs(x)
    diamond = (x + np.abs(y - 0.207) - 0.79) * float(np.sqrt(0.5))
    lobe = disc(x - 0.395, y + 0.188, 0.395 * float(np.sqrt(2)))
    return np.minimum(diamond, lobe)


def arrow(x: Field, y: Field) -> Field:
    """A triangular head on a shaft, pointing right."""
    y = np.abs(y)
    head = np.maximum(-x - 0.02, (0.98 - x) * -0.62 + y * 0.78)
    shaft = np.maximum(np.abs(x + 0.45) - 0.5, y - 0.24)
    return np.minimum(head, shaft)


def hourglass(x: Field, y: Field) -> Field:
    """Two triangles that touch, point to point."""
    x, y = np.abs(x), np.abs(y)
    return np.maximum(x - 0.72, (y - 0.9 * x - 0.06) * 0.74)


silhouettes: tuple[Silhouette, ...] = (
    disc, ring, square, triangle, star, cross, crescent, heart, arrow, hourglass,
)  # fmt: skip
