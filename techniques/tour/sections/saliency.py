"""Which pixels move the score: the gradient with respect to the image, and two other ReLU rules."""

from __future__ import annotations

import numpy as np

from techniques.evaluation import relevance_mass
from techniques.guided_backprop import deconvnet, deconvnet_relu, guided_backprop, guided_relu
from techniques.picture import around_grey, in_colour
from techniques.saliency import saliency
from techniques.tour.drawing import Array, heat, picture
from techniques.tour.section import Figure, Number, Panel, Part, Section, percent
from techniques.tour.visit import Study, Visit


def section(visit: Visit) -> Section:
    """Saliency beside deconvnet and guided backprop."""
    return Section(
        question="Which pixels would change the score of a class most, if they changed a little?",
        parts=tuple(_part(study) for study in visit.studies),
        see=(
            "Those on the object. The plain gradient is noisy; what makes its picture cleaner "
            "makes it less faithful.",
            "Saliency is the plain derivative, and noisy since the score is a very crooked "
            "function of the pixels.",
            "The three differ in one line, the backward rule of ReLU. Deconvnet lets only positive "
            "gradients pass and ignores where the forward pass was positive; guided backprop asks "
            "for both, and only what raises the score on an active path is left.",
            "Guided backprop shows edges that excite the network, and depends on the class much "
            "less than the gradient does.",
        ),
        code=(guided_relu, deconvnet_relu, guided_backprop, deconvnet, saliency),
    )


def _part(study: Study) -> Part:
    target = study.predicted
    gradient = saliency(study.model, study.images, target).map
    deconvolved = deconvnet(study.model, study.images, target).gradient
    guided = guided_backprop(study.model, study.images, target).gradient
    panels: list[Panel] = []
    for index, shown in enumerate(study.pictures):
        name = study.information.classes[target[index]]
        panels += [
            Panel(picture(in_colour(shown.image)), f"The picture: {shown.name}.", shown.name,
                  f"score of “{name}”"),
            Panel(picture(heat(gradient[index])), f"Saliency of {shown.name}: bright where the "
                  f"score of {name} depends on the pixel.", "Saliency", "g · 1[x > 0]"),
            Panel(picture(around_grey(deconvolved[index])), f"Deconvnet on {shown.name}.",
                  "Deconvnet", "max(g, 0)"),
            Panel(picture(around_grey(guided[index])), f"Guided backprop on {shown.name}.",
                  "Guided backprop", "max(g, 0) · 1[x > 0]"),
        ]  # fmt: skip
    caption = (
        "Each row: a picture, and the gradient of the score (the logit) of the predicted class "
        "with respect to its pixels. Saliency is the largest |gradient| over the channels; the "
        "other two are shown as colours around grey. Below each is its rule for ReLU: g is the "
        "gradient that arrives, x what went in."
    )
    figure = Figure(tuple(panels), caption, columns=4, narrow_columns=4)
    return Part(study.heading, (figure,), _inside(study, gradient))


def _inside(study: Study, maps: Array) -> tuple[Number, ...]:
    """How much of the maps lies on the objects, where these are known."""
    masks = [shown.mask for shown in study.pictures if shown.mask is not None]
    if len(masks) < len(maps):
        return ()
    share = relevance_mass(maps, np.stack(masks)).mean()
    return (
        Number("of the saliency lies inside the objects", percent(share), "%"),
        Number("of the pictures is object: chance", percent(float(np.mean(masks))), "%"),
    )
