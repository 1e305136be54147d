"""Optimizers, with `torch.optim`'s names, arguments, defaults and numbers.

Every one of them reads ``parameter.grad``, which ``backward()`` filled, and replaces the values
of the parameters:

>>> import minigrad as mg
>>> from layers.optim import SGD
>>> x = mg.Tensor([4.0], requires_grad=True)
>>> optimizer = SGD([x], lr=0.25)
>>> for _ in range(3):
...     optimizer.zero_grad()
...     (x * x).sum().backward()
...     optimizer.step()
>>> x.data
array([0.5])
"""

from .adam import Adam, AdamW
from .clipping import clip_grad_norm_, clip_grad_value_
from .lbfgs import LBFGS
from .optimizer import Optimizer
from .rmsprop import RMSprop
from .sgd import SGD

__all__ = [
    "LBFGS", "SGD", "Adam", "AdamW", "Optimizer", "RMSprop", "clip_grad_norm_",
    "clip_grad_value_",
]  # fmt: skip
