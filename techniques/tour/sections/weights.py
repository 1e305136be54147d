"""Weights as images: where they say something, and where they do not."""

from __future__ import annotations

import numpy as np

import layers
import minigrad as mg
from techniques.data.silhouettes import Silhouette, silhouettes
from techniques.picture import mosaic
from techniques.tour.drawing import Array, diverging, picture
from techniques.tour.section import Figure, Number, Panel, Part, Section, percent
from techniques.tour.visit import Study, Visit
from techniques.weights import weight_grid

_SIDE = 28
_TRAINED = 2000


def section(visit: Visit) -> Section:
    """First kernels in colour, deeper ones in grey, and rows of a linear classifier."""
    parts = [_kernels(study) for study in _one_a_network(visit)]
    parts.append(_templates(visit))
    return Section(
        question="Can one see what a network has learned by looking at its numbers?",
        parts=tuple(parts),
        see=(
            "In the first layer, and in a linear classifier: there a weight belongs to a pixel. "
            "Deeper down it does not, and the picture says little.",
            "A kernel of the first layer is multiplied with pixels, so it can be shown as pixels. "
            "With 3 × 3 of them one sees a direction here, one colour against another there; the "
            "11 × 11 kernels of larger networks show it better.",
            "Deeper kernels are multiplied with output maps: what a weight means there depends on "
            "what the maps before it mean.",
            "A linear classifier has one weight for each pixel and class. In the shape of the "
            "picture the weights of a class are a template: blue where a pixel speaks for the "
            "class, red where it speaks against.",
        ),
        code=(weight_grid, linear_classifier, outlines),
    )


def outlines(count: int, rng: int | np.random.Generator | None = None) -> tuple[Array, Array]:
    """Draw silhouettes of about the same place and size, as images (N, 28, 28) and labels (N,)."""
    rng = np.random.default_rng(rng)
    labels = rng.integers(len(silhouettes), size=count)
    return np.stack([_outline(silhouettes[label], rng) for label in labels]), labels


def _outline(silhouette: Silhouette, rng: np.random.Generator) -> Array:
    """One silhouette, a little shifted, scaled and turned."""
    axis = (np.arange(_SIDE) + 0.5) / _SIDE * 2.6 - 1.3
    x, y = axis[None, :] - rng.normal(0, 0.06), axis[:, None] - rng.normal(0, 0.06)
    angle, scale = rng.normal(0, 0.12), rng.uniform(0.9, 1.1)
    turned_x = (np.cos(angle) * x + np.sin(angle) * y) / scale
    turned_y = (np.cos(angle) * y - np.sin(angle) * x) / scale
    return np.clip(0.5 - silhouette(turned_x, turned_y) * _SIDE / 2.6, 0, 1).astype(np.float32)


def linear_classifier(
    images: Array, labels: Array, classes: int, steps: int = 100, decay: float = 0.02
) -> Array:
    """Train logits = W x + b by gradient descent; return W as images (K, H, W).

    The weight decay keeps pixels that never change at zero.
    """
    x = images.reshape(len(images), -1) - images.mean()
    weight = mg.Tensor(np.zeros((x.shape[1], classes), np.float32), requires_grad=True)
    bias = mg.Tensor(np.zeros(classes, np.float32), requires_grad=True)
    for _ in range(steps):
        loss = mg.cross_entropy(x @ weight + bias, labels) + decay * (weight**2).sum()
        for parameter, gradient in zip((weight, bias), mg.grad(loss, [weight, bias]), strict=True):
            parameter.data = parameter.data - 0.1 * gradient.data
    return weight.data.T.reshape(classes, *images.shape[1:])


def accuracy(weight: Array, images: Array, labels: Array) -> float:
    """Return how often the class whose template fits best is the right one."""
    scores = (images - images.mean()).reshape(len(images), -1) @ weight.reshape(len(weight), -1).T
    return float((scores.argmax(axis=1) == labels).mean())


def _one_a_network(visit: Visit) -> list[Study]:
    """The studies without those of a network that was shown before."""
    return [
        study
        for index, study in enumerate(visit.studies)
        if all(study.information.name != other.information.name for other in visit.studies[:index])
    ]


def _kernels(study: Study) -> Part:
    """The first layer's kernels in colour, and some of the last convolution's."""
    names = [n for n, layer in study.model.named_modules() if isinstance(layer, layers.Conv2d)]
    weights = study.model.state_dict()
    first, last = weights[f"{names[0]}.weight"], weights[f"{names[-1]}.weight"]
    size = " × ".join(map(str, first.shape))
    deep_size = " × ".join(map(str, last.shape))
    panels = (
        Panel(picture(mosaic(weight_grid(first).tiles / 255)),
              f"{len(first)} kernels of {names[0]} in colour.", names[0], size),
        Panel(picture(mosaic(weight_grid(last[:8, :8]).tiles / 255)),
              f"64 kernels of {names[-1]} in grey: no pattern to be seen.", names[-1],
              f"{deep_size}, the first 8 × 8 of them"),
    )  # fmt: skip
    caption = (
        "Left: the first convolution, its three input channels shown as red, green and blue. "
        "Right: kernels of the last convolution, from the first 8 maps (across) to the first 8 "
        "channels (down). One scale for each side."
    )
    figure = Figure(panels, caption, columns=2, narrow_columns=2, share=0.75)
    return Part(f"The network “{study.information.name}”", (figure,))


def _templates(visit: Visit) -> Part:
    """Linear classifiers on silhouettes and, where there are digits, on these."""
    images, labels = outlines(_TRAINED, rng=0)
    test = outlines(500, rng=1)
    names = [silhouette.__name__ for silhouette in silhouettes]
    weight = linear_classifier(images, labels, len(names))
    figures = [_template_figure(weight, names, "silhouettes")]
    numbers = [Number("of held-out silhouettes right", percent(accuracy(weight, *test)), "%")]
    if visit.digits is not None:
        images, labels = visit.digits.images[:, 0], visit.digits.labels
        half = min(_TRAINED, len(images) // 2)
        weight = linear_classifier(images[:half], labels[:half], 10)
        figures.append(_template_figure(weight, [str(digit) for digit in range(10)], "digits"))
        share = accuracy(weight, images[half : 2 * half], labels[half : 2 * half])
        numbers.append(Number("of held-out digits right", percent(share), "%"))
    return Part("A linear classifier", tuple(figures), tuple(numbers))


def _template_figure(weight: Array, names: list[str], data: str) -> Figure:
    panels = tuple(
        Panel(picture(diverging(row)), f"The weights of the class {name}: blue in its shape.", name)
        for row, name in zip(weight, names, strict=True)
    )
    caption = (
        f"A linear classifier trained for a few seconds on {data}: the weights of each class, one "
        "a pixel, as a picture. Blue is positive, red negative, white zero."
    )
    return Figure(panels, caption, columns=5, narrow_columns=5)
