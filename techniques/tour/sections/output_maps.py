"""What each layer makes of one picture."""

from __future__ import annotations

import numpy as np

import layers
from techniques.activations import activation_maps
from techniques.picture import in_colour, mosaic
from techniques.tour.drawing import Array, heat, picture
from techniques.tour.section import Figure, Number, Panel, Part, Section, Table, percent
from techniques.tour.visit import Picture, Study, Visit

_CHANNELS = 16
_LAYERS = 5


def section(visit: Visit) -> Section:
    """Output maps of several layers, for one picture of each study."""
    return Section(
        question="What does each layer make of a picture?",
        parts=tuple(_part(study) for study in visit.studies),
        see=(
            "First edges, colours and textures, in detail; then ever coarser maps that answer to "
            "what is there.",
            "Early maps are large and still look like the picture: its colours, edges, textures.",
            "In deeper maps the texture is gone. In Shapes they answer to the outline: a straight "
            "edge, a corner, the inside, each in its own channel.",
        ),
        code=(activation_maps, strongest),
    )


def strongest(maps: Array, count: int) -> Array:
    """Return the `count` maps (C, H, W) with the largest mean, the strongest first."""
    order = np.argsort(-maps.mean(axis=(1, 2)), kind="stable")
    return maps[order[:count]]


def _part(study: Study) -> Part:
    shown = study.pictures[0]
    whole = picture(in_colour(shown.image))
    panels = [Panel(whole, f"The picture: {shown.name}.", "the picture", shown.name)]
    rows = []
    for name in _rectified(study):
        maps = activation_maps(study.model, shown.image[None], name).maps[0]
        channels, height, width = maps.shape
        size = f"{channels} × {height} × {width}"
        panels.append(_panel(maps, name, size, shown))
        zeros = maps == 0
        silent = zeros.all(axis=(1, 2))
        rows.append((name, size, percent(zeros.mean()), percent(silent.mean())))
    caption = (
        f"The output maps of the ReLU after several convolutions, for {shown.name}. Each panel "
        f"shows the {_CHANNELS} channels with the largest mean; dark is zero, and each panel has "
        "its own scale."
    )
    table = Table(
        ("layer", "channels × height × width", "values at zero, %", "silent channels, %"),
        tuple(rows),
        "How much of the output maps is zero: a silent channel is zero everywhere.",
    )
    number = Number(f"of the values of {rows[-1][0]} are zero for {shown.name}", rows[-1][2], "%")
    return Part(study.heading, (Figure(tuple(panels), caption, columns=3), table), (number,))


def _rectified(study: Study) -> list[str]:
    """The names of some ReLU layers with output maps, first and last among them."""
    names = [
        name
        for name, module in study.model.named_modules()
        if name.startswith("features") and isinstance(module, layers.ReLU)
    ]
    picked = np.unique(np.linspace(0, len(names) - 1, min(_LAYERS, len(names))).round().astype(int))
    return [names[index] for index in picked]


def _panel(maps: Array, name: str, size: str, shown: Picture) -> Panel:
    tiles = strongest(maps, _CHANNELS)
    colours = heat(mosaic(tiles, gap=0.0))
    return Panel(
        picture(colours), f"{len(tiles)} output maps of {name} for {shown.name}.", name, size
    )
