"""From two gradients that differ to the mistake that explains it.

Each cause is a small function from the evidence to a finding or to None. All are asked; those
that fit are listed in the order of `CAUSES`, the most specific first. None is ever guessed: a
finding is an equality that holds to many digits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, permutations
from typing import Any

import numpy as np

from .evidence import Evidence
from .names import size_of_factor
from .patterns import PATTERNS
from .report import Finding, InputReport
from .windows import kernel_flipped, shifted, stride_ignored


def wrong_dtype(e: Evidence) -> Finding | None:
    """The values are right but were cut to another type."""
    kind, size = e.actual.dtype.kind, e.actual.dtype.itemsize
    if kind == "f" and size >= 8:
        return None
    cut = kind in "iub" and e.same_shape and (
        np.max(np.abs(e.actual - e.expected), initial=0.0) <= 1 + e.noise
    )
    close = kind == "f" and e.same_shape and e.is_expected(e.actual)
    if not (cut or close or kind not in "fiub"):
        return None
    return Finding(
        "wrong_dtype",
        f"the gradient is {e.actual.dtype}, its input float64: a gradient has its input's dtype "
        "(look for astype, integer arrays made with zeros_like or np.array([0]))",
    )


def zero_gradient(e: Evidence) -> Finding | None:
    """Everything is zero."""
    if not e.same_shape or np.any(e.actual) or not np.any(np.abs(e.expected) > 3 * e.noise):
        return None
    return Finding(
        "zero_gradient",
        f"the gradient is zero everywhere, but {e.name} does change the output: the chain rule "
        "was broken off on the way to it",
    )


def tie_rule(e: Evidence) -> Finding | None:
    """Each of several equal elements got the whole gradient."""
    if not e.ties:
        return None
    ties = np.concatenate([np.asarray(t) for t in e.ties])
    first = e.ties[0]
    places = [tuple(int(i) for i in np.unravel_index(t, e.expected.shape)) for t in first[:3]]
    return Finding(
        "tie_rule",
        f"{len(ties)} elements are tied (the first at {', '.join(map(str, places))}) and each got "
        "the full gradient: give it to the first or the last of them, or share it equally, so "
        "that the sum stays the same",
    )


def missing_broadcast_sum(e: Evidence) -> Finding | None:
    """The input was broadcast and its gradient not summed."""
    shape = e.expected.shape
    axes = _summed_axes(e)
    if axes is None:
        return None
    where = f"axis {axes[0]}" if len(axes) == 1 else f"axes {axes}"
    return Finding(
        "missing_broadcast_sum",
        f"the gradient has shape {e.actual.shape} but {e.name} has shape {shape}: {e.name} was "
        f"broadcast, so its gradient is a sum over {where}",
    )


def _summed_axes(e: Evidence) -> tuple[int, ...] | None:
    """The axes over which the sum of the gradient is the right one."""
    if e.same_shape or e.actual.ndim > 6:
        return None
    longer = [i for i, n in enumerate(e.actual.shape) if n > 1]
    for axes in (c for k in range(1, len(longer) + 1) for c in combinations(longer, k)):
        summed = e.actual.sum(axes)
        if summed.size == e.expected.size and e.is_expected(summed.reshape(e.expected.shape)):
            return axes
    return None


def wrong_shape(e: Evidence) -> Finding | None:
    """The shapes differ."""
    if e.same_shape:
        return None
    extra = ""
    if e.actual.size == e.expected.size and e.is_expected(e.actual.reshape(e.expected.shape)):
        extra = "; its values are right, only reshape it"
    elif e.actual.ndim <= e.expected.ndim:
        try:
            stretched = np.broadcast_to(e.actual, e.expected.shape)
        except ValueError:
            stretched = None
        if stretched is not None and e.is_expected(stretched):
            extra = "; broadcast to the input's shape it would be right"
    return Finding(
        "wrong_shape",
        f"the gradient has shape {e.actual.shape} but {e.name} has shape {e.expected.shape}: "
        f"a gradient has its input's shape{extra}",
    )


def transposed(e: Evidence) -> Finding | None:
    """The axes are in another order, or a factor's are."""
    if e.actual.ndim == e.expected.ndim and 2 <= e.actual.ndim <= 5:
        for axes in permutations(range(e.actual.ndim)):
            moved = e.actual.transpose(axes)
            if axes == tuple(range(e.actual.ndim)) or (e.same_shape and e.is_expected(e.actual)):
                continue
            if e.is_expected(moved):
                what = ".T" if axes == (1, 0) else f".transpose{axes}"
                return Finding("transposed", f"the gradient is transposed: its {what} is right")
    for j, other in enumerate(e.inputs):
        square = isinstance(other, np.ndarray) and other.ndim >= 2 and other.dtype.kind == "f"
        if e.vjp is None or j == e.index or not square or other.shape[-1] != other.shape[-2]:
            continue
        altered = list(e.inputs)
        altered[j] = other.swapaxes(-1, -2).copy()
        if e.is_actual(e.vjp(altered)):
            return Finding(
                "transposed",
                f"the gradient would be right if input {j} were its own transpose: it is "
                "transposed once too often or too seldom in the backward pass",
            )
    return None


def inputs_swapped(e: Evidence) -> Finding | None:
    """It is the gradient of another input."""
    for j, other in enumerate(e.expecteds):
        if j == e.index or other is None or not e.is_actual(other):
            continue
        if e.close(other, e.expected):
            continue
        returned = e.actuals[j] if j < len(e.actuals) else None
        both = returned is not None and e.is_expected(returned)
        opposite = e.close(-other, e.expected)
        if not both and (opposite or not e.same_shape):
            continue
        end = "the two are returned in the wrong order" if both else "the wrong factor was taken"
        return Finding("inputs_swapped", f"this is the gradient of input {j}: {end}")
    return None


def sign_flipped(e: Evidence) -> Finding | None:
    """It is the negative of the right one."""
    if not e.same_shape:
        return None
    if e.is_expected(-e.actual):
        return Finding(
            "sign_flipped", "the gradient is exactly −1 × the expected one: a minus is wrong"
        )
    return None


def sign_flipped_in_places(e: Evidence) -> Finding | None:
    """It has the right size everywhere, and not the right sign."""
    if not e.same_shape or e.is_expected(-e.actual):
        return None
    size = float(np.max(np.abs(e.expected), initial=0.0))
    apart = np.abs(np.abs(e.actual) - np.abs(e.expected))
    differs = np.abs(e.actual - e.expected) > e.tolerance * size + 3 * e.noise
    if size == 0 or np.max(apart) > e.tolerance * size + 3 * e.noise or not differs.any():
        return None
    first = tuple(int(i) for i in np.argwhere(differs)[0])
    return Finding(
        "sign_flipped",
        f"the sign is wrong at {np.count_nonzero(differs)} of {differs.size} elements (first at "
        f"{first}), the size is right everywhere",
    )


def scaled(e: Evidence) -> Finding | None:
    """It is a constant times the right one."""
    if not e.same_shape or e.expected.size == 0:
        return None
    r, g = e.expected.ravel(), np.asarray(e.actual, float).ravel()
    norm = float(r @ r)
    if norm == 0 or not np.isfinite(norm):
        return None
    k = float(g @ r) / norm
    if k == 0 or abs(abs(k) - 1) < 10 * e.tolerance or not e.close(g, k * r):
        return None
    if abs(k) < 1e-12 or np.count_nonzero(np.abs(r) > 10 * e.noise) < min(2, r.size):
        return None
    known, advice = size_of_factor(abs(k), e)
    sign = "; its sign is wrong too" if k < 0 else ""
    return Finding(
        "scaled", f"the gradient is exactly {k:.6g} × the expected one{known}{advice}{sign}"
    )


CAUSES: Sequence[Callable[[Evidence], Finding | None]] = (
    wrong_dtype,
    zero_gradient,
    tie_rule,
    missing_broadcast_sum,
    sign_flipped,
    inputs_swapped,
    transposed,
    kernel_flipped,
    scaled,
    *PATTERNS,
    sign_flipped_in_places,
    stride_ignored,
    shifted,
    wrong_shape,
)
"""The causes that are looked for, the most specific first."""


def find_causes(e: Evidence) -> list[Finding]:
    """All findings that fit, the likeliest first; ``unknown`` with the bare facts if none does."""
    if not np.all(np.isfinite(e.actual)):
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(e.actual))[0])
        return [
            Finding(
                "nonfinite",
                f"the gradient is {e.actual[index]} at {index}, where the expected one is finite",
            )
        ]
    with np.errstate(all="ignore"):
        found = [finding for cause in CAUSES if (finding := cause(e)) is not None]
    if found:
        return found
    index, cosine = worst_index(e.actual, e.expected), cosine_of(e.actual, e.expected)
    return [
        Finding(
            "unknown",
            f"no known mistake explains the difference; it is largest at {index}: "
            f"{e.actual[index]:.6g} instead of {e.expected[index]:.6g}, cosine {cosine:.4f}",
        )
    ]


def worst_index(actual: np.ndarray, expected: np.ndarray) -> tuple[int, ...]:
    """Where two arrays of one shape differ most."""
    flat = int(np.argmax(np.abs(np.nan_to_num(actual - expected, nan=np.inf))))
    return tuple(int(i) for i in np.unravel_index(flat, expected.shape))


def cosine_of(actual: np.ndarray, expected: np.ndarray) -> float:
    """The cosine of the angle between two arrays of one shape; 0 if one is zero."""
    norms = float(np.linalg.norm(actual.ravel()) * np.linalg.norm(expected.ravel()))
    return float(np.sum(actual * expected)) / norms if norms else 0.0


def diagnose(
    actual: Any,
    expected: Any,
    *,
    inputs: Sequence[Any] = (),
    index: int = 0,
    output: Any = None,
    cotangent: Any = None,
    name: str = "the input",
    rtol: float = 1e-6,
    atol: float = 1e-12,
) -> InputReport:
    """Say how a gradient relates to the right one.

    Parameters
    ----------
    actual, expected : array_like
    inputs : sequence of array_like, optional
        The function's inputs: with them, missing masks and local derivatives can be told.
    index : int
        Which of them the gradients belong to.
    output, cotangent : array_like, optional
        The function's output and the gradient that arrived at it.
    name : str
        The input's, for messages.
    rtol, atol : float
        Equal within ``atol + rtol · max|expected|``.

    Returns
    -------
    InputReport
        With ``.cause``, ``.causes`` and ``.message``.

    Examples
    --------
    >>> import numpy as np
    >>> from minigrad.testing import diagnose
    >>> right = np.array([[1.0, 2.0], [3.0, 5.0]])
    >>> diagnose(-right, right).cause, diagnose(right.T, right).cause
    ('sign_flipped', 'transposed')
    """
    given, right = np.asarray(actual), np.asarray(expected, float)
    arrays = [np.asarray(x) for x in inputs]
    y = None if output is None else np.asarray(output, float)
    g = None if cotangent is None else np.asarray(cotangent, float)
    report = InputReport(name, actual=given, expected=right)
    if given.shape == right.shape and given.dtype == right.dtype:
        scale = float(np.max(np.abs(right), initial=0.0))
        if np.max(np.abs(given - right), initial=0.0) <= atol + rtol * scale:
            return report
    e = Evidence(
        given, right, name=name, index=index, inputs=arrays, output=y, cotangent=g, noise=atol
    )
    e.tolerance = tolerance_for(given)
    report.findings = find_causes(e)
    locate(report)
    return report


def tolerance_for(actual: np.ndarray) -> float:
    """How far two equal gradients may be apart, relative to the largest value, by dtype."""
    if actual.dtype.kind == "f" and actual.dtype.itemsize < 8:
        return 1e-4 if actual.dtype.itemsize == 4 else 1e-2
    return 1e-5


def locate(report: InputReport) -> None:
    """Fill in the worst index and the cosine, where the shapes allow it."""
    actual, expected = report.actual, report.expected
    if actual is None or expected is None or actual.shape != expected.shape or not actual.size:
        return
    if actual.dtype.kind in "fiub":
        report.index = worst_index(actual.astype(float), expected)
        report.cosine = cosine_of(actual.astype(float), expected)
