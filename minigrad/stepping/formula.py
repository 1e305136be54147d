"""A formula with numbers in it: the declared text, each name replaced by its value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from .arrays import inline, shape_text

_ALIASES = {"slope": "negative_slope", "α": "alpha", "β": "beta", "W": "weight", "b": "bias"}
_RAISED = str.maketrans("ᵃᵇᵖˣ⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "abpx−+0123456789")
_NAME = re.compile(r"(ȳ|ĝ|[A-Za-zα-ωΑ-Ω_]+)([ᵃᵇᵖˣ⁻⁺⁰¹²³⁴-⁹]*)([ᵀᵢⱼₖₙ₀-₉′₊₋]*)")
_INDEXED = re.compile(r"[A-Za-z]+\[[^\]]*\]")
_SMALL = 9  # elements up to which an array is written out


def fill(formula: str, values: Mapping[str, Any]) -> str:
    """Replace the names in a formula by their values; a large array keeps its name and shape.

    Examples
    --------
    >>> fill("ȳ · 2x", {"ȳ": 0.5, "x": -3.0})
    '0.5 · 2·(−3)'
    >>> fill("ȳ · b · aᵇ⁻¹", {"ȳ": 1.0, "a": 2.0, "b": 3.0})
    '1 · 3 · 2^(3−1)'
    >>> fill("aᵀ ȳ", {"a": np.zeros((64, 10)), "ȳ": np.array([1.0, 2.0])})
    'a⟨64×10⟩ᵀ [1 2]'
    """

    indexed = [match.span() for match in _INDEXED.finditer(formula)]

    def filled(match: re.Match) -> str:
        name, power, mark = match.groups()
        if any(start <= match.start() < stop for start, stop in indexed):
            return match.group()  # the formula is about one element
        known = name if name in values else _ALIASES.get(name, name)
        if known not in values or values[known] is None or (mark and mark != "ᵀ"):
            return match.group()
        before = formula[: match.start()]
        text = _value(known, values[known])
        if text.startswith("−") and (power or before.rstrip()[-1:] in tuple("·+−/*0123456789")):
            text = f"({text})"
        if before[-1:].isdigit():
            text = f"·{text}"
        if set(power) & set("ᵃᵇᵖˣ"):
            power = f"^({fill(power.translate(_RAISED), values)})"
        return text + power + mark

    return _NAME.sub(filled, formula)


def equation(formula: str) -> str:
    """A declared formula with its left side: ``y = …`` unless it has one.

    Examples
    --------
    >>> equation("a · b"), equation("y = x Wᵀ + b")
    ('y = a · b', 'y = x Wᵀ + b')
    """
    return formula if re.match(r"[a-zȳ]\w*(\[[^\]]*\])? [+]?= ", formula) else f"y = {formula}"


def _value(name: str, value: Any) -> str:
    if not isinstance(value, (bool, int, float, np.ndarray, np.generic)):
        return str(value)  # a setting
    array = np.asarray(value)
    if array.size == 1:
        return inline(array.reshape(()))
    return inline(array) if array.size <= _SMALL else f"{name}⟨{shape_text(array.shape)}⟩"


def at(values: Mapping[str, Any], index: tuple[int, ...], shape: tuple[int, ...]) -> dict[str, Any]:
    """The values at one place of an elementwise operation whose result has that shape.

    Raises
    ------
    ValueError
        If an array does not broadcast to the shape.
    """
    return {name: _element(value, index, shape) for name, value in values.items()}


def _element(value: Any, index: tuple[int, ...], shape: tuple[int, ...]) -> Any:
    if not isinstance(value, np.ndarray) or value.ndim == 0:
        return value
    behind = len(shape) - value.ndim
    if behind < 0 or any(n not in (1, m) for n, m in zip(value.shape, shape[behind:], strict=True)):
        raise ValueError(f"an array of shape {value.shape} does not broadcast to {shape}")
    return value[
        tuple(0 if n == 1 else i for n, i in zip(value.shape, index[behind:], strict=True))
    ]
