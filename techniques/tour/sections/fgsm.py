"""The fast gradient sign method, as the lecture shows it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from techniques.attacks import AccuracyCurve, accuracy_against_epsilon, fgsm
from techniques.model import Model, logits
from techniques.picture import in_colour
from techniques.tour.drawing import ACCENT, INK, Array, Drawing, chart, picture
from techniques.tour.section import Figure, Number, Panel, Part, Section, chart_figure, percent
from techniques.tour.visit import Study, Visit, probabilities

# In 255ths of the value range: 1 is one step of an 8-bit picture.
_STEPS = (0.5, 1, 1.5, 2, 3, 4, 6, 8, 16)
_CURVE = (0, 0.5, 1, 2, 4, 8, 16)
_NUMBERS = (0, 2, 8)
_UNSEEN = 2  # the largest step of which we claim that nobody sees it
_TRIED, _SHOWN, _COUNTED = 64, 3, 128


def section(visit: Visit) -> Section:
    """Picture, sign of the gradient, sum; and accuracy against the size of the step."""
    return Section(
        question="How little must a picture change for the network to see something else?",
        parts=tuple(_part(study) for study in visit.studies),
        see=(
            "So little that nobody sees it, if every value takes its small step in the direction "
            "of the gradient.",
            "Where ε is 2/255 or less, the left and the right picture look the same to us. A "
            "picture of which the network is very sure may need a larger step, which one can see: "
            "one straight step is the crudest of attacks.",
            "The picture in the middle is no noise: it is the sign of the gradient of the loss, "
            "one step up or down for every value. Each step is tiny, but all of them push the loss "
            "in the same direction, and there are thousands.",
            "Accuracy falls with ε long before a person would notice anything.",
        ),
        code=(fgsm, smallest_steps, accuracy_against_epsilon),
    )


def smallest_steps(model: Model, images: Array, steps: Sequence[float] = _STEPS) -> Array:
    """Return for each image the smallest ε of `steps`, in 255ths, that changes its class.

    Infinity, where none does.
    """
    classes = logits(model, images).argmax(axis=1)
    smallest = np.full(len(images), np.inf)
    for step in sorted(steps, reverse=True):
        smallest[fgsm(model, images, classes, step / 255).success] = step
    return smallest


def _part(study: Study) -> Part:
    if study.held_out is None:
        steps = smallest_steps(study.model, study.images)
        return Part(
            study.heading,
            tuple(
                _equation(study, shown.name, shown.image, step)
                for shown, step in zip(study.pictures, steps, strict=True)
            ),
        )
    images, labels = study.held_out.images[:_TRIED], study.held_out.labels[:_TRIED]
    steps = smallest_steps(study.model, images)
    sureness = probabilities(study.model, images).max(axis=1)
    best = np.lexsort((-sureness, np.maximum(steps, _UNSEEN)))[:_SHOWN]
    equations = tuple(
        _equation(study, study.information.classes[labels[index]], images[index], steps[index])
        for index in best
    )
    curve = accuracy_against_epsilon(
        study.model,
        study.held_out.images[:_COUNTED],
        study.held_out.labels[:_COUNTED],
        [step / 255 for step in _CURVE],
    )
    unseen = Number(
        f"of {len(images)} pictures change their class at ε = {_UNSEEN}/255 or less; shown are the "
        "surest",
        str(np.count_nonzero(steps <= _UNSEEN)),
    )
    numbers = tuple(
        Number(f"right at ε = {step:g}/255" if step else "right without an attack",
               percent(share), "%")
        for step, share in zip(_CURVE, curve.accuracy, strict=True) if step in _NUMBERS
    )  # fmt: skip
    count = min(_COUNTED, len(study.held_out))
    return Part(study.heading, (*equations, _curve_figure(curve, count)), (unseen, *numbers))


def _equation(study: Study, name: str, image: Array, smallest: float) -> Figure:
    """One picture, the sign of the gradient of its loss, and their sum."""
    names = study.information.classes
    step = min(smallest, max(_STEPS))
    attack = fgsm(study.model, image[None], logits(study.model, image[None]).argmax(), step / 255)
    before, after = int(attack.original_predictions[0]), int(attack.predictions[0])

    def verdict(index: int, confidence: float) -> str:
        return f"“{names[index]}”, {percent(confidence)} % sure"

    panels = (
        Panel(picture(in_colour(image)), f"The picture: {name}.", name,
              verdict(before, attack.original_confidences[0])),
        Panel(picture(in_colour(0.5 + 0.5 * attack.gradient_sign[0])),
              "The sign of the gradient of the loss: every value goes up or down.",
              "sign of the gradient", "one step for every value", before=f"+ {step:g}/255 ×"),
        Panel(picture(in_colour(attack.images[0])), f"The sum: it looks like {name}.",
              "the sum", verdict(after, attack.confidences[0]), before="="),
    )  # fmt: skip
    caption = (
        f"ε = {step:g}/255, a change of at most {percent(step / 255)} % of the range, is the "
        "smallest of those tried that changes the prediction."
        if before != after
        else f"No ε up to {step:g}/255 changes the prediction."
    )
    return Figure(panels, caption, share=0.8)


def _curve_figure(curve: AccuracyCurve, count: int) -> Figure:
    drawn = ", ".join(
        f"{percent(share)} % at {step:g}/255"
        for step, share in zip(_CURVE, curve.accuracy, strict=True)
    )
    caption = (
        f"How many of {count} held-out pictures are still right after one step of size ε in the "
        "direction of the sign. One 255th is one step of an 8-bit picture."
    )
    return chart_figure(_curve_drawing(curve), f"Accuracy against ε: {drawn}.", caption)


def _curve_drawing(curve: AccuracyCurve) -> Drawing:
    drawing, axes = chart()
    positions, shares = np.arange(len(_CURVE)), 100 * curve.accuracy
    axes.plot(positions, shares, color=ACCENT, marker="o", markersize=4)
    for position, share in zip(positions, shares, strict=True):
        axes.annotate(f"{share:.0f}", (position, share), (0, 6), color=INK, ha="center",
                      textcoords="offset points", fontsize=8)  # fmt: skip
    axes.set_xticks(positions, [f"{step:g}" for step in _CURVE])
    axes.set_yticks([0, 25, 50, 75, 100])
    axes.set_ylim(0, 115)
    axes.set_xlabel("ε, in 255ths")
    axes.set_ylabel("right, %")
    return drawing
