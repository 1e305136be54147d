"""The fast gradient sign method, as the lecture shows it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from techniques.attacks import AccuracyCurve, FgsmResult, accuracy_against_epsilon, fgsm
from techniques.model import Model, logits
from techniques.picture import in_colour
from techniques.tour.drawing import ACCENT, INK, Array, Drawing, chart, picture
from techniques.tour.section import Figure, Number, Panel, Part, Section, percent
from techniques.tour.visit import Picture, Study, Visit

# In 255ths of the value range: 1 is one step of an 8-bit picture.
_STEPS = (0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16)
_CURVE = (0, 0.5, 1, 2, 4, 8, 16)
_NUMBERS = (0, 1, 4, 8)
_COUNTED = 128


def section(visit: Visit) -> Section:
    """Picture, sign of the gradient, sum; and accuracy against the size of the step."""
    return Section(
        question="How little must a picture change for the network to see something else?",
        parts=tuple(_part(study) for study in visit.studies),
        see=(
            "The left and the right picture look the same, and the network says otherwise, often "
            "as sure of itself as before.",
            "The picture in the middle is no noise: it is the sign of the gradient of the loss, "
            "one step up or down for every value. Each step is tiny, but all of them push the loss "
            "in the same direction, and there are thousands.",
            "Accuracy falls with ε long before a person would notice anything.",
        ),
        code=(fgsm, smallest_step, accuracy_against_epsilon),
    )


def smallest_step(
    model: Model, image: Array, steps: Sequence[float] = _STEPS
) -> tuple[float, FgsmResult]:
    """Return the first ε of `steps`, in 255ths, at which an image (3, H, W) changes its class.

    With it comes the attack; where no step changes the class, the last.
    """
    label = logits(model, image[None]).argmax(axis=1)
    for step in steps:
        attack = fgsm(model, image[None], label, step / 255)
        if attack.success[0]:
            break
    return step, attack


def _part(study: Study) -> Part:
    equations = tuple(_equation(study, shown) for shown in study.pictures)
    if study.held_out is None:
        return Part(study.heading, equations)
    curve = accuracy_against_epsilon(
        study.model,
        study.held_out.images[:_COUNTED],
        study.held_out.labels[:_COUNTED],
        [step / 255 for step in _CURVE],
    )
    numbers = tuple(
        Number(f"right at ε = {step:g}/255" if step else "right without an attack",
               percent(share), "%")
        for step, share in zip(_CURVE, curve.accuracy, strict=True) if step in _NUMBERS
    )  # fmt: skip
    count = min(_COUNTED, len(study.held_out.labels))
    return Part(study.heading, (*equations, _curve_figure(curve, count)), numbers)


def _equation(study: Study, shown: Picture) -> Figure:
    """One picture, the sign of the gradient of its loss, and their sum."""
    names = study.information.classes
    step, attack = smallest_step(study.model, shown.image)
    before, after = int(attack.original_predictions[0]), int(attack.predictions[0])

    def verdict(index: int, confidence: float) -> str:
        return f"“{names[index]}”, {percent(confidence)} % sure"

    panels = (
        Panel(picture(in_colour(shown.image)), f"The picture: {shown.name}.", shown.name,
              verdict(before, attack.original_confidences[0])),
        Panel(picture(in_colour(0.5 + 0.5 * attack.gradient_sign[0])),
              "The sign of the gradient of the loss: every value goes up or down.",
              "sign of the gradient", "one step for every value", before=f"+ {step:g}/255 ×"),
        Panel(picture(in_colour(attack.images[0])), f"The sum: it looks like {shown.name}.",
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
    panel = Panel(_curve_drawing(curve), f"Accuracy against ε: {drawn}.")
    caption = (
        f"How many of {count} held-out pictures are still right after one step of size ε in the "
        "direction of the sign. One 255th is one step of an 8-bit picture."
    )
    return Figure((panel,), caption, columns=1, narrow_columns=1, share=0.8)


def _curve_drawing(curve: AccuracyCurve) -> Drawing:
    drawing, axes = chart(4.0, 1.5)
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
