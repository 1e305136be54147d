"""Small work, where the cost of recording operations shows: a chain, an MLP step, a LeNet step."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ..case import Case, classes
from .networks import flops


def cases() -> Iterator[Case]:
    """All cases of this group."""
    yield Case(
        "small",
        "1000 chained operations on 4 numbers",
        "chain",
        {"operations": 1000},
        bar="1000 small operations",
    )
    for network, title, images, bar in (
        ("MLP", "MLP step 784-128-10, 32 rows", (32, 784), "anything"),
        ("LeNet", "LeNet step, 64x1x28²", (64, 1, 28, 28), "LeNet, U-Net and ResNet-18 training"),
    ):
        yield Case(
            "small",
            title,
            "training_step",
            {"network": network, "images": images, "labels": partial(classes, 10, images[0])},
            bar=bar,
            flops=partial(flops, network, images, passes=3),
            tolerance=1e-3,
        )
