"""Objects painted in the texture of another class, by style transfer (Geirhos et al. 2019).

`shape_bias.cue_conflict` draws the texture, because the generator knows it. Of photographs nobody
knows it; there a style network paints it on. Here both ways can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import minigrad as mg

from .data import Dataset, Shapes
from .data.shapes import swatch
from .model import Model
from .progress import tracked
from .shape_bias import PAIRS, CueConflict, conflicting, on_grey
from .style import StyleNetwork, open_network, train_style_network

Array = NDArray[Any]

_WIDTH, _BLOCKS = 8, 2
_CONTENTS, _BATCH = 200, 64


def texture_painters(
    size: int = 32, steps: int = 120, seed: int = 0, count: int = PAIRS
) -> list[StyleNetwork]:
    """Teach a style network each of the textures of Shapes.

    Parameters
    ----------
    size : int
        Height and width of the pictures to paint.
    steps : int
        Of training, for each texture.
    seed : int
    count : int
        How many of the textures, in the order of ``Shapes.texture_names``.

    Examples
    --------
    >>> from techniques.stylised import texture_painters
    >>> len(texture_painters(size=16, steps=1, count=2))
    2
    """
    eye = open_network("cifar10")
    contents = on_grey(agreeing(_CONTENTS, seed, size))
    return [
        train_style_network(
            eye.model, swatch(texture, size, seed), contents, eye.content_layers, eye.style_layers,
            steps=steps, learning_rate=5e-3, network=StyleNetwork(_WIDTH, _BLOCKS, rng=seed),
            rng=seed,
        )[0]
        for texture in tracked(range(count), "textures")
    ]  # fmt: skip


def agreeing(count: int, seed: int = 0, size: int = 64) -> Shapes:
    """Draw objects of the first six shapes, shape k in texture k: both cues tell the class."""
    labels = np.random.default_rng([seed, 3]).integers(PAIRS, size=count)
    return Shapes(count, seed, size, labels=labels, textures=labels)


def painted(drawn: Shapes, textures: Array, painters: Sequence[Model]) -> Array:
    """Paint each object, on grey, in a texture; the grey around it stays.

    Parameters
    ----------
    drawn : Shapes
    textures : ndarray of int (N,)
        Which of the painters paints each.
    painters : sequence of callable

    Returns
    -------
    ndarray, float32, (N, 3, H, W)
    """
    images = on_grey(drawn)
    new = images.copy()
    with mg.no_grad():
        for texture, painter in enumerate(painters):
            chosen = np.flatnonzero(textures == texture)
            for start in range(0, chosen.size, _BATCH):
                some = chosen[start : start + _BATCH]
                new[some] = painter(mg.Tensor(images[some])).data
    return np.where(drawn.masks[:, None], new, images)


def stylised(count: int, painters: Sequence[Model], seed: int = 0, size: int = 64) -> Dataset:
    """Return objects painted in random textures, labelled by their shape: the paper's remedy.

    Parameters
    ----------
    painters : sequence of callable
        From `texture_painters`.
    """
    drawn = agreeing(count, seed, size)
    textures = np.random.default_rng([seed, 4]).integers(len(painters), size=count)
    return Dataset(painted(drawn, textures, painters), drawn.labels, Shapes.classes[:PAIRS])


def stylised_conflict(
    count: int, painters: Sequence[Model], seed: int = 0, size: int = 64
) -> CueConflict:
    """Return objects of shape i, painted in texture j ≠ i: `cue_conflict` by style transfer."""
    shape, texture = conflicting(count, seed)
    drawn = Shapes(count, seed, size, labels=shape, textures=shape)
    return CueConflict(painted(drawn, texture, painters), shape, texture)
