"""What training needs besides convolution: relu, batch norm, dropout, loss, optimizer steps."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from ..case import Array, Case, classes, normal
from .pooling import SIZE, images

PARAMETERS = [(512, 512, 3, 3)] * 4 + [(256, 256, 3, 3)] * 3 + [(512,)] * 20
PARAMETERS_COUNT = sum(map(math.prod, PARAMETERS))


def cases() -> Iterator[Case]:
    """All cases of this group."""
    statistics = {"running_mean": None, "running_var": None, "training": True}
    for name, operation, arrays, settings, passes in (
        ("relu", "relu", images, {}, (2, 5)),
        ("batch norm, train", "batch_norm", normalized, statistics, (3, 8)),
        ("dropout 0.5", "dropout", images, {"p": 0.5}, (2, 5)),
    ):
        wrt = ("x", "weight", "bias") if operation == "batch_norm" else ("x",)
        random: dict[str, Any] = {}
        if operation == "dropout":
            random = {"compared": share_and_size, "tolerance": 0.01}
        for way, task, moved in zip(
            ("forward", "both ways"), ("forward", "both_ways"), passes, strict=True
        ):
            arguments = {"operation": operation, "arrays": arrays, "settings": settings}
            if task == "both_ways":
                arguments["wrt"] = wrt
            name_and_way, traffic = f"{name}: {way}", moved * SIZE
            yield Case("training", name_and_way, task, arguments, traffic=traffic, **random)
    for shape in ((256, 1000), (8, 21, 64, 64)):
        yield Case(
            "training",
            f"softmax cross-entropy {'x'.join(map(str, shape))}: both ways",
            "both_ways",
            {
                "operation": "cross_entropy",
                "arrays": partial(scores, shape),
                "settings": {},
                "wrt": ("x",),
            },
            traffic=3 * 4 * math.prod(shape),
        )
    for optimizer, settings, moved in (
        ("SGD", {"lr": 1e-3, "momentum": 0.9}, 5),
        ("Adam", {"lr": 1e-3}, 7),
    ):
        yield Case(
            "training",
            f"{optimizer} step, {PARAMETERS_COUNT / 1e6:.0f} million parameters",
            "optimizer_step",
            {"optimizer": optimizer, "shapes": PARAMETERS, "settings": settings},
            traffic=4 * moved * PARAMETERS_COUNT,
        )


def normalized() -> dict[str, Array]:
    """Images, and the scale and shift of their channels."""
    return images() | {"weight": normal(64, seed=1), "bias": normal(64, seed=2)}


def scores(shape: tuple[int, ...]) -> dict[str, Array]:
    """Class scores and the right classes."""
    return {"x": normal(*shape), "target": classes(shape[1], shape[0], *shape[2:])}


def share_and_size(array: Array) -> Array:
    """Of randomly dropped numbers: the share of zeros, and the norm."""
    return np.array([(array == 0).mean(), np.linalg.norm(array) / np.sqrt(array.size)])
