"""Two things in one picture: which part of it says which class?"""

from __future__ import annotations

import numpy as np

from techniques.data import Shapes
from techniques.evaluation import relevance_mass
from techniques.grad_cam import enlarged, grad_cam
from techniques.guided_backprop import guided_backprop
from techniques.guided_grad_cam import guided_grad_cam
from techniques.picture import around_grey, in_colour
from techniques.target import log_odds
from techniques.tour.drawing import Array, overlay, picture
from techniques.tour.section import Figure, Number, Panel, Part, Section, percent
from techniques.tour.visit import Study, Visit

_COUNTED = 120
_SHOWN = 2


def section(visit: Visit) -> Section:
    """Grad-CAM, guided backprop and Guided Grad-CAM for both classes of pictures of two things."""
    parts = [_of_shapes(study) if isinstance(study.held_out, Shapes) else _of_pictures(study)
             for study in visit.studies]  # fmt: skip
    return Section(
        question="What animal is in this picture? And which part of it says so?",
        parts=tuple(part for part in parts if part is not None),
        see=(
            "Grad-CAM answers each question with a place of its own; guided backprop shows both "
            "things, whichever is asked about.",
            "Only the maps that speak for the class are weighed. The score is the log-odds, the "
            "logit less those of all other classes: with two things in a picture, what speaks for "
            "one speaks against the other.",
            "Guided Grad-CAM, the product, has the edges of the one and the place of the other.",
            "The network takes a picture of any width, since it ends in a mean over places; it was "
            "never shown two objects, and the places are not always told apart.",
        ),
        code=(grad_cam, log_odds, guided_backprop, guided_grad_cam, side_by_side, on_their_own),
    )


def side_by_side(pictures: Array) -> Array:
    """Join pictures (2n, C, H, W), two and two, to n pictures (n, C, H, 2W)."""
    return np.concatenate([pictures[::2], pictures[1::2]], axis=-1)


def on_their_own(left: Array, right: Array, masks: Array) -> Array:
    """Return whether both maps of a picture lie more on their own object than on the other one.

    Parameters
    ----------
    left, right : ndarray (n, H, 2W)
        The maps for the class on the left, and for that on the right.
    masks : ndarray of bool (n, H, 2W)
        Of both objects, one in each half.
    """
    here = np.arange(masks.shape[2]) < masks.shape[2] // 2
    on_left, on_right = masks & here, masks & ~here
    return (relevance_mass(left, on_left) > relevance_mass(left, on_right)) & (
        relevance_mass(right, on_right) > relevance_mass(right, on_left)
    )


def _of_shapes(study: Study) -> Part | None:
    assert isinstance(study.held_out, Shapes)
    some = study.held_out[: min(_COUNTED, len(study.held_out) // 2 * 2)]
    labels = some.labels.reshape(-1, 2)
    differ = labels[:, 0] != labels[:, 1]
    images, masks, labels = (
        values[differ] for values in (side_by_side(some.images), side_by_side(some.masks), labels)
    )
    if not len(images):
        return None
    layer = study.information.last_convolution
    left, right = (grad_cam(study.model, images, log_odds(labels[:, k]), layer).map for k in (0, 1))
    apart = on_their_own(left, right, masks)
    figures = tuple(
        _figure(study, images[i], labels[i], "two shapes side by side")
        for i in np.argsort(~apart, kind="stable")[:_SHOWN]
    )
    told = Number(f"of {len(images)} pictures of two shapes get two maps, each more on its own "
                  "object than on the other one; shown are two of these",
                  percent(apart.mean()), "%")  # fmt: skip
    return Part(study.heading, figures, (told,))


def _of_pictures(study: Study) -> Part | None:
    """The first picture, and the first of another class."""
    predicted = study.predicted
    others = np.flatnonzero(predicted != predicted[0])
    if not len(others):
        return None
    pair = [0, int(others[0])]
    name = " beside ".join(study.pictures[i].name for i in pair)
    originals = [study.pictures[i].original for i in pair]
    view = None if originals[0] is None else side_by_side(np.stack(originals))[0]  # type: ignore[arg-type]
    image = side_by_side(study.images[pair])[0]
    return Part(study.heading, (_figure(study, image, predicted[pair], name, view),))


def _figure(
    study: Study, image: Array, labels: Array, name: str, original: Array | None = None
) -> Figure:
    """A row for each of two classes: the scene, Grad-CAM, guided backprop, and their product."""
    layer = study.information.last_convolution
    view = in_colour(image if original is None else original)
    panels: list[Panel] = []
    for label in labels:
        title = study.information.classes[label]
        score = log_odds([label])
        cam = grad_cam(study.model, image[None], score, layer)
        values = cam.map if original is None else enlarged(cam.raw, view.shape[:2])
        guided = guided_backprop(study.model, image[None], score).gradient[0]
        product = guided_grad_cam(study.model, image[None], score, layer).gradient[0]
        panels += [
            Panel(picture(view), f"The picture: {name}.", f"“{title}”?", name),
            Panel(picture(overlay(view, values[0])), f"Grad-CAM for {title} on {name}.",
                  "Grad-CAM"),
            Panel(picture(around_grey(guided)), f"Guided backprop for {title} on {name}.",
                  "Guided backprop"),
            Panel(picture(around_grey(product)), f"Guided Grad-CAM for {title} on {name}.",
                  "Guided Grad-CAM"),
        ]  # fmt: skip
    caption = f"Above for “{study.information.classes[labels[0]]}”, below for " + (
        f"“{study.information.classes[labels[1]]}”: the same picture, the same network."
    )
    return Figure(tuple(panels), caption, columns=4, narrow_columns=4)
