"""Positions, truth values and counts: plain results, since there is nothing to differentiate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .namesake import namesake


def _fact(function: Any, statement: str, *examples: str) -> Callable[..., Any]:
    """NumPy's function under its own name: on Tensors too its result is plain."""

    @namesake(function, statement, *examples)
    def fact(*args: Any, **options: Any) -> Any:
        return function(*args, **options)

    return fact


# ---- comparisons ------------------------------------------------------------------------------


equal = _fact(
    np.equal,
    "NaN equals nothing, itself included.",
    ">>> mg.equal([0.0, 1.0, np.nan], [-0.0, 2.0, np.nan])",
    "array([ True, False, False])",
)
not_equal = _fact(
    np.not_equal,
    "what is not equal to itself is NaN.",
    ">>> mg.not_equal([1.0, np.nan], [1.0, np.nan])",
    "array([False,  True])",
)
less = _fact(
    np.less,
    "a mask, which selects but carries no gradient.",
    ">>> x = mg.Tensor([1.0, 5.0], requires_grad=True)",
    ">>> mg.less(x, 3.0)",
    "array([ True, False])",
)
less_equal = _fact(
    np.less_equal,
    "broadcasts; false wherever there is NaN.",
    ">>> mg.less_equal([[1.0], [np.nan]], [1.0, 2.0])",
    "array([[ True,  True],",
    "       [False, False]])",
)
greater = _fact(
    np.greater,
    "a mask, such as relu's.",
    ">>> x = mg.Tensor([-1.0, 0.0, 2.0], requires_grad=True)",
    ">>> mg.greater(x, 0)",
    "array([False, False,  True])",
)
greater_equal = _fact(
    np.greater_equal,
    "false wherever there is NaN.",
    ">>> mg.greater_equal([3.0, 2.0, np.nan], 2.0)",
    "array([ True,  True, False])",
)
isclose = _fact(
    np.isclose,
    "equal but for rounding: ``|a − b| ≤ atol + rtol · |b|``.",
    ">>> 0.1 + 0.2 == 0.3, bool(mg.isclose(0.1 + 0.2, 0.3))",
    "(False, True)",
)
allclose = _fact(
    np.allclose,
    "whether all elements are equal but for rounding.",
    ">>> mg.allclose([1.0, 2.0], [1.0, 2.0 + 1e-9])",
    "True",
    ">>> mg.allclose([np.nan], [np.nan]), mg.allclose([np.nan], [np.nan], equal_nan=True)",
    "(False, True)",
)
array_equal = _fact(
    np.array_equal,
    "whether shapes and all elements are equal; nothing is broadcast.",
    ">>> mg.array_equal([1.0, 1.0], [1.0]), mg.array_equal([1.0], mg.Tensor([1.0]))",
    "(False, True)",
)
isin = _fact(
    np.isin,
    "whether each element is one of some values.",
    ">>> mg.isin([[0, 255], [7, 0]], [0, 7])",
    "array([[ True, False],",
    "       [ True,  True]])",
)


# ---- what an element is -----------------------------------------------------------------------


isnan = _fact(
    np.isnan,
    "where the values are not numbers.",
    ">>> mg.isnan(mg.Tensor([1.0, np.nan, np.inf]))",
    "array([False,  True, False])",
)
isinf = _fact(
    np.isinf,
    "where the values are infinite, of either sign.",
    ">>> mg.isinf([1.0, np.nan, -np.inf])",
    "array([False, False,  True])",
)
isfinite = _fact(
    np.isfinite,
    "where the values are neither infinite nor NaN.",
    ">>> mg.isfinite([1.0, np.nan, -np.inf])",
    "array([ True, False, False])",
)
signbit = _fact(
    np.signbit,
    "true for negative zero too.",
    ">>> mg.signbit([-1.0, -0.0, 0.0])",
    "array([ True,  True, False])",
)


# ---- truth ------------------------------------------------------------------------------------


logical_and = _fact(
    np.logical_and,
    "anything but 0 is true.",
    ">>> mg.logical_and([0.0, 1.0, 2.0], [1.0, 0.0, np.nan])",
    "array([False, False,  True])",
)
logical_or = _fact(
    np.logical_or,
    "anything but 0 is true.",
    ">>> mg.logical_or([0.0, 0.0, 2.0], [0.0, 3.0, 0.0])",
    "array([False,  True,  True])",
)
logical_not = _fact(
    np.logical_not,
    "true where the value is 0.",
    ">>> mg.logical_not([0.0, 0.5, np.nan])",
    "array([ True, False, False])",
)
logical_xor = _fact(
    np.logical_xor,
    "true where just one of the two is.",
    ">>> mg.logical_xor([True, True, False], [True, False, False])",
    "array([False,  True, False])",
)
any = _fact(
    np.any,
    "whether one is true; of none, false.",
    ">>> mg.any([[False, True], [False, False]], axis=1), mg.any([])",
    "(array([ True, False]), np.False_)",
)
all = _fact(
    np.all,
    "whether none is false; of none, true.",
    ">>> mg.all([[True, True], [True, False]], axis=1), mg.all([])",
    "(array([ True, False]), np.True_)",
)


# ---- positions --------------------------------------------------------------------------------


argmax = _fact(
    np.argmax,
    "where the largest stands; the first of equals, and NaN before all.",
    ">>> mg.argmax([[1.0, 3.0, 3.0], [2.0, np.nan, 9.0]], axis=1)",
    "array([1, 1])",
)
argmin = _fact(
    np.argmin,
    "where the smallest stands; the first of equals, and NaN before all.",
    ">>> mg.argmin(mg.Tensor([2.0, 1.0, 1.0]))",
    "np.int64(1)",
)
nanargmax = _fact(
    np.nanargmax,
    "where the largest stands that is not NaN.",
    ">>> mg.nanargmax([np.nan, 1.0, 3.0])",
    "np.int64(2)",
)
nanargmin = _fact(
    np.nanargmin,
    "where the smallest stands that is not NaN.",
    ">>> mg.nanargmin([np.nan, 3.0, 1.0])",
    "np.int64(2)",
)
argsort = _fact(
    np.argsort,
    "where the elements stand, in ascending order; NaN comes last.",
    ">>> x = mg.Tensor([3.0, np.nan, 1.0])",
    ">>> mg.argsort(x)",
    "array([2, 0, 1])",
)
argwhere = _fact(
    np.argwhere,
    "the index of each element that is not 0, one a row.",
    ">>> mg.argwhere([[0, 7], [8, 0]])",
    "array([[0, 1],",
    "       [1, 0]])",
)
nonzero = _fact(
    np.nonzero,
    "where the elements are not 0: an array of positions for each axis.",
    ">>> mg.nonzero([[0, 7], [8, 0]])",
    "(array([0, 1]), array([1, 0]))",
)
flatnonzero = _fact(
    np.flatnonzero,
    "where the flattened elements are not 0.",
    ">>> mg.flatnonzero([[0, 7], [8, 0]])",
    "array([1, 2])",
)
searchsorted = _fact(
    np.searchsorted,
    "where in a sorted array values would go.",
    ">>> mg.searchsorted([0.0, 1.0, 2.0], [1.0, 1.5])",
    "array([1, 2])",
    '>>> mg.searchsorted([0.0, 1.0, 2.0], 1.0, side="right")',
    "np.int64(2)",
)


# ---- counts -----------------------------------------------------------------------------------


count_nonzero = _fact(
    np.count_nonzero,
    "how many elements are not 0; of a mask, how many are true.",
    ">>> logits = mg.Tensor([[2.0, 1.0], [0.0, 3.0]], requires_grad=True)",
    ">>> int(mg.count_nonzero(mg.argmax(logits, axis=1) == [0, 0]))",
    "1",
)
unique = _fact(
    np.unique,
    "the values, in ascending order, each once.",
    ">>> labels, counts = mg.unique([3, 1, 3], return_counts=True)",
    ">>> labels, counts",
    "(array([1, 3]), array([1, 2]))",
)
