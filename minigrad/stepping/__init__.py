"""Step through backprop: forwards and backwards, node by node, and into a kernel's windows.

>>> import minigrad as mg
>>> from minigrad.stepping import Stepper
>>> x = mg.Tensor([1.0, -2.0], requires_grad=True, name="x")
>>> stepper = Stepper(mg.relu(x).sum())
>>> while record := stepper.next():
...     print(record)
%1 = sum got 1, sends to %0: 1, repeated = [1 1]
%0 = relu got [1 1], sends to x: 1 · 1[1 > 0] = 1 at [0]
"""

from .breakpoints import Breakpoint, on_exploding, on_nan, on_operation, on_tensor, on_vanishing
from .checking import Check
from .comparison import Comparison
from .cursor import Stepper
from .examples import example
from .explanation import Explanation, explain
from .plotting import plot_tape, save_gif
from .record import Addend, Contribution, Record
from .recording import recording
from .web import write_html
from .windows import Walk, Window

__all__ = [
    "Addend", "Breakpoint", "Check", "Comparison", "Contribution", "Explanation", "Record",
    "Stepper", "Walk", "Window", "example", "explain", "on_exploding", "on_nan", "on_operation",
    "on_tensor", "on_vanishing", "plot_tape", "recording", "save_gif", "write_html",
]  # fmt: skip
