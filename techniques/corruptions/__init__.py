"""Corruptions: noise, blur, weather and codecs at five severities, and what they do to a model.

`corrupt` corrupts a picture, `corruption_errors` measures a model, and `mean_corruption_error`
compares it with another. `perturbation_sequence` changes a picture slowly, and `flip_rate` and
`top5_distance` say whether the answer flickers.
"""

from .corrupt import corrupt
from .errors import (
    ALEXNET,
    CorruptionErrors,
    corruption_error,
    corruption_errors,
    mean_corruption_error,
    relative_corruption_error,
)
from .sequences import PERTURBATIONS, flip_rate, perturbation_sequence, top5_distance
from .severities import BENCHMARK, EXTRA

__all__ = [
    "ALEXNET",
    "BENCHMARK",
    "EXTRA",
    "PERTURBATIONS",
    "CorruptionErrors",
    "corrupt",
    "corruption_error",
    "corruption_errors",
    "flip_rate",
    "mean_corruption_error",
    "perturbation_sequence",
    "relative_corruption_error",
    "top5_distance",
]
