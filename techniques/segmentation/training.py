"""Training a segmentation network on a laptop, measured by mean IoU, and transfer from a trunk."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np

import layers
import minigrad as mg
from layers.training import evaluation_mode

from ..model import frozen as without_gradients
from .augmentation import vary
from .metrics import Metrics, metrics

Loss = Callable[[mg.Tensor, np.ndarray], mg.Tensor]


class Segmented(Protocol):
    """Images (N, C, H, W) with the class of every pixel (N, H, W)."""

    @property
    def images(self) -> np.ndarray: ...
    @property
    def masks(self) -> np.ndarray: ...


def predict(model: Any, images: np.ndarray, batch_size: int = 16) -> np.ndarray:
    """The class of every pixel, (N, H, W).

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.segmentation import predict
    >>> predict(lambda x: x, np.eye(2).reshape(1, 2, 1, 2))
    array([[[0, 1]]])
    """
    with evaluation_mode(model), mg.no_grad():
        return np.concatenate([
            model(mg.Tensor(images[i : i + batch_size])).data.argmax(axis=1)
            for i in range(0, len(images), batch_size)
        ])  # fmt: skip


def score(
    model: Any, data: Segmented, classes: int, ignore_index: int | None = None, batch_size: int = 16
) -> Metrics:
    """All measures of a network on a data set, from one confusion matrix.

    Parameters
    ----------
    model : callable
        From images (N, C, H, W) to logits (N, classes, H, W).
    data : images and masks
    classes : int
    ignore_index : int, optional
        A class that does not count.
    batch_size : int

    Returns
    -------
    Metrics

    Examples
    --------
    >>> from techniques.data import Scenes
    >>> from techniques.segmentation import UNet, score
    >>> measured = score(UNet(11, width=2, depth=1, rng=0), Scenes(4), classes=11)
    >>> int(measured.confusion.sum()) == 4 * 64 * 64
    True
    """
    total = Metrics(np.zeros((classes, classes), np.int64))
    for i in range(0, len(data.images), batch_size):
        some = slice(i, i + batch_size)
        found = predict(model, data.images[some], batch_size)
        total += metrics(found, data.masks[some], classes, ignore_index)
    return total


def train(
    model: layers.Module,
    data: Segmented,
    *,
    classes: int,
    epochs: int,
    validation: Segmented | None = None,
    ignore_index: int | None = None,
    class_weights: np.ndarray | None = None,
    loss: Loss | None = None,
    batch_size: int = 8,
    learning_rate: float = 3e-3,
    weight_decay: float = 1e-4,
    zoom: float = 1.0,
    brightness: float = 0.0,
    frozen: layers.Module | None = None,
    patience: int | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    rng: layers.init.Seed = None,
    progress: bool = True,
) -> layers.History:
    """Train a segmentation network with AdamW under a one-cycle schedule.

    Parameters
    ----------
    model : Module
        From images (N, C, H, W) to logits (N, classes, H, W).
    data : images and masks
    classes, epochs : int
    validation : images and masks, optional
        Measured by mean IoU after each epoch.
    ignore_index : int, optional
        A class that does not count.
    class_weights : array (classes,), optional
        For the cross-entropy.
    loss : callable, optional
        From logits and masks; by default the cross-entropy over pixels.
    batch_size : int
    learning_rate, weight_decay : float
    zoom, brightness : float
        Of the varied pictures, see `vary`; each is mirrored or not besides.
    frozen : Module, optional
        A part of the model that stands still, its batch statistics too.
    patience : int, optional
        End after so many epochs without a better mean IoU, with the best weights.
    checkpoint : path, optional
        Written after each epoch; an interrupted run goes on from it to the same curve.
    rng : int, Generator or None
    progress : bool

    Returns
    -------
    layers.History
        Its ``validation_accuracy`` is the mean IoU.

    Examples
    --------
    >>> from techniques.data import Scenes
    >>> from techniques.segmentation import UNet, train
    >>> network = UNet(11, width=2, depth=1, rng=0)
    >>> train(network, Scenes(8), classes=11, epochs=2, rng=0, progress=False).epochs
    2
    """
    still = set() if frozen is None else set(frozen.parameters())
    if not still <= set(model.parameters()):
        raise ValueError("what is frozen is no part of the model: take it from there")
    trained = [p for p in model.parameters() if p not in still]
    optimizer = layers.optim.AdamW(trained, lr=learning_rate, weight_decay=weight_decay)
    steps = max(epochs * math.ceil(len(data.images) / batch_size), 1)
    if loss is None:
        skipped = -100 if ignore_index is None else ignore_index

        def loss(logits: mg.Tensor, masks: np.ndarray) -> mg.Tensor:
            return mg.cross_entropy(logits, masks, weight=class_weights, ignore_index=skipped)

    def batches(epoch_rng: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        if frozen is not None:
            frozen.eval()  # the model has just been put in training mode
        order = epoch_rng.permutation(len(data.images))
        for i in range(0, len(order), batch_size):
            some = order[i : i + batch_size]
            yield vary(data.images[some], data.masks[some], epoch_rng, zoom=zoom,
                       brightness=brightness)  # fmt: skip

    def mean_iou(network: layers.Module) -> float:
        assert validation is not None
        return score(network, validation, classes, ignore_index).mean_iou

    with without_gradients(frozen):
        return layers.fit(
            model,
            batches,
            optimizer=optimizer,
            epochs=epochs,
            loss=loss,
            schedule=layers.schedule.OneCycleLR(optimizer, max_lr=learning_rate, total_steps=steps),
            schedule_every="batch",
            validation=None if validation is None else mean_iou,
            patience=patience,
            checkpoint=checkpoint,
            rng=rng,
            progress=progress,
        )


def transfer(
    model: layers.Module,
    trunk: layers.Module,
    data: Segmented,
    *,
    classes: int,
    epochs: tuple[int, int],
    learning_rate: float = 3e-3,
    fine_tuning: float = 0.1,
    **options: Any,
) -> list[layers.History]:
    """Train a network whose trunk was trained elsewhere: the head first, then everything.

    Parameters
    ----------
    model : Module
    trunk : Module
        The part of it that is trained already. It stands still, batch statistics too, while the
        head is trained: a head that knows nothing would send it noise.
    data : images and masks
    classes : int
    epochs : (int, int)
        Of the head alone, and of the whole network.
    learning_rate : float
        Of the head.
    fine_tuning : float
        By how much smaller the steps of the whole network are.
    **options
        As in `train`.

    Returns
    -------
    list of layers.History
        Of both parts.

    References
    ----------
    Yosinski et al., How transferable are features in deep neural networks?, NeurIPS 2014.

    Examples
    --------
    >>> from techniques import pretrained
    >>> from techniques.data import Scenes
    >>> from techniques.segmentation import FCN, transfer
    >>> classifier, _ = pretrained.load("shapes")
    >>> network = FCN(11, stride=4, trunk=classifier.features, hidden=8, rng=0)
    >>> before = classifier.features[0].weight.data.copy()
    >>> head, whole = transfer(network, network.trunk, Scenes(8), classes=11, epochs=(1, 0),
    ...                        rng=0, progress=False)
    >>> bool((classifier.features[0].weight.data == before).all())
    True
    """
    head = train(model, data, classes=classes, epochs=epochs[0], learning_rate=learning_rate,
                 frozen=trunk, **options)  # fmt: skip
    whole = train(model, data, classes=classes, epochs=epochs[1],
                  learning_rate=fine_tuning * learning_rate, **options)  # fmt: skip
    return [head, whole]
