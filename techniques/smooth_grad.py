"""SmoothGrad: the gradient without its noise, by adding noise (Smilkov et al. 2017)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from .arguments import check_positive
from .images import as_images
from .model import Model, score_gradient, settled
from .progress import tracked
from .saliency import Saliency, reduced
from .target import Target

Array = NDArray[Any]

_STATISTICS = {
    "mean": "mean gradient",
    "square": "mean squared gradient",
    "variance": "variance of the gradient",
}


def smooth_grad(
    model: Model,
    images: ArrayLike | mg.Tensor,
    target: Target = None,
    samples: int = 50,
    noise: float = 0.15,
    rng: int | np.random.Generator | None = None,
    reduce: str = "max",
    statistic: str = "mean",
) -> Saliency:
    """Return the saliency of the mean gradient over noisy copies (Smilkov et al. 2017).

    Parameters
    ----------
    model, images, target, reduce
        As for `saliency`; the predicted class is that of the clean image.
    samples : int
        How many noisy copies of each image.
    noise : float
        The standard deviation, as a fraction of each image's value range, max - min.
    rng : int, Generator or None
    statistic : {"mean", "square", "variance"}
        Of the gradients: SmoothGrad, SmoothGrad² (Hooker et al. 2019) or VarGrad (Adebayo et al.
        2018).

    Returns
    -------
    Saliency

    Examples
    --------
    >>> import numpy as np
    >>> from techniques import smooth_grad
    >>> def model(x):
    ...     return (x ** 2).reshape(len(x), -1) @ np.array([[1.0], [2.0]])
    >>> image = np.array([[[[1.0, 0.0]]]])
    >>> smooth_grad(model, image, 0, samples=4, noise=0.0).map
    array([[[2., 0.]]])
    """
    check_positive("samples", samples)
    if statistic not in _STATISTICS:
        raise ValueError(f"statistic must be one of {', '.join(_STATISTICS)}, not {statistic!r}")
    fraction = np.asarray(noise)
    if fraction.ndim or fraction.dtype.kind not in "iuf" or not 0 <= fraction < np.inf:
        raise ValueError(f"noise must be a fraction of the value range, 0 or more, not {noise!r}")
    images = as_images(images)
    rng = np.random.default_rng(rng)
    target = settled(model, images, target)
    deviation = noise * np.ptp(images, axis=(1, 2, 3), keepdims=True)
    total, squares = np.zeros_like(images), np.zeros_like(images)
    for _ in tracked(range(samples), "SmoothGrad"):
        noisy = images + (deviation * rng.standard_normal(images.shape)).astype(images.dtype)
        gradient, asked = score_gradient(model, noisy, target)
        total += gradient
        squares += gradient**2
    mean, square = total / samples, squares / samples
    chosen = {"mean": mean, "square": square, "variance": square - mean**2}[statistic]
    values, name = reduced(chosen, reduce)
    return Saliency(
        map=values,
        gradient=chosen,
        target=asked.classes,
        images=images,
        variant=f"SmoothGrad: {_STATISTICS[statistic]} of {asked.name} over {samples} noisy copies "
        f"(σ = {noise:g} of the value range), {name}",
    )
