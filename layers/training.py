"""The training loop: mini-batches, a progress bar, checkpoints to resume from, an early end."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np

import minigrad as mg

from .checkpoint import Best, History, load_checkpoint, save_checkpoint
from .module import Module
from .optim import Optimizer
from .progress import EpochProgress
from .schedule import ReduceLROnPlateau, Schedule

Random = int | np.random.Generator | None
Batches = Iterable[tuple[np.ndarray, np.ndarray]]
Data = tuple[np.ndarray, np.ndarray] | Batches | Callable[[np.random.Generator], Batches]


def fit(
    model: Module,
    data: Data,
    *,
    optimizer: Optimizer,
    epochs: int,
    loss: Callable[[Any, np.ndarray], mg.Tensor] | None = None,
    batch_size: int = 64,
    schedule: Schedule | None = None,
    schedule_every: Literal["epoch", "batch"] = "epoch",
    augment: Callable[[np.ndarray, np.random.Generator], np.ndarray] | None = None,
    validation: tuple[np.ndarray, np.ndarray] | Callable[[Module], float] | None = None,
    patience: int | None = None,
    checkpoint: str | os.PathLike | None = None,
    rng: Random = None,
    progress: bool = True,
) -> History:
    """Train a model.

    Parameters
    ----------
    model : Module
        Called with a Tensor of images; trained in place, in training mode.
    data : pair of arrays, iterable or callable
        Images and labels, which are shuffled and cut into batches; or batches of both; or a
        function that gets the Generator of an epoch and returns its batches.
    optimizer : Optimizer
        Over the model's parameters.
    epochs : int
        How many epochs in all, those of a resumed checkpoint included.
    loss : callable, optional
        From the model's output and the labels to a scalar Tensor; ``mg.cross_entropy`` by default.
    batch_size : int
        Of arrays; the last batch of an epoch may be smaller.
    schedule : Schedule, optional
        Stepped every epoch or every batch, as `schedule_every` says. `ReduceLROnPlateau` gets
        the loss or, with ``mode="max"``, the accuracy (on the validation data if there are any).
    augment : callable, optional
        ``augment(images, rng)`` returns another version of a batch of images.
    validation : pair of arrays or callable, optional
        Images and labels to measure the accuracy on after each epoch, or a function of the model
        that returns a score, such as a mean IoU; its name stands in the printed line.
    patience : int, optional
        End when the validation has not been better for so many epochs. In any case the model then
        has the weights of its best epoch.
    checkpoint : path, optional
        A ``.npz`` file written after each epoch and, if it is there, resumed from: an interrupted
        run ends like an uninterrupted one, given the same arguments.
    rng : int, Generator or None
        Shuffling, augmentation and dropout. Each epoch has a Generator of its own, made from it.
    progress : bool
        Print a line an epoch, in a terminal below it a bar with the time left.

    Returns
    -------
    History
        Loss and accuracy of each epoch.

    Raises
    ------
    ValueError
        If an argument is out of range, the optimizer is of another network, or `checkpoint` of
        another network or optimizer.
    minigrad.NonFiniteError
        If the loss becomes NaN or infinite. The checkpoint then holds the last good epoch.
    KeyboardInterrupt
        Ctrl-C leaves a whole checkpoint of the last finished epoch.

    Examples
    --------
    >>> import layers, numpy as np
    >>> from layers.optim import SGD
    >>> x = np.random.default_rng(0).normal(size=(256, 2)).astype(np.float32)
    >>> labels = (x[:, 0] > x[:, 1]).astype(int)
    >>> model = layers.Linear(2, 2, rng=0)
    >>> optimizer = SGD(model.parameters(), lr=0.5)
    >>> history = fit(model, (x, labels), optimizer=optimizer, epochs=5, rng=0, progress=False)
    >>> history.accuracy[-1] > 0.9
    True
    """
    if not (isinstance(epochs, int | np.integer) and epochs >= 0):
        raise ValueError(f"epochs must be a whole number of at least 0, not {epochs}")
    if schedule_every not in ("epoch", "batch"):
        raise ValueError(f'schedule_every must be "epoch" or "batch", not {schedule_every!r}')
    if schedule_every == "batch" and isinstance(schedule, ReduceLROnPlateau):
        raise ValueError("ReduceLROnPlateau looks at whole epochs: leave schedule_every out")
    if patience is not None and (validation is None or patience < 1):
        raise ValueError(f"patience {patience} needs validation, and to be at least 1 epoch")
    own = set(model.parameters())
    if own and own.isdisjoint(optimizer.state):
        raise ValueError(
            "the optimizer has none of this model's parameters, so nothing would be trained: make "
            "it from model.parameters()"
        )
    seed = int(np.random.default_rng(rng).integers(2**32))
    history = History()
    best = None if patience is None else Best(model)
    saved = {"model": model, "optimizer": optimizer, "schedule": schedule, "best": best}
    if checkpoint is not None:
        if Path(checkpoint).exists():
            seed, history = load_checkpoint(checkpoint, saved)
        else:  # A path that cannot be written to fails now, not after an epoch.
            save_checkpoint(checkpoint, saved, seed, history)

    with EpochProgress(epochs, history.epochs, shown=progress) as shown:
        for epoch in range(history.epochs, epochs):
            if patience is not None and history.epochs_since_best >= patience:
                break
            epoch_rng = np.random.default_rng([seed, epoch])
            running = train_epoch(
                model,
                batches(data, batch_size, epoch_rng),
                optimizer=optimizer,
                loss=loss or mg.cross_entropy,
                schedule=schedule if schedule_every == "batch" else None,
                augment=augment,
                rng=epoch_rng,
                shown=shown,
            )
            if not running.samples:
                raise ValueError(
                    f"epoch {epoch + 1} got no batches: an iterator can be gone through only once, "
                    "so pass a list, or a function that makes the batches of an epoch"
                )
            name, score = validated(model, validation)
            history.add(running.loss, running.accuracy, score)
            if best is not None and history.epochs_since_best == 0:
                best.keep()
            if schedule is not None and schedule_every == "epoch":
                step_schedule(schedule, history)
            if checkpoint is not None:
                save_checkpoint(checkpoint, saved, seed, history)
            shown.end_epoch(loss=running.loss, accuracy=running.accuracy, **{name: score})
    if best is not None:
        best.restore()
    return history


def train_epoch(
    model: Module,
    data: Batches,
    *,
    optimizer: Optimizer,
    loss: Callable[[Any, np.ndarray], mg.Tensor],
    schedule: Schedule | None,
    augment: Callable[[np.ndarray, np.random.Generator], np.ndarray] | None,
    rng: np.random.Generator,
    shown: EpochProgress,
) -> Running:
    """Take one step for each batch; `schedule` is stepped after each."""
    model.train()
    draw_from(rng, model)
    running = Running()
    for images, labels in shown.track(data):
        if augment is not None:
            images = augment(images, rng)
        output = model(model_input(model, images))
        value = loss(output, labels)
        running.add(value, output, labels)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        if schedule is not None:
            schedule.step()
        shown.show(loss=running.loss, accuracy=running.accuracy)
    return running


def validated(
    model: Module, validation: tuple[np.ndarray, np.ndarray] | Callable[[Module], float] | None
) -> tuple[str, float]:
    """What is measured after an epoch, and how much it is; NaN for nothing."""
    if validation is None:
        return "validation_accuracy", math.nan
    if not callable(validation):
        return "validation_accuracy", evaluate(model, *validation)
    with evaluation_mode(model), mg.no_grad():
        return getattr(validation, "__name__", "validation"), float(validation(model))


def evaluate(model: Any, images: Any, labels: Any, batch_size: int = 256) -> float:
    """The fraction of images (or, with label maps, of pixels) that a model classifies right.

    Parameters
    ----------
    model : Module or callable
        Set to evaluation mode meanwhile.
    images, labels : array
        Of equal length.
    batch_size : int
        How many images at a time.

    Raises
    ------
    ValueError
        If there are no images, or the labels do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> evaluate(lambda x: x, np.array([[0.1, 0.9], [0.7, 0.3]]), np.array([1, 1]))
    0.5
    """
    running = Running()
    with evaluation_mode(model), mg.no_grad():
        for batch, target in ArrayBatches(images, labels, batch_size, rng=None):
            running.count(model(model_input(model, batch)), target)
    if math.isnan(running.accuracy):
        raise ValueError(
            f"labels of shape {np.shape(labels)} are no classes for this model's output: they must "
            "be integers, one for each row of scores"
        )
    return running.accuracy


@contextmanager
def evaluation_mode(model: Any) -> Iterator[None]:
    """Have every module of a model evaluate, and restore each one's own mode afterwards.

    Examples
    --------
    >>> import layers
    >>> model = layers.Linear(2, 2)
    >>> with evaluation_mode(model):
    ...     model.training
    False
    >>> model.training
    True
    """
    modes = [(m, m.training) for m in model.modules()] if isinstance(model, Module) else []
    try:
        for module, _ in modes:
            module.training = False
        yield
    finally:
        for module, training in modes:
            module.training = training


# ---- batches ------------------------------------------------------------------------------


class ArrayBatches:
    """Batches of images and labels, shuffled if there is an `rng`; only a batch is ever copied."""

    def __init__(self, images: Any, labels: Any, batch_size: int, rng: np.random.Generator | None):
        images, labels = (x.data if isinstance(x, mg.Tensor) else x for x in (images, labels))
        self.images, self.labels = np.asarray(images), np.asarray(labels)
        if not batch_size >= 1:
            raise ValueError(f"batch_size must be at least 1, not {batch_size}")
        if not self.images.ndim or self.images.shape[:1] != self.labels.shape[:1]:
            raise ValueError(
                f"images of shape {self.images.shape} and labels of shape {self.labels.shape} "
                "must have the same length"
            )
        if not len(self.images):
            raise ValueError("there are no images")
        self.batch_size, self.rng = int(batch_size), rng

    def __len__(self) -> int:
        return -(-len(self.images) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        count = len(self.images)
        order = None if self.rng is None else self.rng.permutation(count)
        for start in range(0, count, self.batch_size):
            some: Any = slice(start, start + self.batch_size)
            if order is not None:
                some = order[some]
            yield self.images[some], self.labels[some]


def batches(data: Data, batch_size: int, rng: np.random.Generator) -> Batches:
    """The batches of one epoch, from any form of data that `fit` takes."""
    if callable(data):
        return data(rng)
    if isinstance(data, tuple | list) and len(data) == 2 and hasattr(data[0], "shape"):
        images, labels = data
        return ArrayBatches(images, labels, batch_size, rng)
    return data


def draw_from(rng: np.random.Generator, model: Module) -> None:
    """Have all dropout draw from `rng`, so that an epoch can be repeated."""
    for module in model.modules():
        if isinstance(getattr(module, "rng", None), np.random.Generator):
            module.rng = rng


def model_input(model: Any, images: Any) -> mg.Tensor:
    """Images as a Tensor, floating-point ones in the dtype of the model's parameters."""
    array = images.data if isinstance(images, mg.Tensor) else np.asarray(images)
    if array.dtype.kind == "f" and isinstance(model, Module):
        parameter = next(model.parameters(), None)
        if parameter is not None:
            array = array.astype(parameter.dtype, copy=False)
    return mg.Tensor(array)


# ---- measuring ----------------------------------------------------------------------------


class Running:
    """The mean loss and the accuracy of the batches so far."""

    def __init__(self) -> None:
        self.loss_sum = 0.0
        self.samples = self.right = self.labels = 0

    def add(self, loss: mg.Tensor, output: Any, labels: np.ndarray) -> None:
        """Add a batch that was trained on."""
        value = loss.item()
        if not math.isfinite(value):
            raise mg.NonFiniteError(
                f"the loss became {value} after {self.samples} samples of this epoch: a smaller "
                "learning rate may help; mg.detect_anomaly() finds the operation it came from"
            )
        self.loss_sum += value * len(labels)
        self.samples += len(labels)
        self.count(output, labels)

    def count(self, output: Any, labels: np.ndarray) -> None:
        """Count what was classified right, if the labels are classes and the output scores."""
        labels = np.asarray(labels)
        scores = output.array if isinstance(output, mg.Tensor) else output
        shape = getattr(scores, "shape", ())
        if labels.dtype.kind in "iu" and shape[:1] + shape[2:] == labels.shape:
            self.right += int(np.count_nonzero(scores.argmax(axis=1) == labels))
            self.labels += labels.size

    @property
    def loss(self) -> float:
        return self.loss_sum / self.samples

    @property
    def accuracy(self) -> float:
        return self.right / self.labels if self.labels else math.nan


def step_schedule(schedule: Schedule, history: History) -> None:
    """Step a schedule at the end of an epoch."""
    if isinstance(schedule, ReduceLROnPlateau):
        accuracies = history.validation_accuracy or history.accuracy
        schedule.step(history.loss[-1] if schedule.mode == "min" else accuracies[-1])
    else:
        schedule.step()
