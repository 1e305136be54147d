"""Defences, and beside each the attack that knows of it.

Training: `adversarial_training`, `noise_training`, `distillation`. Pictures: `jpeg`, `bit_depth`,
`median`. With a certificate: `randomized_smoothing`. A defence that was tested only with attacks
that do not know of it was not tested: `defended`, `expected` and `at_temperature` make a model that
any attack can be turned on.
"""

from .adaptive import at_temperature, defended, expected
from .adversarial_training import adversarial_training, fgsm_adversary, pgd_adversary
from .distillation import distillation, tempered
from .inputs import bit_depth, jpeg, median
from .noise_training import noise_training
from .randomized_smoothing import SmoothedPrediction, randomized_smoothing

__all__ = [
    "SmoothedPrediction",
    "adversarial_training",
    "at_temperature",
    "bit_depth",
    "defended",
    "distillation",
    "expected",
    "fgsm_adversary",
    "jpeg",
    "median",
    "noise_training",
    "pgd_adversary",
    "randomized_smoothing",
    "tempered",
]
