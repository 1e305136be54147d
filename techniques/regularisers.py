"""What keeps gradient ascent near pictures: penalties, decay, blur, clipping of small values.

From Simonyan et al. 2013 (L2), Mahendran & Vedaldi 2015 (total variation, jitter) and Yosinski et
al. 2015 (the others, and the four presets).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import minigrad as mg

from .blur import gaussian_blur

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Regularisers:
    """What to do against noise; by default nothing. Grey is the middle of the valid range.

    Attributes
    ----------
    l2 : float
        Subtracted from the score for each unit of Σ(x - grey)².
    tv : float
        Subtracted for each unit of total variation, Σ|difference of neighbours|.
    jitter : int
        Each gradient is that of the image rolled at random by up to this many pixels.
    decay : float
        The share of x - grey that each step takes away.
    blur, blur_every : float, int
        The σ of a Gaussian blur in pixels, and every how many steps.
    small_values : float
        Values with |x - grey| below this percentile become grey.
    small_norms : float
        Pixels whose norm over the colours is below this percentile become grey.
    small_contributions : float
        Pixels whose |Σ gradient · (x - grey)| is below this percentile become grey.

    Examples
    --------
    >>> from techniques.regularisers import Regularisers
    >>> print(Regularisers(l2=1e-3, blur=0.5))
    L2 0.001, blur σ 0.5 every 4
    """

    l2: float = 0.0
    tv: float = 0.0
    jitter: int = 0
    decay: float = 0.0
    blur: float = 0.0
    blur_every: int = 4
    small_values: float = 0.0
    small_norms: float = 0.0
    small_contributions: float = 0.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            most = 100 if name.startswith("small") else 1 if name == "decay" else np.inf
            least = 1 if name == "blur_every" else 0
            if not least <= value <= most or not np.isfinite(value):
                raise ValueError(f"{name} must lie in {least:g} to {most:g}, and is {value!r}")

    def penalty(self, away: mg.Tensor) -> mg.Tensor:
        """What is subtracted from the scores of all images, given x - grey (N, C, H, W)."""
        rows, columns = (np.abs(np.diff(away, axis=axis)).sum() for axis in (2, 3))
        return self.l2 * (away**2).sum() + self.tv * (rows + columns)

    def applied(self, away: Array, gradient: Array, step: int) -> Array:
        """Return x - grey after decay, blur and clipping, in this order; `step` counts from 1."""
        away = (1 - self.decay) * away
        if self.blur and step % self.blur_every == 0:
            away = gaussian_blur(away, self.blur)
        away = away * _large(np.abs(away), self.small_values)
        away = away * _large(np.linalg.norm(away, axis=1, keepdims=True), self.small_norms)
        contribution = np.abs((gradient * away).sum(axis=1, keepdims=True))
        return away * _large(contribution, self.small_contributions)

    def __str__(self) -> str:
        texts = {
            "l2": f"L2 {self.l2:g}", "tv": f"TV {self.tv:g}", "jitter": f"jitter {self.jitter}",
            "decay": f"decay {self.decay:g}",
            "blur": f"blur σ {self.blur:.2g} every {self.blur_every}",
            "small_values": f"values below percentile {self.small_values:g} to grey",
            "small_norms": f"norms below percentile {self.small_norms:g} to grey",
            "small_contributions":
                f"contributions below percentile {self.small_contributions:g} to grey",
        }  # fmt: skip
        return ", ".join(t for name, t in texts.items() if getattr(self, name)) or "bare"


def _large(values: Array, percentile: float) -> NDArray[np.bool_]:
    """Which values of each image reach the percentile."""
    if percentile == 0:
        return np.ones_like(values, bool)
    axes = tuple(range(1, values.ndim))
    return values >= np.percentile(values, percentile, axis=axes, keepdims=True)


def yosinski(number: int, size: int) -> dict[str, Any]:
    """Return one of the four presets of Yosinski et al. 2015, as arguments of `gradient_ascent`.

    Parameters
    ----------
    number : {1, 2, 3, 4}
    size : int
        Of the images. The presets were found at 227 pixels: a blur is scaled with the size, but
        stays at 0.3 pixels or more, below which it does nothing. Their constant step of 100 fits
        the gradients of one network; here it is a step by which a value goes one 255th.

    Examples
    --------
    >>> from techniques.regularisers import yosinski
    >>> preset = yosinski(2, size=64)
    >>> preset["steps"], preset["step_rule"], str(preset["regularisers"])
    (750, 'rms', 'decay 0.3, norms below percentile 20 to grey')
    """
    if number not in (1, 2, 3, 4):
        raise ValueError(f"the presets have the numbers 1 to 4, not {number!r}")

    def blur(sigma: float) -> float:
        return max(sigma * size / 227, 0.3)

    progress: dict[str, Any] = {"step_rule": "progress", "step": 2.0}
    constant: dict[str, Any] = {"step_rule": "rms", "step": 1 / 255}
    return {
        1: {"steps": 500, **progress, "regularisers": Regularisers(blur=blur(0.5), small_norms=50)},
        2: {"steps": 750, **constant, "regularisers": Regularisers(decay=0.3, small_norms=20)},
        3: {"steps": 1000, **constant, "regularisers": Regularisers(decay=1e-4, blur=blur(1.0))},
        4: {"steps": 1000, **progress,
            "regularisers": Regularisers(blur=blur(0.5), small_contributions=90)},
    }[number]  # fmt: skip
