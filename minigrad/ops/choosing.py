"""Choosing between values: the larger, the smaller, those within bounds, those of a condition."""

from __future__ import annotations

import numpy as np

from ..numpy_protocol import implements
from ..primitive import primitive
from .arrays import plain
from .samples import binary, calls

# ---- the larger and the smaller ---------------------------------------------------------------


def _share(g, wins, ties):
    """All of the gradient where an input wins, half of it at a tie."""
    return np.where(wins, g, np.where(ties, g / 2, 0))


@primitive(
    formula="the larger of a and b",
    kinks="half to each at a tie; NaN wins",
    numpy=np.maximum,
    broadcasts=True,
    branches=lambda a, b: np.sign(np.subtract(a, b)),
    sample=binary(),
)
def maximum(a, b, /):
    """As `numpy.maximum`: at a tie the gradient is split in half; NaN wins.

    Parameters
    ----------
    a, b : array_like or Tensor
        Broadcast against each other.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> x = mg.Tensor([-1.0, 0.0, 2.0, np.nan], requires_grad=True)
    >>> y = mg.maximum(x, 0.0)
    >>> y.data
    array([ 0.,  0.,  2., nan])
    >>> y.sum().backward()
    >>> x.grad
    array([0. , 0.5, 1. , 1. ])
    """
    return np.maximum(a, b)


@maximum.vjp("a", "ȳ · 1[a > b]")
def maximum_a(g, a, b):
    return _share(g, (a > b) | np.isnan(a), a == b)


@maximum.vjp("b", "ȳ · 1[b > a]")
def maximum_b(g, a, b):
    return _share(g, (b > a) | np.isnan(b), a == b)


@primitive(
    formula="the smaller of a and b",
    kinks="half to each at a tie; NaN wins",
    numpy=np.minimum,
    broadcasts=True,
    branches=lambda a, b: np.sign(np.subtract(a, b)),
    sample=binary(),
)
def minimum(a, b, /):
    """As `numpy.minimum`: at a tie the gradient is split in half; NaN wins.

    Parameters
    ----------
    a, b : array_like or Tensor
        Broadcast against each other.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([3.0, 5.0], requires_grad=True)
    >>> mg.minimum(x, [3.0, 4.0]).sum().backward()
    >>> x.grad
    array([0.5, 0. ])
    """
    return np.minimum(a, b)


@minimum.vjp("a", "ȳ · 1[a < b]")
def minimum_a(g, a, b):
    return _share(g, (a < b) | np.isnan(a), a == b)


@minimum.vjp("b", "ȳ · 1[b < a]")
def minimum_b(g, a, b):
    return _share(g, (b < a) | np.isnan(b), a == b)


@primitive(
    formula="the larger of a and b, NaN losing",
    kinks="half to each at a tie",
    numpy=np.fmax,
    broadcasts=True,
    branches=lambda a, b: np.sign(np.subtract(a, b)),
    sample=binary(),
)
def fmax(a, b, /):
    """As `numpy.fmax`: the larger, where NaN loses against any number.

    Parameters
    ----------
    a, b : array_like or Tensor
        Broadcast against each other.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> x = mg.Tensor([np.nan, 1.0], requires_grad=True)
    >>> y = mg.fmax(x, [0.0, np.nan])
    >>> y.data
    array([0., 1.])
    >>> y.sum().backward()
    >>> x.grad
    array([0., 1.])
    """
    return np.fmax(a, b)


@fmax.vjp("a", "ȳ · 1[a > b]")
def fmax_a(g, a, b):
    return _share(g, (a > b) | np.isnan(b), a == b)


@fmax.vjp("b", "ȳ · 1[b > a]")
def fmax_b(g, a, b):
    return _share(g, (b > a) | np.isnan(a), a == b)


@primitive(
    formula="the smaller of a and b, NaN losing",
    kinks="half to each at a tie",
    numpy=np.fmin,
    broadcasts=True,
    branches=lambda a, b: np.sign(np.subtract(a, b)),
    sample=binary(),
)
def fmin(a, b, /):
    """As `numpy.fmin`: the smaller, where NaN loses against any number.

    Parameters
    ----------
    a, b : array_like or Tensor
        Broadcast against each other.

    Examples
    --------
    >>> import numpy as np, minigrad as mg
    >>> mg.fmin([np.nan, 1.0, 2.0], [0.0, np.nan, 1.0])
    array([0., 1., 1.])
    """
    return np.fmin(a, b)


@fmin.vjp("a", "ȳ · 1[a < b]")
def fmin_a(g, a, b):
    return _share(g, (a < b) | np.isnan(b), a == b)


@fmin.vjp("b", "ȳ · 1[b < a]")
def fmin_b(g, a, b):
    return _share(g, (b < a) | np.isnan(a), a == b)


# ---- within bounds ----------------------------------------------------------------------------


def _clip_branches(x, min=None, max=None):
    below = 0 if min is None else np.less(x, min)
    return np.add(below, 0 if max is None else 2 * np.greater(x, max))


def _clip_sample(rng):
    yield (rng.uniform(-2, 2, (3, 4)), -0.5, 0.7), {}
    yield (rng.uniform(-2, 2, (3, 4)), rng.uniform(-1, -0.5, (4,)), rng.uniform(0.5, 1, (3, 1))), {}
    yield (rng.uniform(-2, 2, (5,)), None, 0.7), {}
    yield (rng.uniform(-2, 2, (5,)), -0.5, None), {}


@primitive(
    formula="x held between min and max",
    kinks="on the boundary the gradient goes to x; NaN survives",
    broadcasts=True,
    branches=_clip_branches,
    sample=_clip_sample,
)
def clip(x, min=None, max=None, /):
    """As `numpy.clip`: values held between two bounds; on a bound the gradient still passes.

    Parameters
    ----------
    x : array_like or Tensor
        NaN stays NaN.
    min, max : array_like or Tensor, optional
        Broadcast against x; gradients flow to them too. Where min > max, max stands.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([-2.0, -1.0, 0.0, 3.0], requires_grad=True)
    >>> y = mg.clip(x, -1.0, 1.0)
    >>> y.data
    array([-1., -1.,  0.,  1.])
    >>> y.sum().backward()
    >>> x.grad
    array([0., 1., 1., 0.])
    """
    return np.clip(x, min, max)


def _inside(x, min, max):
    inside = True if min is None else ~(x < min)
    return inside if max is None else inside & ~(x > max)


@clip.vjp("x", "ȳ · 1[min ≤ x ≤ max]")
def clip_x(g, x, min, max):
    return np.where(_inside(x, min, max), g, 0)


@clip.vjp("min", "ȳ · 1[x < min]")
def clip_min(g, x, min, max):
    wins = x < min
    if max is not None:
        wins = wins & ~(min > max)
    return np.where(wins, g, 0)


@clip.vjp("max", "ȳ · 1[x > max]")
def clip_max(g, x, min, max):
    wins = x > max
    if min is not None:
        wins = wins | (min > max)
    return np.where(wins, g, 0)


@implements(np.clip)
def _clip(a, a_min=None, a_max=None, *, min=None, max=None):
    if (a_min is not None and min is not None) or (a_max is not None and max is not None):
        raise ValueError("clip takes a_min and a_max, or min and max, not both")
    return clip(a, min if a_min is None else a_min, max if a_max is None else a_max)


# ---- by a condition ---------------------------------------------------------------------------


def _where_sample(rng):
    return (rng.random((3, 4)) < 0.5, rng.normal(size=(3, 4)), rng.normal(size=(4,))), {}


@primitive(
    name="where",
    formula="a where condition, else b",
    broadcasts=True,
    sample=calls(_where_sample),
)
def _choose(condition, a, b, /):
    return np.where(condition, a, b)


@_choose.vjp("a", "ȳ · condition")
def _choose_a(g, condition):
    return np.where(condition, g, 0)


@_choose.vjp("b", "ȳ · (not condition)")
def _choose_b(g, condition):
    return np.where(condition, 0, g)


@implements(np.where)
def where(condition, *choices):
    """As `numpy.where`: of three arguments a choice, of one the plain positions.

    Parameters
    ----------
    condition : array_like of bool
    *choices : array_like or Tensor
        Two, broadcast against the condition and each other: what stands where it holds, and where
        it does not. What is not chosen gets a gradient of zero.

    Returns
    -------
    Tensor or ndarray; without choices a tuple of arrays, as `nonzero` gives

    Examples
    --------
    >>> import minigrad as mg
    >>> mg.where([True, False], [1.0, 2.0], 0.0)
    array([1., 0.])
    >>> mg.where([True, False])
    (array([0]),)
    """
    return _choose(condition, *choices) if choices else np.nonzero(plain(condition))


@implements(np.select)
def select(condlist, choicelist, default=0):
    """As `numpy.select`: for each element the choice of the first condition that holds.

    Parameters
    ----------
    condlist : sequence of bool arrays
    choicelist : sequence of array_like or Tensor
        As many as there are conditions; all broadcast against each other.
    default : array_like or Tensor
        What stands where no condition holds.

    Raises
    ------
    ValueError
        If there is not one choice to a condition, or none at all.
    TypeError
        If a condition is not of booleans.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([-2.0, 0.5, 3.0], requires_grad=True)
    >>> y = mg.select([x < 0, x < 1], [0.0, x**2], default=x)
    >>> y.data
    array([0.  , 0.25, 3.  ])
    >>> y.sum().backward()
    >>> x.grad
    array([0., 1., 1.])
    """
    if len(condlist) != len(choicelist):
        raise ValueError(
            f"{len(condlist)} conditions and {len(choicelist)} choices: give one choice each"
        )
    if not len(condlist):
        raise ValueError("select needs one condition or more")
    chosen = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        if plain(condition).dtype != bool:
            raise TypeError(f"conditions are boolean arrays, not {plain(condition).dtype}")
        chosen = _choose(condition, choice, chosen)
    return chosen
