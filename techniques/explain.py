"""``minigrad explain``: one picture, what a network sees in it, and what several methods say."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import minigrad as mg

from .data import load_image
from .grad_cam import enlarged
from .guided_backprop import ImageGradient
from .methods import METHODS
from .model import logits
from .picture import CLIP, around_grey, in_colour, reach
from .pretrained import Info, load
from .progress import progress_bar

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[Any]

SHOWN = ("saliency", "integrated-gradients", "occlusion", "guided-backprop", "grad-cam",
         "guided-grad-cam", "lrp")  # fmt: skip
_VIEW = 320  # pixels of the shorter side at which the picture is shown
_COLUMNS = 4


def explain(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str],
    methods: Sequence[str] = SHOWN,
    network: str = "cifar10",
    target: str | None = None,
) -> str:
    """Write a panel of several methods for one picture, and return the class it is about.

    Parameters
    ----------
    path : path
        A picture of any size and shape; the network sees it with a shorter side of its own size.
    out : path
        The file to write, of a kind that matplotlib knows, such as ``.png``.
    methods : sequence of str
        Names in ``techniques.methods.METHODS``.
    network : str
        Of a network that ships.
    target : str, optional
        The name of a class; by default that which the network predicts.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no such picture, network, class or folder for `out`.
    """
    model, information = load(network)
    image = load_image(path, size=information.size, crop=False)[None]
    original = load_image(path, size=_VIEW, crop=False)
    if not Path(out).absolute().parent.is_dir():
        raise FileNotFoundError(f"{Path(out).absolute().parent} is no folder to write in")
    probabilities = mg.softmax(logits(model, image))[0]
    wanted = int(probabilities.argmax()) if target is None else _class(target, information)
    drawing, axes = _sheet(len(methods) + 1, original.shape[1:])
    axes[0].imshow(in_colour(original))
    axes[0].set_title(_answer(probabilities, information), fontsize="small")
    with progress_bar() as show:
        for done, (name, ax) in enumerate(zip(methods, axes[1:], strict=False)):
            show(done, len(methods), name)
            result = METHODS[name](model, image, wanted, information.last_convolution)
            _draw(ax, result, original)
            ax.set_title(name, fontsize="small")
    drawing.suptitle(
        f"{Path(path).name}: why “{information.classes[wanted]}”? ({network} network; each scale "
        f"ends at percentile {CLIP:g}; where there are signs, red is for and blue against)",
        fontsize="medium",
        wrap=True,
    )
    drawing.savefig(out, dpi=150)
    return information.classes[wanted]


def _class(name: str, information: Info) -> int:
    if name not in information.classes:
        known = ", ".join(information.classes)
        raise ValueError(f"there is no class {name!r}: the network knows {known}")
    return information.classes.index(name)


def _answer(probabilities: Array, information: Info) -> str:
    """The three likeliest classes."""
    best = np.argsort(-probabilities)[:3]
    return ", ".join(f"{information.classes[i]} {100 * probabilities[i]:.0f} %" for i in best)


def _sheet(count: int, size: tuple[int, ...]) -> tuple[Figure, list[Axes]]:
    """A figure with so many pictures of height × width, and their Axes."""
    from matplotlib.figure import Figure

    columns = min(count, _COLUMNS)
    rows = -(-count // columns)
    height = max(2.6 * size[0] / size[1], 0.6) + 0.3
    drawing = Figure(figsize=(2.7 * columns, rows * height + 0.6), layout="constrained")
    axes = list(np.ravel(drawing.subplots(rows, columns)))
    for ax in axes:
        ax.set_axis_off()
    return drawing, axes[:count]


def _draw(ax: Axes, result: Any, original: Array) -> None:
    """A gradient as an image around grey; a map over the picture."""
    if isinstance(result, ImageGradient):
        ax.imshow(around_grey(result.gradient[0]), interpolation="nearest")
        return
    height, width = original.shape[1:]
    values = enlarged(getattr(result, "raw", result.map), (height, width))[0]
    share = values / reach(values)
    negative = bool(values.min() < 0)
    ax.imshow(in_colour(original).mean(axis=2), cmap="gray", vmin=0, vmax=1)
    ax.imshow(
        share, cmap="RdBu_r" if negative else "inferno", vmin=-1 if negative else 0, vmax=1,
        alpha=0.85 * np.clip(np.abs(share), 0, 1),
    )  # fmt: skip
