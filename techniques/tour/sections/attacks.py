"""Attacks beyond the one step: PGD, DeepFool, and a network that was trained against them."""

from __future__ import annotations

import numpy as np

from techniques.attacks import accuracy_against_epsilon, deepfool, fgsm, logit_shift, pgd
from techniques.model import Model
from techniques.picture import around_grey, in_colour
from techniques.pretrained import load
from techniques.tour.drawing import ACCENT, MUTED, SECOND, Array, Drawing, chart, picture
from techniques.tour.section import (
    Figure,
    Number,
    Panel,
    Part,
    Section,
    Table,
    chart_figure,
    percent,
)
from techniques.tour.visit import Study, Visit

_STEPS = (0, 2, 4, 8)  # ε in 255ths
_COUNTED, _SHOWN = 32, 2


def section(visit: Visit) -> Section:
    """Curves of FGSM and PGD, the nearest other class, and why it happens."""
    studies = [study for study in visit.studies if study.held_out is not None]
    return Section(
        question="How small can a change be that fools the network, and can one train against it?",
        parts=tuple(_part(study) for study in studies),
        see=(
            "Many small steps find what one large step misses; a network trained on attacked "
            "pictures holds out much longer.",
            "PGD takes ten small steps where FGSM takes one, within the same ε: what survives one "
            "straight step need not survive a search.",
            "DeepFool goes to the nearest border. The change has to be magnified to be seen at "
            "all.",
            "On drawn pictures like these the trained network stays right on clean ones too; on "
            "photographs that usually has a price.",
            "Why: a step of ε in every value moves a linear score by ε times the sum of the "
            "absolute weights. Most of what the network's logit falls is that: the network is too "
            "linear, not too crooked.",
        ),
        code=(pgd, deepfool, logit_shift),
    )


def _part(study: Study) -> Part:
    assert study.held_out is not None
    images, labels = study.held_out.images[:_COUNTED], study.held_out.labels[:_COUNTED]
    lines = {
        "FGSM": (_accuracy(study.model, images, labels, "fgsm"), MUTED),
        "PGD": (_accuracy(study.model, images, labels, "pgd"), ACCENT),
    }
    if study.information.name == "shapes":
        robust, _ = load("shapes_robust")
        lines["PGD on shapes_robust"] = (_accuracy(robust, images, labels, "pgd"), SECOND)
    described = "; ".join(
        f"{name}: {', '.join(percent(share) for share in shares)}"
        for name, (shares, _) in lines.items()
    )
    curves = chart_figure(
        _curves(lines),
        f"Accuracy in % against ε. {described}.",
        f"How many of {len(images)} held-out pictures are right under attack.",
    )
    strongest = f"at ε = {_STEPS[-1]}/255"
    numbers = [
        Number(f"of the pictures are right under {name.replace('PGD on', 'PGD, by')} {strongest}",
               percent(shares[-1]), "%")
        for name, (shares, _) in lines.items()
        if name.startswith("PGD")
    ]  # fmt: skip
    shift = logit_shift(study.model, images, None, 1 / 255)
    linear = Number(
        "of what a linear model's logit would fall at ε = 1/255, ε ‖∇f‖₁, the network's falls",
        percent(float(np.median(shift.shift / shift.predicted))), "%",
    )  # fmt: skip
    return Part(study.heading, (curves, *_nearest(study), _table(lines)), (*numbers, linear))


def _accuracy(model: Model, images: Array, labels: Array, attack: str) -> Array:
    epsilons = [step / 255 for step in _STEPS]
    if attack == "fgsm":
        return accuracy_against_epsilon(model, images, labels, epsilons, fgsm).accuracy
    return accuracy_against_epsilon(model, images, labels, epsilons, pgd, rng=0).accuracy


def _nearest(study: Study) -> tuple[Figure, ...]:
    """Pictures, what DeepFool adds, magnified, and the sums."""
    images, names = study.images[:_SHOWN], study.information.classes
    result = deepfool(study.model, images)
    return tuple(
        Figure(
            (
                Panel(picture(in_colour(images[i])), f"The picture: {shown.name}.", shown.name,
                      f"“{names[result.original_predictions[i]]}”"),
                Panel(picture(around_grey(result.images[i] - images[i])),
                      "What DeepFool adds, magnified around grey.", "the change, magnified",
                      f"length {result.distance[i]:.2f}, at most "
                      f"{255 * result.distances.linf[i]:.0f}/255", before="+"),
                Panel(picture(in_colour(result.images[i])), f"The sum: it looks like {shown.name}.",
                      "the sum", f"“{names[result.predictions[i]]}”", before="="),
            ),
            "DeepFool: the shortest change it finds that leaves the class.",
            share=0.8,
        )
        for i, shown in enumerate(study.pictures[:_SHOWN])
    )  # fmt: skip


def _table(lines: dict[str, tuple[Array, str]]) -> Table:
    rows = tuple(
        (name, *[f"{percent(share)} %" for share in shares]) for name, (shares, _) in lines.items()
    )
    return Table(("attack", *[f"{step}/255" for step in _STEPS]), rows, "Accuracy against ε.")


def _curves(lines: dict[str, tuple[Array, str]]) -> Drawing:
    drawing, axes = chart()
    for name, (shares, colour) in lines.items():
        axes.plot(range(len(_STEPS)), 100 * shares, color=colour, marker="o", markersize=4,
                  label=name)  # fmt: skip
    axes.set_xticks(range(len(_STEPS)), [f"{step}" for step in _STEPS])
    axes.set_ylim(-3, 105)
    axes.set_xlabel("ε, in 255ths")
    axes.set_ylabel("right, %")
    axes.legend(frameon=False, fontsize=7.5)
    return drawing
