"""What a gradient check found: for each input, and in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

FINE = ("ok", "nondifferentiable")
"""The causes that accuse nobody."""


@dataclass(frozen=True)
class Finding:
    """A cause that fits what was measured, and a sentence that says so.

    Attributes
    ----------
    cause : str
        A stable code, as ``scaled``.
    sentence : str
    """

    cause: str
    sentence: str


@dataclass
class InputReport:
    """The verdict on the gradient to one input.

    Attributes
    ----------
    name : str
    findings : list of Finding
        All that fit, the likeliest first.
    actual, expected : array or None
        The gradient that was returned and the one found by differences.
    index : tuple of int or None
        Where they differ most.
    cosine : float or None
    taylor : float or None
        The power of h with which the remainder shrinks: 2 for a right gradient, 1 for a wrong one.
    """

    name: str
    findings: list[Finding] = field(default_factory=list)
    actual: np.ndarray | None = None
    expected: np.ndarray | None = None
    index: tuple[int, ...] | None = None
    cosine: float | None = None
    taylor: float | None = None

    @property
    def causes(self) -> tuple[str, ...]:
        """The codes of all that fits."""
        return tuple(dict.fromkeys(f.cause for f in self.findings)) or ("ok",)

    @property
    def cause(self) -> str:
        """The most specific code."""
        return self.causes[0]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with it; a kink is no mistake."""
        return self.cause in FINE

    @property
    def message(self) -> str:
        """What was found, for a terminal."""
        from .layout import describe_input

        return describe_input(self)


class GradientReport:
    """The verdict of a gradient check.

    Attributes
    ----------
    name : str
        The function's.
    inputs : list of InputReport
        One an input, in order.
    notes : list of str
    ok : bool
    cause : str
        That of the first input with a mistake; else ``nondifferentiable`` or ``ok``.
    causes : tuple of str
        All that fit, the likeliest first.
    message : str

    Examples
    --------
    >>> import numpy as np
    >>> from minigrad.testing import check_backward
    >>> report = check_backward(np.sin, lambda g, x: g * np.cos(x), np.array([0.5, 2.0]))
    >>> report.ok, report.cause, len(report.inputs)
    (True, 'ok', 1)
    """

    def __init__(
        self,
        name: str,
        inputs: Sequence[InputReport],
        findings: Sequence[Finding] = (),
        notes: Sequence[str] = (),
    ):
        self.name = name
        self.inputs = list(inputs)
        self.findings = list(findings)
        self.notes = list(notes)

    @property
    def causes(self) -> tuple[str, ...]:
        found = [f.cause for f in self.findings]
        for fine in (False, True):
            found += [c for i in self.inputs if i.ok is fine for c in i.causes if c != "ok"]
        return tuple(dict.fromkeys(found)) or ("ok",)

    @property
    def cause(self) -> str:
        return self.causes[0]

    @property
    def ok(self) -> bool:
        return self.cause in FINE

    @property
    def message(self) -> str:
        from .layout import describe

        return describe(self)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return self.message

    def __repr__(self) -> str:
        return f"<GradientReport {self.name}: {', '.join(self.causes)}>"


class GradientError(AssertionError):
    """A gradient is wrong; `report` says which and how.

    Examples
    --------
    >>> import numpy as np
    >>> from minigrad.testing import GradientError, check_backward
    >>> report = check_backward(np.sin, lambda g, x: 2 * g * np.cos(x), np.array([0.5, 2.0]))
    >>> GradientError(report).report.cause
    'scaled'
    """

    def __init__(self, report: GradientReport):
        super().__init__(report.message)
        self.report = report
