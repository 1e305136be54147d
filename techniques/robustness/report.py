"""The report: the results as tables, curves and pictures on one page."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..attacks import fgsm, pgd, square
from ..corruptions import BENCHMARK, EXTRA, corrupt, corruption_error, mean_corruption_error
from ..defenses import defended, randomized_smoothing
from ..model import logits
from ..picture import in_colour
from ..tour.drawing import ACCENT, INK, MUTED, SECOND, Drawing, chart, picture
from ..tour.page import Stop, render
from ..tour.section import Figure, Number, Panel, Part, Section, Table, percent
from .evaluation import QUERIES, Subject, evaluate, subject

_CURVES = {"fgsm": ("FGSM", MUTED), "pgd": ("PGD", ACCENT), "square": ("Square", SECOND),
           "nes": ("NES", INK)}  # fmt: skip
_SHOWN, _SHOWN_AT = 3, 8 / 255
_SEVERITIES = range(1, 6)


def write_report(
    out: str | os.PathLike[str] = "minigrad-robustness",
    network: str = "shapes",
    data: str | os.PathLike[str] | None = None,
    count: int = 100,
    seed: int = 0,
) -> int:
    """Evaluate a network, write `out`/index.html and `out`/results.json, and say where they are.

    An interrupted run goes on where it stopped.

    Parameters
    ----------
    out : path
        A folder, made if it does not exist.
    network, data, count, seed
        As for `subject`.

    Returns
    -------
    int
        The exit status, 0.

    Examples
    --------
    >>> from techniques.robustness import write_report
    >>> write_report("minigrad-robustness", network="shapes_robust")  # doctest: +SKIP
    0
    """
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"--out {folder} is a file: name a folder")
    tested = subject(network, data, count, seed)
    folder.mkdir(parents=True, exist_ok=True)
    results = evaluate(tested, folder)
    (folder / "index.html").write_text(page(tested, results), encoding="utf-8")
    print(f"The report is in {folder / 'index.html'}, its numbers in {folder / 'results.json'}")
    return 0


def page(tested: Subject, results: dict[str, Any]) -> str:
    """Return the report as HTML."""
    settings = tested.settings
    stops = [
        Stop("attacks", "Attacks", _attacks(tested, results)),
        Stop("defences", "Defences", _defences(results)),
        Stop("corruptions", "Corruptions", _corruptions(tested, results)),
    ]
    lead = (
        f"The network {settings['network']} is right on {percent(results['clean']['accuracy'])} % "
        f"of {settings['count']} pictures that it was not trained on. What is left of that when "
        "someone wants it to fail, and when chance does?"
    )
    words = ["minigrad", "robustness", "--network", settings["network"]]
    words += [] if settings["data"] is None else ["--data", settings["data"]]
    words += ["--count", str(settings["count"]), "--seed", str(settings["seed"])]
    return render(stops, lead, shlex.join(words), f"How robust is {settings['network']}?")


def _attacks(tested: Subject, results: dict[str, Any]) -> Section:
    epsilons = results["pgd"]["epsilons"]
    header = ("attack", *[f"ε = {255 * epsilon:g}/255" for epsilon in epsilons])
    rows = tuple(
        (label, *[f"{percent(share)} %" for share in results[name]["accuracy"]])
        for name, (label, _) in _CURVES.items()
    )
    table = Table(header, rows, "Accuracy under attack, L∞. FGSM and PGD (10 steps, 2 random "
                  f"starts) know the gradient; Square and NES ask {QUERIES} times.")  # fmt: skip
    described = "; ".join(f"{row[0]}: {', '.join(row[1:])}" for row in rows)
    curves = Figure(
        (Panel(_curve_drawing(results), f"Accuracy against ε. {described}."),),
        "Accuracy against ε. A line without a gradient below PGD would mean that the network only "
        "hides its gradient.",
        columns=1, narrow_columns=1, share=0.6,
    )  # fmt: skip
    nearest = results["deepfool"]["median_distance"]
    number = Number("median L2 distance to another class, by DeepFool",
                    "none" if nearest is None else f"{nearest:.3f}")  # fmt: skip
    return Section(
        question="How small a change, made on purpose, makes the network err?",
        parts=(Part("L∞", (table, curves, _examples(tested)), (number,)),),
        see=(
            "PGD is the measure: where FGSM is survived and PGD is not, one step was too crude.",
            "Square sees no gradient. If it succeeded where PGD fails, PGD's failure would mean "
            "nothing.",
        ),
        code=(pgd, square, fgsm),
    )


def _curve_drawing(results: dict[str, Any]) -> Drawing:
    drawing, axes = chart(2.8, 1.5)
    for name, (label, colour) in _CURVES.items():
        shares = 100 * np.array(results[name]["accuracy"])
        axes.plot(range(len(shares)), shares, color=colour, marker="o", markersize=4, label=label)
    axes.set_xticks(
        range(len(results["pgd"]["epsilons"])),
        [f"{255 * epsilon:g}" for epsilon in results["pgd"]["epsilons"]],
    )
    axes.set_ylim(0, 105)
    axes.set_xlabel("ε, in 255ths")
    axes.set_ylabel("right, %")
    axes.legend(frameon=False, fontsize=7.5)
    return drawing


def _examples(tested: Subject) -> Figure:
    """Some pictures, and the same under two attacks."""
    images, labels = tested.images[:_SHOWN], tested.labels[:_SHOWN]
    names = tested.information.classes
    panels: list[Panel] = []
    attacked = {
        "as it is": images,
        "PGD": pgd(tested.model, images, labels, _SHOWN_AT, rng=0).images,
        "Square": square(tested.model, images, labels, _SHOWN_AT, queries=QUERIES, rng=0).images,
    }
    said = {kind: logits(tested.model, shown).argmax(axis=1) for kind, shown in attacked.items()}
    for i, label in enumerate(labels):
        panels += [
            Panel(picture(in_colour(shown[i])), f"{names[label]}, {kind}: {names[said[kind][i]]}.",
                  kind, f"“{names[said[kind][i]]}”")
            for kind, shown in attacked.items()
        ]  # fmt: skip
    return Figure(tuple(panels), f"Pictures at ε = {255 * _SHOWN_AT:g}/255, and what the network "
                  "sees in each.", columns=3, narrow_columns=3, share=0.6)  # fmt: skip


def _defences(results: dict[str, Any]) -> Section:
    rows = tuple(
        (label, *[f"{percent(results[name][kind])} %" for kind in ("clean", "unaware", "aware")])
        for name, label in {
            "jpeg": "JPEG, quality 75", "bit_depth": "4 bits", "median": "median of 3 × 3",
        }.items()
    )  # fmt: skip
    table = Table(
        ("defence", "no attack", "PGD that ignores it", "PGD that knows it"), rows,
        "Accuracy behind defences that clean the picture, at ε = 4/255.",
    )  # fmt: skip
    smoothing = results["smoothing"]
    certified = Table(
        ("radius", *[f"{radius:g}" for radius in smoothing["radii"]]),
        (("certified", *[f"{percent(share)} %" for share in smoothing["certified"]]),),
        f"Randomised smoothing with σ = {smoothing['sigma']:g}: the share of pictures whose right "
        "class is proven to stay within this L2 distance.",
    )
    return Section(
        question="Does it help to clean the picture first?",
        parts=(Part("Against PGD", (table,)), Part("With a certificate", (certified,))),
        see=(
            "A defence looks good against an attack that does not know of it. The last column "
            "attacks through the defence, with the gradient passed straight over it: only that "
            "number says what the defence is worth.",
        ),
        code=(defended, randomized_smoothing),
    )


def _corruptions(tested: Subject, results: dict[str, Any]) -> Section:
    rows = []
    for name in BENCHMARK + EXTRA:
        errors, baseline = results[name]["errors"], results[name]["baseline"]
        ratio = f"{corruption_error(errors, baseline):.0f}" if sum(baseline) else "–"
        extra = " (extra)" if name in EXTRA else ""
        label = name.replace("_", " ") + extra
        rows.append((label, *[percent(error) for error in errors], ratio))
    table = Table(
        ("corruption", *[f"{severity}" for severity in _SEVERITIES], "CE"), tuple(rows),
        f"Error in % at severities 1 to 5, and CE: relative to {tested.settings['baseline']}, "
        "which has 100.",
    )  # fmt: skip
    numbers: tuple[Number, ...] = ()
    if all(sum(results[name]["baseline"]) for name in BENCHMARK):
        mean = mean_corruption_error(
            {name: results[name]["errors"] for name in BENCHMARK},
            {name: results[name]["baseline"] for name in BENCHMARK},
        )
        numbers = (Number("mCE over the fifteen of the benchmark", f"{mean:.1f}"),)
    upright = tested.images[0].transpose(1, 2, 0)
    panels = tuple(
        Panel(picture(corrupt(upright, name, severity, 0)),
              f"The picture under {name.replace('_', ' ')}, severity {severity}.",
              name.replace("_", " "), f"severity {severity}")
        for name in ("gaussian_noise", "defocus_blur", "snow", "contrast")
        for severity in (1, 3, 5)
    )  # fmt: skip
    curve = Figure((Panel(_severity_drawing(results), "Error against severity."),),
                   "The mean error over the benchmark, and each corruption, against severity.",
                   columns=1, narrow_columns=1, share=0.6)  # fmt: skip
    pictures = Figure(panels, "Four of the corruptions.", columns=3, narrow_columns=3, share=0.6)
    return Section(
        question="What does the network make of pictures that are merely bad?",
        parts=(Part("Common corruptions", (curve, table, pictures), numbers),),
        see=("Nobody designed these changes against this network, and still it errs: robustness "
             "to chance is another thing than robustness to malice.",),
        code=(corrupt, corruption_error),
    )  # fmt: skip


def _severity_drawing(results: dict[str, Any]) -> Drawing:
    drawing, axes = chart(2.8, 1.5)
    curves: Sequence[Any] = [
        100 * np.array([results[name]["clean"], *results[name]["errors"]]) for name in BENCHMARK
    ]
    for errors in curves:
        axes.plot(range(6), errors, color=MUTED, linewidth=0.7)
    axes.plot(range(6), np.mean(curves, axis=0), color=ACCENT, marker="o", markersize=4)
    axes.set_ylim(0, 105)
    axes.set_xlabel("severity")
    axes.set_ylabel("error, %")
    return drawing
