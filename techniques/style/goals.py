"""What a picture shall have in common with others: features with one, Gram matrices with some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

import minigrad as mg
from techniques.model import Model

from .features import Layer, features_at, listed
from .losses import content_loss, gram_matrix, style_loss, total_variation

Array = NDArray[Any]


@dataclass
class Goals:
    """The losses of a picture, each as a share, so that one choice of weights fits all networks.

    The content loss of a layer is divided by the mean square of the content's features there, the
    style loss by the sum of squares of the style's Gram matrix: a picture without any features
    has a content loss and a style loss of 1.

    Attributes
    ----------
    model : Module or callable
    content_weight, style_weight, tv_weight : float
        What the losses are multiplied with.
    """

    model: Model
    content_weight: float = 1
    style_weight: float = 1
    tv_weight: float = 0
    content: list[tuple[Layer, Array, float]] = field(default_factory=list)
    style: list[tuple[Layer, Array, float]] = field(default_factory=list)

    def add_content(self, image: Array, layers: Sequence[Layer]) -> None:
        """Wish for the features (mean squared difference) that `image` (N, C, H, W) has."""
        for layer, maps in zip(layers, self._features(image, layers), strict=True):
            energy = float(np.square(maps, dtype=np.float64).mean()) * len(layers)
            self.content.append((layer, maps, self.content_weight / _positive(energy, layer)))

    def add_style(
        self,
        images: Sequence[Array],
        mix: Sequence[float],
        layers: Sequence[Layer],
        weights: Sequence[float],
    ) -> None:
        """Wish for the Gram matrices of `images`, mixed: of ‖G − A‖² + ‖G − B‖² the least is at
        the mean of A and B.
        """
        features = [self._features(image, layers) for image in images]
        for index, (layer, weight) in enumerate(zip(layers, weights, strict=True)):
            gram = sum(
                share * gram_matrix(each[index][0], _places(each[index]))
                for share, each in zip(mix, features, strict=True)
            )
            energy = float(np.square(gram, dtype=np.float64).sum())
            share = self.style_weight * weight / _positive(energy, layer)
            self.style.append((layer, np.asarray(gram), share))

    def __call__(self, x: mg.Tensor) -> dict[str, Any]:
        """The weighted losses of pictures `x` (N, C, H, W), their mean."""
        found = features_at(self.model, x, [layer for layer, *_ in self.content + self.style])
        content: Any = 0.0
        style: Any = 0.0
        for maps, (_, goal, weight) in zip(found, self.content, strict=False):
            content = content + weight * content_loss(maps, goal)
        for maps, (_, goal, weight) in zip(found[len(self.content) :], self.style, strict=True):
            style = style + weight / len(maps) * style_loss(maps, goal, divisor=_places(maps))
        tv: Any = self.tv_weight * total_variation(x) if self.tv_weight else 0.0
        return {"content": content, "style": style, "tv": tv}

    def _features(self, image: Array, layers: Sequence[Layer]) -> list[Array]:
        with mg.no_grad():
            return [maps.data for maps in features_at(self.model, mg.Tensor(image), layers)]


def _places(maps: Any) -> int:
    """By how many places a Gram matrix is divided, so that pictures of any size compare."""
    return maps.shape[2] * maps.shape[3]


def _positive(energy: float, layer: Layer) -> float:
    if not np.isfinite(energy) or energy == 0:
        raise ValueError(
            f"layer {listed([layer])} answers with {'nothing' if energy == 0 else 'NaN'}: "
            "choose another layer, and look at the network's weights and the range of the images"
        )
    return energy
