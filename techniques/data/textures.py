"""The surface textures of the Shapes data set, as functions of the plane.

A texture takes coordinates u and v measured in periods and returns a signal of about -1 to 1 that
crosses zero where one of its two colours gives way to the other.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .silhouettes import Field

Texture = Callable[[Field, Field], Field]

_TURN = float(2 * np.pi)


def stripes(u: Field, v: Field) -> Field:
    """Straight parallel bands."""
    return np.sin(_TURN * u)


def checks(u: Field, v: Field) -> Field:
    """A chessboard."""
    return 2 * np.sin(_TURN * 0.6 * u) * np.sin(_TURN * 0.6 * v)


def dots(u: Field, v: Field) -> Field:
    """Round spots, every other row shifted by half a period."""
    row = np.floor(v)
    u = u + 0.5 * (row % 2)
    u, v = u - np.floor(u) - 0.5, v - row - 0.5
    return 5 * (0.34 - np.sqrt(u * u + v * v))


def zigzags(u: Field, v: Field) -> Field:
    """Parallel bands that turn left and right."""
    return np.sin(_TURN * (v + 0.9 * np.abs(0.5 * u - np.floor(0.5 * u) - 0.5)))


def bricks(u: Field, v: Field) -> Field:
    """Long blocks in rows, every other row shifted by half a block, with thin joints."""
    u, v = 0.5 * u, 1.1 * v
    row = np.floor(v)
    u = u + 0.5 * (row % 2)
    to_end, to_side = 0.5 - np.abs(u - np.floor(u) - 0.5), 0.5 - np.abs(v - row - 0.5)
    return 5 * (np.minimum(2 * to_end, to_side / 1.1) - 0.13)


def marble(u: Field, v: Field) -> Field:
    """Irregular winding veins."""
    bend = 0.5 * np.sin(_TURN * (0.31 * v + 0.07 * u))
    bend = bend + 0.35 * np.sin(_TURN * (0.37 * u - 0.23 * v))
    return np.sin(_TURN * (0.45 * u + bend)) + 0.5 * np.sin(_TURN * (0.29 * v - bend))


textures: tuple[Texture, ...] = (stripes, checks, dots, zigzags, bricks, marble)
