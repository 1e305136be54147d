"""Networks end to end: U-Net, VGG-16 and ResNet-18, with the same weights in all libraries."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from functools import partial
from typing import Any

from ..architectures import STYLE_LAYERS
from ..case import Case, classes

TRAINING = "LeNet, U-Net and ResNet-18 training"
GRADIENT = "VGG-16 Grad-CAM and input gradient"

# A relu or a pool whose input ties but for rounding sends a whole gradient elsewhere: a few such
# places in a deep network are no error.
TOLERANCE = 0.05


def cases() -> Iterator[Case]:
    """All cases of this group."""
    small, photo, larger = (8, 3, 64, 64), (1, 3, 224, 224), (1, 3, 256, 256)
    yield Case(
        "networks",
        "U-Net step, base 16, depth 4, 8x3x64²",
        "training_step",
        {"network": "U-Net", "images": small, "labels": partial(classes, 10, 8, 64, 64)},
        bar=TRAINING,
        flops=partial(flops, "U-Net", small, passes=3),
        tolerance=TOLERANCE,
    )
    for name, task, more, bar, passes in (
        ("forward", "network_forward", {}, "anything", 1),
        ("Grad-CAM", "grad_cam", {"layer": 29}, GRADIENT, 1),
        ("input gradient", "input_gradient", {}, GRADIENT, 2),
    ):
        yield Case(
            "networks",
            f"VGG-16 {name}, 224²",
            task,
            {"network": "VGG-16", "images": photo, **more},
            bar=bar,
            flops=partial(flops, "VGG-16", photo, passes),
            tolerance=TOLERANCE,
        )
    yield Case(
        "networks",
        "style step, VGG-16 to relu4_3, 256²",
        "style_step",
        {"network": "VGG-16", "images": larger},
        bar="style step",
        flops=partial(flops, "VGG-16", larger, passes=2, layers_used=STYLE_LAYERS[-1] + 1),
        tolerance=TOLERANCE,
    )
    for mode, bar in (("train", TRAINING), ("eval", "anything")):
        yield Case(
            "networks",
            f"ResNet-18 forward and backward, {mode}, 224²",
            "parameter_gradients",
            {
                "network": "ResNet-18",
                "images": photo,
                "labels": partial(classes, 1000, 1),
                "training": mode == "train",
            },
            bar=bar,
            flops=partial(flops, "ResNet-18", photo, passes=3),
            tolerance=TOLERANCE,
        )


def flops(
    network: str, images: tuple[int, ...], passes: int, layers_used: int | None = None
) -> float:
    """Two for each multiply-add of a forward pass, times the number of passes of its size.

    The backward pass of a layer is two of them, one if only its input's gradient is wanted.
    """
    return 2 * passes * multiply_adds(network, images, layers_used)


@functools.cache
def multiply_adds(network: str, images: tuple[int, ...], layers_used: int | None) -> int:
    """Those of a forward pass, through all layers or the first ones of VGG's features."""
    import layers

    from ..peers.minigrad import library

    model: Any = library.network(network)
    part = model.features[:layers_used] if layers_used else model
    return layers.summary(part, images).multiply_adds
