"""Attacks: images changed a little so that a model sees something else."""

from .accuracy import AccuracyCurve, accuracy_against_epsilon
from .fgsm import FgsmResult, fgsm
from .result import AttackResult, Distances

__all__ = [
    "AccuracyCurve",
    "AttackResult",
    "Distances",
    "FgsmResult",
    "accuracy_against_epsilon",
    "fgsm",
]
