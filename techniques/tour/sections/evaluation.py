"""Are the explanations right? All methods against the truth and against random weights."""

from __future__ import annotations

from techniques.data import Shapes
from techniques.evaluation import deletion_insertion, pointing_game, relevance_mass, sanity_check
from techniques.evaluation.comparison import cells, compare
from techniques.tour.section import Number, Part, Section, Table
from techniques.tour.visit import Study, Visit

_COUNTED = 16
_CHECKED = 4
# The others take longer, and are in the table of `python -m techniques.evaluation`.
_METHODS = ("saliency", "deconvnet", "guided-backprop", "grad-cam", "layer-cam",
            "guided-grad-cam", "lrp")  # fmt: skip


def section(visit: Visit) -> Section:
    """One table over the methods, for the network whose pictures have masks."""
    parts = [_part(study) for study in visit.studies if isinstance(study.held_out, Shapes)]
    return Section(
        question="Which of these explanations can be believed?",
        parts=tuple(parts),
        see=(
            "Not the prettiest: guided backprop hardly notices when the output layer is made "
            "random.",
            "Where the object is known, a map can be right or wrong: does its maximum hit the "
            "object, how much of it lies inside?",
            "Deletion takes pixels away in the order of the map: a map that knows what the score "
            "rests on makes it fall at once. Insertion is the reverse.",
            "The last columns are the sanity check: the rank correlation with the map of the same "
            "network, the weights of its output layer, or of all layers, in random order. Guided "
            "backprop and LayerCAM show what the network sees, not why it is this class; "
            "Grad-CAM's map changes more.",
        ),
        code=(pointing_game, relevance_mass, deletion_insertion, sanity_check),
    )


def _part(study: Study) -> Part:
    assert isinstance(study.held_out, Shapes)
    some = study.held_out[:_COUNTED]
    rows = compare(
        study.model,
        some.images,
        some.labels,
        study.information.last_convolution,
        some.masks,
        checked=_CHECKED,
        methods=_METHODS,
    )
    header, body = cells(rows)
    caption = (
        f"Means over those of {len(some)} held-out pictures that are classified right; ↓ less is "
        f"better, ↑ more is. The sanity check is of {_CHECKED} pictures."
    )
    guided = next(row for row in rows if row.method == "guided-backprop")
    number = Number("rank correlation of guided backprop's maps before and after the output layer "
                    "is made random; 1 would be no change at all",
                    f"{guided.top_randomised:.2f}")  # fmt: skip
    return Part(study.heading, (Table(header, tuple(body), caption),), (number,))
