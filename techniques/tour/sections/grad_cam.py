"""Where the network looks: Grad-CAM, Guided Grad-CAM, and the truth about both."""

from __future__ import annotations

import minigrad as mg
from techniques.activations import activation_gradients
from techniques.data import Shapes
from techniques.evaluation import hits, relevance_mass
from techniques.grad_cam import grad_cam
from techniques.guided_grad_cam import guided_grad_cam
from techniques.picture import around_grey, in_colour
from techniques.tour.drawing import Array, overlay, picture
from techniques.tour.section import Figure, Number, Panel, Part, Section, percent
from techniques.tour.visit import Picture, Study, Visit

_COUNTED = 64


def section(visit: Visit) -> Section:
    """Grad-CAM and Guided Grad-CAM, scored against the masks where there are masks."""
    return Section(
        question="Where in the picture is the evidence for the class?",
        parts=tuple(_part(study) for study in visit.studies),
        see=(
            "On the object, though nobody told the network where objects are, only what they are.",
            "The map is as coarse as the last convolution.",
            "Guided Grad-CAM multiplies two maps: the edges of guided backprop, where Grad-CAM "
            "sees the class.",
            "Where the truth is known the claim can be counted: how much of the map lies inside "
            "the object, and how often its maximum does. Compare both with the share of the "
            "picture that is object, which a map of nothing would reach.",
        ),
        code=(grad_cam, guided_grad_cam, activation_gradients, relevance_mass, hits),
    )


def _part(study: Study) -> Part:
    layer = study.information.last_convolution
    target = study.predicted
    cam = grad_cam(study.model, study.images, target, layer)
    guided = guided_grad_cam(study.model, study.images, target, layer).gradient
    panels: list[Panel] = []
    for shown, raw, values, edges, index in zip(
        study.pictures, cam.raw, cam.map, guided, target, strict=True
    ):
        name = study.information.classes[index]
        panels += [
            _picture(shown),
            _overlay(shown, raw, values, name),
            Panel(picture(around_grey(edges), shown.mask),
                  f"Guided Grad-CAM for {name} on {shown.name}.", "Guided Grad-CAM"),
        ]  # fmt: skip
    masked = study.pictures[0].mask is not None
    height, width = cam.raw.shape[1:]
    caption = (
        f"Grad-CAM at the end of the last convolutional block ({layer}, {height} × {width}), for "
        "the predicted class: the gradient of the score, averaged over each output map, weighs the "
        "maps; what is positive in their sum is enlarged to the picture."
        + (" The true mask is outlined in white." if masked else "")
    )
    pairs = len(study.pictures) % 2 == 0
    figure = Figure(tuple(panels), caption, 6 if pairs else 3, 3, share=1.0 if pairs else 0.75)
    scores = _scores(study, study.held_out) if isinstance(study.held_out, Shapes) else ()
    return Part(study.heading, (figure,), scores)


def _picture(shown: Picture) -> Panel:
    image = shown.image if shown.original is None else shown.original
    outlined = ", its object outlined" if shown.mask is not None else ""
    return Panel(
        picture(in_colour(image), shown.mask), f"The picture: {shown.name}{outlined}.", shown.name
    )


def _overlay(shown: Picture, raw: Array, values: Array, name: str) -> Panel:
    """The map over the picture, or over a photograph at the size at which one sees it."""
    image = shown.image
    if shown.original is not None:
        image = shown.original
        values = mg.interpolate(raw[None, None], size=image.shape[1:], mode="bilinear")[0, 0]
    return Panel(
        picture(overlay(in_colour(image), values), shown.mask),
        f"Grad-CAM for {name} over {shown.name}: bright where the evidence lies.",
        f"Grad-CAM of “{name}”",
    )


def _scores(study: Study, shapes: Shapes) -> tuple[Number, ...]:
    """Count on held-out pictures, whose masks are known."""
    images, masks = shapes.images[:_COUNTED], shapes.masks[:_COUNTED]
    tolerance = 15 / 224 * images.shape[2]  # 15 pixels at 224 (Zhang et al. 2016)
    maps = grad_cam(study.model, images, None, study.information.last_convolution).map
    return (
        Number(f"of the maxima of {len(images)} held-out pictures hit the object, give or take "
               f"{tolerance:.1f} pixels: the pointing game",
               percent(hits(maps, masks).mean()), "%"),
        Number("of the map lies inside the object",
               percent(relevance_mass(maps, masks).mean()), "%"),
        Number("of the picture is object: chance", percent(masks.mean()), "%"),
    )  # fmt: skip
