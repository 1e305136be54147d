"""``minigrad robustness``: everything that this package knows against a network, in one report."""

from .evaluation import STEPS, Subject, evaluate, subject
from .report import write_report

__all__ = ["STEPS", "Subject", "evaluate", "subject", "write_report"]
