"""Shape against texture: whom a network believes where the two disagree."""

from __future__ import annotations

import numpy as np

from techniques.data import Shapes
from techniques.model import logits
from techniques.picture import in_colour
from techniques.pretrained import load
from techniques.shape_bias import CueConflict, ShapeBias, cue_conflict, shape_bias
from techniques.tour.drawing import ACCENT, LINE, SECOND, Drawing, chart, picture
from techniques.tour.section import Figure, Number, Panel, Part, Section
from techniques.tour.visit import Visit

_TRAINED = {
    "cue_texture": "where the texture tells the class",
    "cue_shape": "where the shape tells it",
    "cue_stylised": "on pictures painted over",
}
_COUNTED, _SHOWN, _SEED = 300, 5, 12


def section(visit: Visit) -> Section:
    """What three networks say of pictures with two answers, and the shape bias of each."""
    size = load("cue_shape")[1].size
    conflict = cue_conflict(_COUNTED, _SEED, size)
    said = {name: logits(load(name)[0], conflict.images).argmax(axis=1) for name in _TRAINED}
    biases = {
        name: shape_bias(answers, conflict.shape_labels, conflict.texture_labels)
        for name, answers in said.items()
    }
    numbers = tuple(
        Number(f"shape bias, trained {how}", f"{biases[name].bias:.2f}")
        for name, how in _TRAINED.items()
    )
    decided = (said["cue_texture"] == conflict.texture_labels) & (
        said["cue_shape"] == conflict.shape_labels
    )
    panels = tuple(_pictured(conflict, i) for i in np.flatnonzero(decided)[:_SHOWN])
    pictures = Figure(
        panels, "Pictures with two right answers. Of these, one network names the texture, and "
        "another, trained on the same pictures with other labels, the shape.",
        columns=_SHOWN, narrow_columns=3,
    )  # fmt: skip
    described = "; ".join(
        f"{_TRAINED[name]}: shape {100 * bias.shape_fraction:.0f} %, texture "
        f"{100 * bias.texture_fraction:.0f} %"
        for name, bias in biases.items()
    )
    shares = Figure(
        (Panel(_shares(biases), f"Answers by shape, by texture and by neither. {described}."),),
        f"Which cue the answers to {_COUNTED} such pictures follow, by what the network was "
        "trained on.", columns=1, narrow_columns=1, share=0.7,
    )  # fmt: skip
    return Section(
        question="The shape says one class and the texture another: which does the network "
        "believe?",
        parts=(Part("Objects on grey", (pictures, shares), numbers),),
        see=(
            "The networks are alike, and so are the pictures they learned from. What differs is "
            "which cue told the class there, and each believes that one.",
            "At 32 pixels a texture is hard to read: the network that looks at it often answers "
            "with neither of the two, which the bias leaves out.",
            "In photographs both tell it, and texture is the easier one, to be read off a few "
            "pixels anywhere: a ResNet-50 trained on ImageNet has a shape bias of 0.21, people "
            "about 0.95.",
            "The remedy of Geirhos et al.: paint every training picture in another texture. Then "
            "only the shape is left to learn.",
        ),
        code=(cue_conflict, shape_bias),
    )


def _pictured(conflict: CueConflict, index: int) -> Panel:
    shape = Shapes.classes[conflict.shape_labels[index]]
    texture = Shapes.texture_names[conflict.texture_labels[index]]
    return Panel(
        picture(in_colour(conflict.images[index])), f"A {shape} with {texture}.",
        note=f"“{texture}” or “{shape}”?",
    )  # fmt: skip


def _shares(biases: dict[str, ShapeBias]) -> Drawing:
    """A bar for each network: its answers by shape, by texture, by neither."""
    drawing, axes = chart(3.2, 1.0)
    axes.grid(visible=False)
    rows = range(len(biases))[::-1]
    left = [0.0] * len(biases)
    for kind, colour in (("shape", ACCENT), ("texture", SECOND), ("neither", LINE)):
        widths = [
            100 * (bias.neither if kind == "neither" else getattr(bias, f"{kind}_fraction"))
            for bias in biases.values()
        ]
        axes.barh(rows, widths, left=left, color=colour, height=0.6, label=kind)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.set_yticks(rows, [_TRAINED[name] for name in biases])
    axes.set_xlim(0, 100)
    axes.set_xlabel("answers, %")
    axes.legend(frameon=False, fontsize=7.5, ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
    return drawing
