"""What a training run leaves behind after each epoch, to be shown or gone on from."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import weights
from .module import Module


@dataclass
class History:
    """What `fit` measured, one number an epoch.

    Attributes
    ----------
    loss : list of float
        Mean over the training samples, each measured as it was trained on.
    accuracy : list of float
        The fraction of training samples classified right, likewise; NaN where the labels are
        not classes.
    validation_accuracy : list of float
        On the validation data, or what the function given in their place returned, after each
        epoch; empty without them.
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)

    @property
    def epochs(self) -> int:
        """How many epochs are finished."""
        return len(self.loss)

    def add(self, loss: float, accuracy: float, validation_accuracy: float) -> None:
        """Add an epoch."""
        self.loss.append(loss)
        self.accuracy.append(accuracy)
        if not math.isnan(validation_accuracy):
            self.validation_accuracy.append(validation_accuracy)

    @property
    def epochs_since_best(self) -> int:
        """How many epochs ago the validation was best; 0 when it was the last."""
        scores = self.validation_accuracy
        return len(scores) - 1 - int(np.argmax(scores)) if scores else 0


class Best:
    """The weights after the best epoch so far.

    Parameters
    ----------
    model : Module
    """

    def __init__(self, model: Module):
        self.model = model
        self.keep()

    def keep(self) -> None:
        """Take the weights as they are now."""
        self.arrays = {name: array.copy() for name, array in self.model.state_dict().items()}

    def restore(self) -> None:
        """Put the best weights back into the model."""
        self.model.load_state_dict(self.arrays)

    def state_dict(self) -> dict[str, np.ndarray]:
        """For the checkpoint."""
        return self.arrays

    def load_state_dict(self, arrays: Mapping[str, np.ndarray]) -> None:
        """From the checkpoint."""
        self.arrays = dict(arrays)



def save_checkpoint(
    path: str | os.PathLike, parts: Mapping[str, Any], seed: int, history: History
) -> None:
    """Write all parts of a run into one file, whole or not at all."""
    arrays = {
        f"{name}.{key}": array
        for name, part in parts.items()
        if part is not None
        for key, array in part.state_dict().items()
    }
    arrays["run.seed"] = np.array(seed)
    for name, values in vars(history).items():
        arrays[f"run.{name}"] = np.array(values, dtype=np.float64)
    try:
        weights.save(arrays, path)
    except KeyboardInterrupt:
        # The epoch is finished, so it is not to be lost.
        weights.save(arrays, path)
        raise


def load_checkpoint(path: str | os.PathLike, parts: Mapping[str, Any]) -> tuple[int, History]:
    """Put all parts of a run back where a checkpoint left them, or, after an error, none."""
    sections: dict[str, dict[str, np.ndarray]] = {}
    for key, array in weights.load(path).items():
        name, _, rest = key.partition(".")
        sections.setdefault(name, {})[rest] = array
    there = {name: part for name, part in parts.items() if part is not None}
    advice = "use another path, or delete the file to start anew"
    run = sections.pop("run", {})
    if sections.keys() != there.keys() or not _is_record(run):
        raise ValueError(
            f"{path} is no checkpoint of this run: it holds {', '.join(sections) or 'nothing'}, "
            f"and {', '.join(there)} and a whole record of the run are needed; {advice}"
        )
    before = {name: part.state_dict() for name, part in there.items()}
    for name, part in there.items():
        try:
            part.load_state_dict(sections[name])
        except (TypeError, ValueError) as error:
            for other, state in before.items():
                there[other].load_state_dict(state)
            raise ValueError(
                f"{path} is a checkpoint of another run, its {name} does not fit: {error}\n{advice}"
            ) from error
    seed = int(run.pop("seed"))
    return seed, History(**{name: values.tolist() for name, values in run.items()})


def _is_record(run: Mapping[str, np.ndarray]) -> bool:
    """Whether these are the seed of a run and the numbers of each of its epochs."""
    if run.keys() != {"seed", *vars(History())}:
        return False
    seed, loss, validated = run["seed"], run["loss"], run["validation_accuracy"]
    return (
        seed.ndim == 0 and seed.dtype.kind in "iu" and int(seed) >= 0
        and loss.ndim == validated.ndim == 1
        and run["accuracy"].shape == loss.shape and len(validated) <= len(loss)
    )  # fmt: skip
