"""Dropout: leave out values or whole channels at random while training."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad as mg

from .init import Seed
from .module import Module


class Dropout(Module):
    """Set each value to zero with probability p and divide the others by 1 − p, in training.

    Parameters
    ----------
    p : float
        In [0, 1].
    inplace : bool
        Without effect.
    rng : int, Generator or None
        Where the chance comes from; the same seed drops the same values.

    References
    ----------
    Srivastava et al., Dropout, JMLR 2014.

    Examples
    --------
    >>> import layers, numpy as np
    >>> layer = layers.Dropout(0.5, rng=0)
    >>> sorted(set(layer(np.ones(100)).tolist()))
    [0.0, 2.0]
    >>> layer.eval()(np.ones(3))
    array([1., 1., 1.])
    """

    def __init__(self, p: float = 0.5, inplace: bool = False, *, rng: Seed = None):
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"p is a probability, in [0, 1], not {p}")
        self.p = p
        self.rng = np.random.default_rng(rng)

    def forward(self, x: Any) -> Any:
        return mg.dropout(x, self.p, self.training, self.rng)

    def extra_repr(self) -> str:
        return f"p={self.p}"


class Dropout2d(Dropout):
    """Set whole channels of an image to zero with probability p, in training; see `Dropout`.

    Notes
    -----
    Input (N, C, H, W), output the same.

    References
    ----------
    Tompson et al., Efficient object localization using convolutional networks, CVPR 2015.

    Examples
    --------
    >>> import layers, numpy as np
    >>> images = layers.Dropout2d(0.5, rng=0)(np.ones((1, 50, 2, 2)))
    >>> sorted(set(images.sum(axis=(2, 3)).ravel().tolist()))
    [0.0, 8.0]
    """

    def forward(self, x: Any) -> Any:
        shape = np.shape(x)
        if len(shape) != 4:
            raise ValueError(f"Dropout2d takes images of shape (N, C, H, W), not {shape}")
        if not self.training:
            return x
        channels = np.ones((*shape[:2], 1, 1), x.dtype)
        return x * mg.dropout(channels, self.p, True, self.rng)
