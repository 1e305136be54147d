"""Pictures that a class likes best: bare ascent, with a penalty, with the tricks."""

from __future__ import annotations

from typing import Any

import numpy as np

from techniques.fourier import natural
from techniques.gradient_ascent import gradient_ascent
from techniques.model import Model
from techniques.picture import in_colour
from techniques.pretrained import load
from techniques.regularisers import Regularisers
from techniques.target import log_odds
from techniques.tour.drawing import Array, picture
from techniques.tour.section import Figure, Number, Panel, Part, Section, Table, percent
from techniques.tour.visit import Study, Visit, probabilities

_SHOWN = 5

# From bare ascent to what is needed for pictures; arguments of `gradient_ascent`.
PROGRESSION: dict[str, dict[str, Any]] = {
    "bare": {"steps": 60},
    "with L2": {"steps": 60, "regularisers": Regularisers(l2=0.02)},
    "with the tricks": {
        "steps": 100,
        "step": 3 / 255,
        "octaves": 3,
        "octave_scale": 1.6,
        "fourier": True,
        "regularisers": Regularisers(jitter=6, decay=0.001, blur=0.5),
    },
}


def section(visit: Visit) -> Section:
    """Class images of each network, and what it and an independent one make of them."""
    studies = {study.information.name: study for study in visit.studies}
    return Section(
        question="Which picture does a class like best?",
        parts=tuple(_part(study) for study in studies.values()),
        see=(
            "Noise, unless something ties neighbouring pixels together; then a person may see the "
            "class too.",
            "Bare ascent raises the score to what no real picture reaches: an adversarial example "
            "that began with grey. It is not even always the class that was meant, as the scores "
            "of others may rise more.",
            "The penalty on bright pixels leaves the noise. What helps is what ties neighbours "
            "together: jitter, blur, small sizes first, and steps in Fourier space, where a wave "
            "is one coefficient.",
            "Another network, trained from another seed, is the harder judge: what is peculiar to "
            "the first one means nothing to it, and what looks like the class may. The more a "
            "picture shows of the class, the more of them it recognises.",
        ),
        code=(gradient_ascent, Regularisers, natural, log_odds),
    )


def class_images(model: Model, classes: int, size: int, name: str) -> Array:
    """Return an image for each class, (K, 3, size, size), by the recipe of that name."""
    target = np.arange(classes)
    score = log_odds(target) if name == "with the tricks" else target
    shape = (classes, 3, size, size)
    return gradient_ascent(model, score, shape, rng=0, **PROGRESSION[name]).images


def _part(study: Study) -> Part:
    names, size = study.information.classes, study.information.size
    judge = load("shapes_second")[0] if study.information.name == "shapes" else None
    panels: list[Panel] = []
    rows = []
    for name in PROGRESSION:
        images = class_images(study.model, len(names), size, name)
        own = probabilities(study.model, images)
        right = np.arange(len(names))
        row = [name, percent((own.argmax(axis=1) == right).mean()),
               percent(own[right, right].min())]  # fmt: skip
        if judge is not None:
            other = probabilities(judge, images)
            row += [percent((other.argmax(axis=1) == right).mean())]
        rows.append(tuple(row))
        for k in range(min(_SHOWN, len(names))):
            panels.append(
                Panel(picture(in_colour(images[k])), f"Gradient ascent, {name}, for {names[k]}.",
                      f"“{names[k]}”", f"{name}: {percent(own[k, k])} % sure")
            )  # fmt: skip
    header = ["ascent", "classified as meant, %", "least sure, %"]
    if judge is not None:
        header.append("by an independent network, %")
    caption = (
        "Each row: the same ascent for several classes, from a grey picture, on the score before "
        "the softmax. With the tricks it is the log-odds, the score less that of all others, since "
        "on the way up the others rise too."
    )
    table = Table(tuple(header), tuple(rows), f"Over all {len(names)} classes.")
    figure = Figure(tuple(panels), caption, columns=_SHOWN, narrow_columns=_SHOWN)
    column, who = (1, "the network itself") if judge is None else (3, "an independent network")
    number = Number(f"of the pictures {name} are what was meant to {who}", rows[-1][column], "%")
    return Part(study.heading, (figure, table), (number,))
