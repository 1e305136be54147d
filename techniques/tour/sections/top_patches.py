"""What each channel looks for, and how the network sorts the pictures by the end."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure as Drawing

from techniques.activations import activation_maps
from techniques.embedding import embedding, tsne
from techniques.model import logits
from techniques.picture import in_colour, mosaic
from techniques.top_patches import TopPatches, top_patches
from techniques.tour.drawing import INK, Array, blank, picture
from techniques.tour.section import Figure, Number, Panel, Part, Section
from techniques.tour.visit import Study, Visit

_CHANNELS = 8
_PATCHES = 9
_POINTS = 300
_TSNE_STEPS = 300


def section(visit: Visit) -> Section:
    """The patches that excite channels most, and the pictures as points on a plane."""
    parts = [_part(study) for study in visit.studies if study.held_out is not None]
    return Section(
        question="What does a channel look for, and what do the channels say together?",
        parts=tuple(parts),
        see=(
            "First a colour or an edge, later a part of an outline, whatever its texture; all "
            "channels together tell the classes apart.",
            "A channel is known by what excites it: of hundreds of pictures the nine patches, as "
            "large as the part of the picture that the channel can see.",
            "From layer to layer the patches grow, and so does what they have in common.",
            "At the end each picture is a point with as many coordinates as channels. On a plane "
            "that keeps neighbours together the classes lie apart.",
        ),
        code=(top_patches, tsne),
    )


def _part(study: Study) -> Part:
    assert study.held_out is not None
    last = study.information.last_convolution
    depth = len(study.information.recipe.channels)
    layers = [f"features.relu{i}" for i in sorted({1, max(depth - 1, 1), depth})]
    found = {name: top_patches(study.model, study.held_out.images, name, _PATCHES)
             for name in layers}  # fmt: skip
    panels = tuple(_channels(patches, name) for name, patches in found.items())
    caption = (
        f"Each square is one channel of a layer, with the {_PATCHES} patches out of "
        f"{len(study.held_out)} pictures that excite it most; what lies beyond the border of a "
        f"picture is blank. Shown are the {_CHANNELS} channels that are excited most."
    )
    height, width = study.held_out.images.shape[2:]
    some = study.held_out.images[:_POINTS]
    features = activation_maps(study.model, some, last).maps.mean(axis=(2, 3))
    predicted = logits(study.model, some).argmax(axis=1)
    names = study.information.classes
    planes = (
        Panel(_plane(embedding(features).points, predicted, names),
              "The pictures on the plane of the largest variance.", "PCA"),
        Panel(_plane(_on_a_plane(features), predicted, names),
              "The pictures on a plane that keeps neighbours together.", "t-SNE"),
    )  # fmt: skip
    return Part(
        study.heading,
        (
            Figure(panels, caption, columns=3, narrow_columns=1),
            Figure(planes, f"The mean of each output map of {last} for {len(some)} held-out "
                   "pictures; each colour is a predicted class, its name in the middle.",
                   columns=2, narrow_columns=1),
        ),
        (Number(f"pixels, of {height} × {width}, are what a channel of {last} sees",
                " × ".join(map(str, found[last].field.size))),),
    )  # fmt: skip


def _on_a_plane(features: Array) -> Array:
    perplexity = min(30.0, (len(features) - 1) / 3.5)
    return embedding(features, "tsne", perplexity, _TSNE_STEPS, rng=0).points


def _channels(found: TopPatches, name: str) -> Panel:
    strongest = np.argsort(-found.values[:, 0], kind="stable")[:_CHANNELS]
    sheets = []
    for patches in found.patches[strongest]:
        tiles = [in_colour(patch) for patch in patches]
        side = max(tiles[0].shape[0] // 6, 1)
        sheets.append(np.pad(mosaic(tiles), ((0, side), (0, side), (0, 0)),
                             constant_values=np.nan))  # fmt: skip
    rows, columns = found.field.size
    return Panel(
        picture(mosaic(sheets)), f"The patches that excite channels of {name} most.",
        name, f"each sees {rows} × {columns} pixels",
    )  # fmt: skip


def _plane(points: Array, labels: Array, names: tuple[str, ...]) -> Drawing:
    drawing, axes = blank(2.4, 1.8)
    drawing.set_dpi(200)
    for label in np.unique(labels):
        x, y = points[labels == label].T
        axes.scatter(x, y, s=5, color=f"C{label % 10}", linewidths=0, rasterized=True)
        axes.text(np.median(x), np.median(y), names[label], color=INK, ha="center", fontsize=7,
                  weight="bold")  # fmt: skip
    axes.margins(0.08)
    return drawing
