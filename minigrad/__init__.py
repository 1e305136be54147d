"""minigrad: an array that remembers how it was made, and what one can do with that.

>>> import minigrad as mg
>>> x = mg.Tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> (x ** 2).sum().backward()
>>> x.grad
array([2., 4., 6.])
"""

from .errors import FreedTapeError, NonFiniteError
from .kernels import set_num_threads
from .tensor import Tensor  # the class comes first: the operations need it
from .tape import Node, Step, Tape, tape
from .primitive import Primitive, primitive, primitives
from .rules import backward_rules
from .settings import detect_anomaly, kernels, no_grad
from .transforms import grad, hessian, hvp, jacobian, jvp, vjp
from .ops import *
from .ops import __all__ as _operations  # type: ignore[attr-defined]

__version__ = "0.1.0"
__all__ = [
    "FreedTapeError", "Node", "NonFiniteError", "Primitive", "Step", "Tape", "Tensor",
    "backward_rules", "detect_anomaly", "grad", "hessian", "hvp", "jacobian", "jvp", "kernels",
    "no_grad", "primitive", "primitives", "set_num_threads", "tape", "vjp", *_operations,
]  # fmt: skip
