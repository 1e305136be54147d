"""What is measured: one function a step, each result kept as soon as it is there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..attacks import accuracy_against_epsilon, deepfool, fgsm, nes, pgd, square
from ..corruptions import BENCHMARK, EXTRA, corruption_errors
from ..data import CIFAR10_CLASSES, Dataset, Shapes, data_folder, load_cifar10, load_folder
from ..defenses import bit_depth, defended, jpeg, median, randomized_smoothing
from ..model import Model, logits
from ..pretrained import Info, load
from ..progress import progress_bar

Array = NDArray[Any]

EPSILONS = (0.0, 1 / 255, 2 / 255, 4 / 255, 8 / 255)
QUERIES = 300
_DEFENDED_AT = 4 / 255
_SIGMA, _SMOOTHED, _RADII = 0.1, 20, (0.0, 0.05, 0.1, 0.2)
_HELD_OUT_SEED = 20_000  # no network was trained on the pictures of this seed


@dataclass(frozen=True, eq=False)
class Subject:
    """A network, the pictures it is tested on, and the network it is compared with.

    Attributes
    ----------
    model : callable
    information : Info
    images, labels : ndarray
    baseline : callable
        Of which the corruption errors are 100 %.
    settings : dict
        What the results depend on.
    """

    model: Model
    information: Info
    images: Array
    labels: NDArray[np.int64]
    baseline: Model
    settings: dict[str, Any]


def subject(
    network: str = "shapes",
    data: str | os.PathLike[str] | None = None,
    count: int = 100,
    seed: int = 0,
) -> Subject:
    """Load a network that ships, and pictures it was not trained on.

    Parameters
    ----------
    network : str
        One of `techniques.pretrained.RECIPES`.
    data : path, optional
        For a network of CIFAR-10 the data folder, by default as `techniques.data.data_folder`
        finds it; or a folder or zip file with pictures in folders named by the network's classes.
        Without it, a network of Shapes is tested on Shapes.
    count : int
        How many pictures, drawn by `seed`.

    Raises
    ------
    ValueError, FileNotFoundError
        If there is no such network, or no pictures of its classes.

    Examples
    --------
    >>> from techniques.robustness import evaluate, subject
    >>> len(subject("shapes", count=5).images)
    5
    """
    if count < 1:
        raise ValueError(f"count must be at least 1, not {count}")
    model, information = load(network)
    if information.classes not in (Shapes.classes, CIFAR10_CLASSES):
        raise ValueError(
            f"{network} tells {', '.join(information.classes)} apart, and there is no network to "
            "compare it with: choose one of Shapes or CIFAR-10, such as shapes_robust"
        )
    pictures = _pictures(information, data, count)
    if not set(pictures.classes) <= set(information.classes):
        raise ValueError(
            f"{network} knows {', '.join(information.classes)}, and the pictures in {data} are of "
            f"{', '.join(pictures.classes)}: name their folders by the network's classes"
        )
    classes = np.array([information.classes.index(name) for name in pictures.classes])
    chosen = np.random.default_rng(seed).permutation(len(pictures))[:count]
    baseline = "cifar10" if information.size == 32 else "shapes"
    settings = {
        "network": network, "data": None if data is None else str(data), "count": len(chosen),
        "seed": seed, "baseline": baseline,
    }  # fmt: skip
    return Subject(
        model, information, pictures.images[chosen], classes[pictures.labels[chosen]],
        load(baseline)[0], settings,
    )  # fmt: skip


def _pictures(information: Info, data: str | os.PathLike[str] | None, count: int) -> Dataset:
    if information.size != 32 and data is None:
        drawn = Shapes(count, seed=_HELD_OUT_SEED)
        return Dataset(drawn.images, drawn.labels, drawn.classes)
    folder = data_folder() if data is None else Path(data)
    if information.size == 32 and (data is None or (folder / "cifar10").exists()):
        return load_cifar10("test", folder)
    return load_folder(folder, information.size)


def evaluate(
    tested: Subject, out: str | os.PathLike[str], only: tuple[str, ...] | None = None
) -> dict[str, Any]:
    """Take all steps that `out`/results.json does not hold yet, and return all results.

    Parameters
    ----------
    tested : Subject
    out : path
        A folder that is there. Results of other settings in it are replaced.
    only : tuple of str, optional
        Names of `STEPS`; all by default.

    Examples
    --------
    >>> from techniques.robustness import evaluate, subject
    >>> results = evaluate(subject("shapes", count=50), "minigrad-robustness")  # doctest: +SKIP
    """
    file = Path(out) / "results.json"
    results = _kept(file, tested.settings)
    names = [name for name in STEPS if only is None or name in only]
    with progress_bar() as show:
        for done, name in enumerate(names):
            show(done, len(names), name.replace("_", " "))
            if name not in results:
                results[name] = STEPS[name](tested)
                _keep(file, {"settings": tested.settings, **results})
    return results


def _kept(file: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """The results of an earlier run with the same settings."""
    try:
        results = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    if not isinstance(results, dict) or results.pop("settings", None) != settings:
        return {}
    return results


def _keep(file: Path, results: dict[str, Any]) -> None:
    """Write the file as a whole: an interruption leaves the old one."""
    new = file.with_name(file.name + ".new")
    new.write_text(json.dumps(results, indent=1), encoding="utf-8")
    new.replace(file)


# ---- the steps --------------------------------------------------------------------------------


def _accuracy(model: Model, images: Array, labels: Array) -> float:
    return float((logits(model, images).argmax(axis=1) == labels).mean())


def _clean(tested: Subject) -> dict[str, Any]:
    return {"accuracy": _accuracy(tested.model, tested.images, tested.labels)}


def _curve(attack: Callable[..., Any], tested: Subject, **options: Any) -> dict[str, Any]:
    curve = accuracy_against_epsilon(
        tested.model, tested.images, tested.labels, EPSILONS, attack, **options
    )
    return {"epsilons": curve.epsilons.tolist(), "accuracy": curve.accuracy.tolist()}


def _deepfool(tested: Subject) -> dict[str, Any]:
    result = deepfool(tested.model, tested.images, tested.labels)
    found = result.distance[result.success]
    return {
        "found": int(found.size),
        "median_distance": float(np.median(found)) if found.size else None,
    }


def _cleaned(clean: Callable[[Array], Array], tested: Subject) -> dict[str, Any]:
    """Accuracy behind a defence: without an attack, under one unaware of it, and one aware."""
    behind = defended(tested.model, clean)
    arguments = tested.images, tested.labels, _DEFENDED_AT
    unaware, aware = (pgd(model, *arguments, rng=0).images for model in (tested.model, behind))
    return {
        "clean": _accuracy(behind, tested.images, tested.labels),
        "unaware": _accuracy(behind, unaware, tested.labels),
        "aware": _accuracy(behind, aware, tested.labels),
    }


def _smoothing(tested: Subject) -> dict[str, Any]:
    images, labels = tested.images[:_SMOOTHED], tested.labels[:_SMOOTHED]
    result = randomized_smoothing(tested.model, images, _SIGMA, n=500, rng=0)
    right = result.prediction == labels
    return {
        "sigma": _SIGMA,
        "radii": list(_RADII),
        "certified": [float((right & (result.radius >= radius)).mean()) for radius in _RADII],
        "abstained": float((result.prediction < 0).mean()),
    }


def _corruption(name: str, tested: Subject) -> dict[str, Any]:
    own, baseline = (
        corruption_errors(model, tested.images, tested.labels, [name], rng=0)
        for model in (tested.model, tested.baseline)
    )
    return {
        "errors": own.errors[name].tolist(), "clean": own.clean,
        "baseline": baseline.errors[name].tolist(), "baseline_clean": baseline.clean,
    }  # fmt: skip


STEPS: dict[str, Callable[[Subject], dict[str, Any]]] = {
    "clean": _clean,
    "fgsm": partial(_curve, fgsm),
    "pgd": partial(_curve, pgd, steps=10, restarts=2, rng=0),
    "square": partial(_curve, square, queries=QUERIES, rng=0),
    "nes": partial(_curve, nes, queries=QUERIES, samples=20, rng=0),
    "deepfool": _deepfool,
    "jpeg": partial(_cleaned, jpeg),
    "bit_depth": partial(_cleaned, lambda images: bit_depth(images, 4)),
    "median": partial(_cleaned, median),
    "smoothing": _smoothing,
    **{name: partial(_corruption, name) for name in BENCHMARK + EXTRA},
}
"""Every step of the evaluation, by name."""
