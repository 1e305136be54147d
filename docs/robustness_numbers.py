"""``python -m docs.robustness_numbers NAME …`` measures the numbers of robustness.md again.

Each of ``pixels severity dimension cues certificates`` writes its own file in docs/robustness;
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
from techniques.corruptions import BENCHMARK, EXTRA, corruption_errors
from techniques.data import Shapes
from techniques.defenses import expected, randomized_smoothing
from techniques.defenses.randomized_smoothing import votes
from techniques.model import logits
from techniques.pretrained import PictureNetwork, load
from techniques.progress import tracked
from techniques.robustness import subject
from techniques.shape_bias import cue_conflict, labelled_by, shape_bias
from techniques.stylised import stylised, stylised_conflict, texture_painters

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


def severity() -> dict[str, Any]:
    """The error under each of the nineteen corruptions, as ``minigrad robustness`` measures it."""
    results: dict[str, Any] = {}
    for network in ("shapes", "cifar10"):
        tested = subject(network, count=200)
        arguments = tested.model, tested.images, tested.labels
        results[network] = {}
        for name in tracked(BENCHMARK + EXTRA, network):
            measured = corruption_errors(*arguments, [name], rng=0)
            results[network] |= {"clean": measured.clean, name: measured.errors[name].tolist()}
    return results


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


def cues() -> dict[str, Any]:
    """Shape bias, on conflicts of both kinds, and the errors under some corruptions."""
    size = load("cue_shape")[1].size
    painters = texture_painters(size)
    conflicts = {
        "drawn": cue_conflict(300, 12, size),
        "painted": stylised_conflict(300, painters, 12, size),
    }
    tests = {
        "texture": labelled_by("texture", 200, 11, size),
        "shape": labelled_by("shape", 200, 11, size),
        "stylised": stylised(200, painters, 11, size),
    }
    names = ("gaussian_noise", "defocus_blur", "contrast", "pixelate", "jpeg_compression")
    results: dict[str, Any] = {}
    for cue, test in tests.items():
        model, information = load(f"cue_{cue}")
        measured = corruption_errors(model, test.images, test.labels, names, rng=0)
        results[cue] = {"accuracy": information.test_accuracy, "clean": measured.clean}
        results[cue] |= {name: float(errors.mean()) for name, errors in measured.errors.items()}
        for kind, pictures in conflicts.items():
            said = logits(model, pictures.images).argmax(axis=1)
            bias = shape_bias(said, pictures.shape_labels, pictures.texture_labels)
            results[cue][kind] = {"bias": bias.bias, "neither": bias.neither}
    return results


def certificates() -> dict[str, Any]:
    """What a smoothed network says after an attack of so many certified radii that knows it."""
    sigma, (model, _), images = 0.1, load("shapes_second"), Shapes(100, seed=99).images
    certified = randomized_smoothing(model, images, sigma, n=1000, rng=0)
    sure = np.flatnonzero(certified.prediction >= 0)

    def noisy(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return pictures + rng.normal(0, sigma, pictures.shape).astype(pictures.dtype)

    changed = {}
    for times in (0.99, 3, 10):
        said = []
        for i in tracked(sure.tolist(), f"{times} radii"):
            attacked = pgd(
                expected(model, noisy, samples=8, rng=1), images[i : i + 1],
                certified.prediction[i], times * certified.radius[i],
                steps=20, norm="l2", rng=1, bounds=(-5, 6),
            )  # fmt: skip
            said.append(votes(model, attacked.images[0], sigma, 1000, np.random.default_rng(2)))
        answers = np.array([counts.argmax() for counts in said])
        changed[str(times)] = int((answers != certified.prediction[sure]).sum())
    radius = float(np.median(certified.radius[sure]))
    return {"pictures": len(images), "certified": len(sure), "radius": radius, "changed": changed}


MEASURED: dict[str, Callable[[], dict[str, Any]]] = {
    function.__name__: function for function in (pixels, severity, dimension, cues, certificates)
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+", choices=MEASURED, metavar="NAME")
    for name in parser.parse_args().names:
        text = json.dumps(MEASURED[name](), indent=1)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")
