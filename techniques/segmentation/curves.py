"""The learning curves of a training in a figure: how the loss falls and the mean IoU rises."""

from __future__ import annotations

import os
from collections.abc import Mapping

import layers


def draw_curves(parts: Mapping[str, layers.History], path: str | os.PathLike[str]) -> None:
    """Save loss and validation mean IoU of each epoch, one part of a training after the other.

    Parameters
    ----------
    parts : mapping from str to layers.History
        Such as the stages of an FCN, by name, in their order.
    path : path
        A picture to be.

    Examples
    --------
    >>> import layers, pathlib, tempfile
    >>> from techniques.segmentation.curves import draw_curves
    >>> history = layers.History(loss=[2.0, 1.0], validation_accuracy=[0.2, 0.4])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     draw_curves({"all": history}, f"{folder}/curves.png")
    ...     print(*[path.name for path in pathlib.Path(folder).iterdir()])
    curves.png
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 2.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    done = 0
    for name, history in parts.items():
        epochs = range(done + 1, done + history.epochs + 1)
        left.plot(epochs, history.loss, label=name)
        right.plot(epochs[: len(history.validation_accuracy)], history.validation_accuracy)
        done += history.epochs
    for axes, what in ((left, "loss in training"), (right, "mean IoU on validation pictures")):
        axes.set_xlabel("epoch")
        axes.set_title(what, fontsize="medium")
        axes.grid(alpha=0.3)
        axes.set_ylim(bottom=0)
    if len(parts) > 1:
        left.legend(frameon=False)
    figure.savefig(path, dpi=120)
