"""Common corruptions: noise, blur, weather and codecs."""

from __future__ import annotations

import numpy as np

from techniques.corruptions import BENCHMARK, corrupt, corruption_errors
from techniques.picture import in_colour
from techniques.tour.drawing import ACCENT, MUTED, Array, Drawing, chart, name_lines, picture
from techniques.tour.section import Figure, Number, Panel, Part, Section, chart_figure, percent
from techniques.tour.visit import Study, Visit

_COUNTED, _SEVERITY = 32, 4
_MEASURED = ("gaussian_noise", "impulse_noise", "defocus_blur", "fog", "contrast", "pixelate")


def section(visit: Visit) -> Section:
    """Each corruption on one picture, and the error against severity for some."""
    return Section(
        question="Nobody is attacking: what does the network make of pictures that are merely bad?",
        parts=tuple(_part(study) for study in visit.studies),
        see=(
            "We name the picture under almost all of these. A network that never saw them does "
            "not.",
            "Errors grow with severity, and by how much differs from one corruption to another: "
            "one number for robustness hides that, so the benchmark reports all fifteen.",
        ),
        code=(corrupt, corruption_errors),
    )


def _part(study: Study) -> Part:
    first = study.pictures[0]
    upright = in_colour(first.image)
    panels = tuple(
        Panel(picture(corrupt(upright, name, _SEVERITY, 0)),
              f"{first.name} under {name.replace('_', ' ')}.", name.replace("_", " "))
        for name in BENCHMARK
    )  # fmt: skip
    caption = (
        f"The fifteen corruptions of the benchmark at severity {_SEVERITY} of 5. (Frost is drawn, "
        "not photographed.)"
    )
    sheet = Figure(panels, caption, columns=5, narrow_columns=3)
    if study.held_out is None:
        return Part(study.heading, (sheet,))
    images, labels = study.held_out.images[:_COUNTED], study.held_out.labels[:_COUNTED]
    result = corruption_errors(study.model, images, labels, _MEASURED, rng=0)
    last = [errors[-1] for errors in result.errors.values()]
    mean = Number(f"wrong at severity 5, the mean of {len(last)} corruptions",
                  percent(float(np.mean(last))), "%")  # fmt: skip
    numbers = tuple(
        Number(f"wrong under {name.replace('_', ' ')} at severity 5", percent(errors[-1]), "%")
        for name, errors in result.errors.items()
    )
    curves = {name: [result.clean, *errors] for name, errors in result.errors.items()}
    caption = (
        f"Error on {len(images)} held-out pictures against severity (0 is no corruption), for "
        f"{len(_MEASURED)} corruptions; in blue their mean."
    )
    alt = "Error against severity, a line for each corruption."
    figure = chart_figure(_drawing(curves), alt, caption)
    return Part(study.heading, (sheet, figure), (mean, *numbers))


def _drawing(curves: dict[str, list[float]]) -> Drawing:
    drawing, axes = chart()
    values: Array = 100 * np.array(list(curves.values()))
    for errors in values:
        axes.plot(range(6), errors, color=MUTED, linewidth=0.8)
    ends = {name.replace("_", " "): errors[-1] for name, errors in zip(curves, values, strict=True)}
    name_lines(axes, ends, x=5, apart=8)
    axes.plot(range(6), values.mean(axis=0), color=ACCENT, marker="o", markersize=4)
    axes.set_ylim(0, 105)
    axes.set_xlabel("severity")
    axes.set_ylabel("wrong, %")
    return drawing
