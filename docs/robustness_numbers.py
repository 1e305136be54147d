"""``python -m docs.robustness_numbers NAME …`` measures the numbers of robustness.md again.

Each of ``pixels certificates severity dimension`` writes its own file in docs/robustness;
``python -m docs.robustness_figures`` draws them. CIFAR-10 must be in the data folder.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import layers
from techniques.attacks import one_pixel, pgd, shift_against_dimension
from techniques.corruptions import BENCHMARK, EXTRA, corrupt
from techniques.data import Shapes
from techniques.defenses import expected, randomized_smoothing
from techniques.defenses.randomized_smoothing import votes
from techniques.model import logits
from techniques.pretrained import PictureNetwork, load
from techniques.progress import tracked
from techniques.robustness import subject

FOLDER = Path(__file__).parent / "robustness"


def pixels() -> dict[str, Any]:
    """Three pixels against 200 test pictures that `cifar10` has right, at the paper's budget."""
    tested = subject("cifar10", count=400)
    right = np.flatnonzero(logits(tested.model, tested.images).argmax(axis=1) == tested.labels)
    flipped, queries = [], []
    for i in tracked(right[:200].tolist(), "three pixels"):
        one = slice(i, i + 1)
        result = one_pixel(tested.model, tested.images[one], tested.labels[one], pixels=3, rng=i)
        flipped.append(bool(result.success[0]))
        queries.append(int(result.queries[0]))
    return {"flipped": flipped, "queries": queries}


def certificates() -> dict[str, Any]:
    """Attack certified pictures at and beyond their radius, knowing of the noise."""
    model, _ = load("shapes")
    shapes, sigma = Shapes(20, seed=4321), 0.1
    certified = randomized_smoothing(model, shapes.images, sigma, n=500, rng=0)
    sure = np.flatnonzero(certified.prediction >= 0)

    def noisy(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return images + rng.normal(0, sigma, images.shape).astype(images.dtype)

    changed = {}
    for times in (1, 4, 16):
        changed[times] = 0
        for i in tracked(sure.tolist(), f"attacks at {times} radii"):
            label, reach = certified.prediction[i], times * certified.radius[i]
            attacked = pgd(
                expected(model, noisy, samples=8, rng=i), shapes.images[i : i + 1], label, reach,
                steps=10, norm="l2", bounds=(-5, 6), rng=i,
            ).images[0]  # fmt: skip
            counted = votes(model, attacked, sigma, 200, np.random.default_rng(i))
            changed[times] += int(counted.argmax() != label)
    return {
        "pictures": len(shapes), "certified": len(sure), "changed": changed,
        "radius": float(np.median(certified.radius[sure])),
    }  # fmt: skip


def severity() -> dict[str, Any]:
    """The error under all nineteen corruptions, where each severity draws the same numbers."""
    return {"cifar10": _errors("cifar10", ["cifar10"], 500)} | {
        "shapes": _errors("shapes", ["shapes", "shapes_robust"], 500)
    }


def _errors(pictures_of: str, names: list[str], count: int) -> dict[str, Any]:
    tested = subject(pictures_of, count=count)
    models = {name: load(name)[0] for name in names}

    def wrong(images: np.ndarray, name: str) -> float:
        return float((logits(models[name], images).argmax(axis=1) != tested.labels).mean())

    errors: dict[str, Any] = {name: {"clean": wrong(tested.images, name)} for name in names}
    upright = tested.images.transpose(0, 2, 3, 1)
    for corruption in tracked(BENCHMARK + EXTRA, "corruptions"):
        drawn = [
            np.ascontiguousarray(corrupt(upright, corruption, strength, 0).transpose(0, 3, 1, 2))
            for strength in range(1, 6)
        ]
        for name in names:
            errors[name][corruption] = [wrong(images, name) for images in drawn]
    return errors


def dimension() -> dict[str, Any]:
    """How far one step moves a logit, for networks trained at several sizes of picture."""
    sides, kinds = (16, 32, 64), {"linear": _linear, "dense": _dense, "mean": _mean}
    models: dict[str, list[Any]] = {kind: [] for kind in kinds}
    batches = []
    for side in tracked(sides, "sizes"):
        drawn = Shapes(1500, seed=1, size=side)
        batches.append(Shapes(100, seed=2, size=side).images)
        for kind, build in kinds.items():
            model = build(side)
            layers.fit(
                model, (drawn.images, drawn.labels), epochs=6, batch_size=32, rng=0,
                optimizer=layers.optim.Adam(model.parameters(), lr=1e-3), progress=False,
            )  # fmt: skip
            models[kind].append(model.eval())
    curves = {kind: shift_against_dimension(models[kind], batches, 1 / 255) for kind in kinds}
    return {
        kind: {
            "dimensions": curve.dimensions.tolist(), "shift": curve.shift.round(4).tolist(),
            "predicted": curve.predicted.round(4).tolist(), "growth": round(curve.growth, 2),
        }
        for kind, curve in curves.items()
    }  # fmt: skip


def _linear(side: int) -> layers.Module:
    return layers.Sequential(
        layers.Flatten(), layers.Linear(3 * side**2, len(Shapes.classes), rng=0)
    )


def _dense(side: int) -> layers.Module:
    return layers.Sequential(
        layers.Conv2d(3, 8, 3, padding=1, rng=0), layers.ReLU(), layers.MaxPool2d(2),
        layers.Conv2d(8, 16, 3, padding=1, rng=0), layers.ReLU(), layers.MaxPool2d(2),
        layers.Flatten(), layers.Linear(16 * (side // 4) ** 2, len(Shapes.classes), rng=0),
    )  # fmt: skip


def _mean(side: int) -> layers.Module:
    return PictureNetwork((8, 16), (1, 2), len(Shapes.classes), rng=0)


MEASURED: dict[str, Callable[[], dict[str, Any]]] = {
    function.__name__: function for function in (pixels, certificates, severity, dimension)
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=MEASURED, metavar="NAME")
    for name in parser.parse_args().names:
        text = json.dumps(MEASURED[name](), indent=1)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")
