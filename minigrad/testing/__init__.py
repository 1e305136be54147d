"""Gradient checks that name the mistake.

>>> import numpy as np
>>> from minigrad.testing import check_backward
>>> def mean(x):
...     return np.mean(x, axis=0)
>>> def mean_backward(g, x):
...     return np.broadcast_to(g, x.shape)
>>> report = check_backward(mean, mean_backward, np.arange(6.0).reshape(3, 2))
>>> print(report.inputs[0].findings[0].sentence)
the gradient is exactly 3 × the expected one, and 3 is the batch size of input 0: it was summed
where the function averages
"""

from typing import Any

from .checking import check_backward
from .diagnosis import diagnose
from .functions import assert_gradients, gradcheck
from .numerics import numerical_gradient
from .report import Finding, GradientError, GradientReport, InputReport

__all__ = [
    "Finding", "GradientError", "GradientReport", "InputReport", "assert_gradients",
    "check_backward", "diagnose", "gradcheck", "numerical_gradient", "strategies",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name == "strategies":  # needs Hypothesis, so it is imported when it is asked for
        import importlib

        return importlib.import_module(".strategies", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
