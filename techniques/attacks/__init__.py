"""Attacks: images changed a little so that a model sees something else.

With the gradient: `fgsm`, `bim`, `pgd`, `mi_fgsm`, `deepfool`, `carlini_wagner`, `jsma`, and
`universal` for all images at once. Without it, and asking ever more: `transfer` from a substitute;
`nes`, `simba`, `square` and `one_pixel` from scores; `boundary` and `hop_skip_jump` from decisions
alone. All return an `AttackResult`.
"""

from .accuracy import AccuracyCurve, accuracy_against_epsilon
from .boundary import boundary
from .carlini_wagner import carlini_wagner
from .deepfool import deepfool
from .fgsm import FgsmResult, fgsm
from .hop_skip_jump import hop_skip_jump
from .jsma import jsma
from .linear_explanation import LogitShift, ShiftCurve, logit_shift, shift_against_dimension
from .mi_fgsm import mi_fgsm
from .nes import nes
from .one_pixel import one_pixel
from .pgd import bim, pgd
from .result import AttackResult, Distances
from .simba import simba
from .square import square
from .transfer import Substitute, train_substitute, transfer
from .universal import UniversalResult, universal

__all__ = [
    "AccuracyCurve",
    "AttackResult",
    "Distances",
    "FgsmResult",
    "LogitShift",
    "ShiftCurve",
    "Substitute",
    "UniversalResult",
    "accuracy_against_epsilon",
    "bim",
    "boundary",
    "carlini_wagner",
    "deepfool",
    "fgsm",
    "hop_skip_jump",
    "jsma",
    "logit_shift",
    "mi_fgsm",
    "nes",
    "one_pixel",
    "pgd",
    "shift_against_dimension",
    "simba",
    "square",
    "train_substitute",
    "transfer",
    "universal",
]
