"""What a diagnosis may look at: the two gradients, and all that is known of the function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Evidence:
    """The facts about one input's gradient. All but the two gradients may be missing.

    Attributes
    ----------
    actual, expected : array
    name : str
    index : int
        Which of `inputs` the gradients belong to.
    inputs : sequence
    output, cotangent : array or None
        Where the function has one floating-point output.
    jacobian : array or None
        (output values, input elements).
    actuals, expecteds : sequence of array or None
        The gradients to all inputs.
    noise : float
        The error of the expected gradient.
    tolerance : float
        How far apart, relative to the largest value, two equal arrays may be.
    vjp : callable or None
        ``vjp(inputs)``: the gradient by differences at other inputs.
    ties : list of list of int
        Flat indices of elements that share one gradient.
    """

    actual: np.ndarray
    expected: np.ndarray
    name: str = "the input"
    index: int = 0
    inputs: Sequence[Any] = ()
    output: np.ndarray | None = None
    cotangent: np.ndarray | None = None
    jacobian: np.ndarray | None = None
    actuals: Sequence[np.ndarray | None] = ()
    expecteds: Sequence[np.ndarray | None] = ()
    noise: float = 0.0
    tolerance: float = 1e-5
    vjp: Callable[[Sequence[Any]], np.ndarray] | None = None
    ties: list[list[int]] = field(default_factory=list)

    @property
    def input(self) -> np.ndarray | None:
        """The input itself."""
        return self.inputs[self.index] if self.index < len(self.inputs) else None

    @property
    def same_shape(self) -> bool:
        """Whether the two gradients can be compared element by element."""
        return self.actual.shape == self.expected.shape

    @property
    def jacobian_is_diagonal(self) -> bool:
        """Whether each output value depends on the input value in its own place alone."""
        jacobian, y = self.jacobian, self.output
        if jacobian is None or y is None or y.shape != self.expected.shape or y.size < 2:
            return False
        off = jacobian - np.diag(np.diag(jacobian))
        return bool(np.max(np.abs(off)) <= 1e-7 * np.max(np.abs(jacobian), initial=0.0))

    def close(self, a: Any, b: Any) -> bool:
        """Whether `a` equals `b`, which is not all zero, within the tolerance."""
        a, b = np.asarray(a), np.asarray(b)
        if a.shape != b.shape or a.size == 0:
            return False
        size = float(np.max(np.abs(b)))
        if not np.isfinite(size) or size <= 3 * self.noise:
            return False
        return bool(np.max(np.abs(a - b)) <= self.tolerance * size + 3 * self.noise)

    def is_actual(self, candidate: Any) -> bool:
        """Whether a wrong reference is what was returned."""
        return self.close(self.actual, candidate)

    def is_expected(self, candidate: Any) -> bool:
        """Whether a corrected gradient is the right one."""
        return self.close(candidate, self.expected)

    def with_cotangent(self, cotangent: np.ndarray) -> np.ndarray | None:
        """The gradient for another cotangent, if the Jacobian is known."""
        if self.jacobian is None:
            return None
        return (cotangent.ravel() @ self.jacobian).reshape(self.expected.shape)


def unbroadcast(g: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """Sum over the axes along which `shape` was broadcast; None where it was not."""
    added = g.ndim - len(shape)
    if added < 0:
        return None
    if any(n not in (1, m) for n, m in zip(shape, g.shape[added:], strict=True)):
        return None
    own = (i + added for i, n in enumerate(shape) if n == 1 and g.shape[i + added] != 1)
    return g.sum((*range(added), *own)).reshape(shape)
