"""Style transfer as the lecture builds it up: content, texture, both."""

from __future__ import annotations

import numpy as np

import minigrad as mg
from techniques.data.textures import marble
from techniques.picture import in_colour
from techniques.style import (
    Painter,
    Painting,
    gram_matrix,
    open_network,
    reconstruct_content,
    style_loss,
    style_transfer,
    synthesize_texture,
)  # fmt: skip
from techniques.tour.drawing import Array, picture
from techniques.tour.section import Figure, Number, Panel, Part, Section
from techniques.tour.visit import Study, Visit

_SIZE = 96  # pixels a side
_STEPS = 40
_PALETTE = np.array([[0.05, 0.09, 0.28], [0.16, 0.42, 0.72], [0.93, 0.88, 0.62]])


def section(visit: Visit) -> Section:
    """What layers keep of a picture, what Gram matrices keep, and a picture with both."""
    painter = open_network("cifar10")  # it has seen more textures than the other
    return Section(
        question="What remains of a picture if one keeps its texture and gives up its places?",
        parts=tuple(_part(study, painter) for study in visit.studies),
        see=(
            "Its colours, lines and strokes, somewhere: a Gram matrix knows what goes together, "
            "not where.",
            "A picture can be painted anew, from noise, by following the gradient until a layer "
            "says of it what it says of the original. From the first layers the picture comes "
            "back; deeper ones have given up the exact colours and edges.",
            "A Gram matrix says which channels are active together, summed over all places.",
            "With both losses the content stays where it is and is made of the style's strokes. "
            "A network this small knows small strokes; a VGG knows larger ones: "
            "minigrad style --weights FILE.",
        ),
        code=(gram_matrix, style_loss, waves),
    )


def waves(height: int, width: int) -> Array:
    """Draw a style to transfer: waves in three colours, as an image (3, H, W)."""
    y, x = np.mgrid[0:height, 0:width] / 24
    level = np.clip(0.5 + 0.35 * marble(1.2 * x, 1.2 * y) + 0.15 * marble(4 * y, 4 * x), 0, 1)
    stops = np.linspace(0, 1, len(_PALETTE))
    return np.stack([np.interp(level, stops, colour) for colour in _PALETTE.T]).astype(np.float32)


def _part(study: Study, painter: Painter) -> Part:
    shown = study.pictures[0]
    content = _small(shown.image if shown.original is None else shown.original)
    style = waves(*content.shape[1:])
    model, relus, kept_at = painter.model, painter.style_layers, painter.content_layers
    # The total variation smooths what no layer looks at.
    kept = [reconstruct_content(model, content, relu, _STEPS, tv_weight=5, rng=0) for relu in relus]
    texture = synthesize_texture(model, style, relus, steps=_STEPS, tv_weight=1, rng=0)
    both = style_transfer(model, content, style, kept_at, relus, steps=_STEPS)
    layers = Figure(
        (
            Panel(picture(in_colour(content)), f"The picture: {shown.name}.", shown.name),
            *(_painted(result, f"from {relu}") for result, relu in zip(kept, relus, strict=True)),
        ),
        f"A picture, and what {_STEPS} steps of L-BFGS make of noise so that one layer of the "
        "network “cifar10” gives the same output maps, smoothed by a little total variation.",
        columns=1 + len(relus), narrow_columns=2,
    )  # fmt: skip
    painting = Figure(
        (
            Panel(picture(in_colour(style)), "The style: waves in three colours.", "the style"),
            _painted(texture, "its texture, from noise"),
            Panel(picture(in_colour(content)), f"The content: {shown.name}.", "the content"),
            _painted(both, "content and style"),
        ),
        f"Left: a style, and a picture painted from its Gram matrices at {', '.join(relus)} alone. "
        f"Right: a picture, and one with its output maps at {kept_at[0]} and the style's Gram "
        "matrices, as near to both as can be.",
        columns=4, narrow_columns=2,
    )  # fmt: skip
    first, last = both.losses.total[[0, -1]]
    number = Number(f"times smaller is the loss of content and style after {_STEPS} steps",
                    f"{first / last:.1f}")  # fmt: skip
    return Part(study.heading, (layers, painting), (number,))


def _painted(result: Painting, title: str) -> Panel:
    first, last = result.losses.total[[0, -1]]
    return Panel(
        picture(in_colour(result.image)),
        f"{result.variant}.",
        title,
        f"loss {first:.2g} → {last:.2g}",
    )


def _small(image: Array) -> Array:
    """The picture at the size at which painting takes seconds."""
    return mg.interpolate(image[None], size=(_SIZE, _SIZE), mode="bilinear")[0]
