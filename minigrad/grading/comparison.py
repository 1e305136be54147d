"""Judge an answer: by the arrays it should be, by gradients, by properties, by a score.

Shape and type come first, then values that are not finite, then the error, which is relative to
the largest expected value. Only then is it asked which mistake explains a difference.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from ..testing import diagnose
from ..testing.diagnosis import find_causes, tolerance_for
from ..testing.evidence import Evidence
from ..testing.report import Finding


@dataclass
class Question:
    """What an answer is held against.

    Attributes
    ----------
    inputs : tuple
        The arguments of the call.
    expected : object
        What the solution returns for them.
    mistakes : callable
        ``mistakes()``: pairs of a declared mistake's sentence and the value it leads to.
    solution : callable
        The solution's function, which may be called with other arguments.
    """

    inputs: tuple
    expected: Any
    mistakes: Callable[[], Iterator[tuple[str, Any]]]
    solution: Callable[..., Any]


@dataclass
class Verdict:
    """The share of a case's points that an answer earns, and why not all.

    Attributes
    ----------
    score : float
        From 0 to 1.
    findings : list of Finding
        Cause and sentence; the cause ``mistake`` has a declared sentence, good for hidden cases.
    """

    score: float
    findings: list[Finding] = field(default_factory=list)


class Comparison(ABC):
    """A way to judge an answer."""

    @abstractmethod
    def judge(self, answer: Any, question: Question) -> Verdict:
        """Judge an answer, which may be anything that frames can hold."""


@dataclass(frozen=True)
class Arrays(Comparison):
    """The answer is one array, or as many as there are names, each within a scaled error.

    Attributes
    ----------
    names : sequence of str
        What messages call them. Each right one earns its share.
    tolerance : float
        ``max|answer − expected| ≤ tolerance · max(1, max|expected|)``.
    whole : bool
        Whether only all of them together earn anything.
    """

    names: Sequence[str] = ("the result",)
    tolerance: float = 1e-8
    whole: bool = False

    def judge(self, answer: Any, question: Question) -> Verdict:
        expected = _listed(question.expected)
        given = _listed(answer)
        if len(given) != len(expected):
            wanted = f"{len(expected)} ({', '.join(self.names)})" if len(expected) > 1 else "1"
            count = Finding("wrong_count", _count_sentence(given, wanted))
            return Verdict(0.0, [*self._declared([], given, [], question), count])
        findings: list[Finding] = []
        right = 0
        wrong = []
        for i, (a, e) in enumerate(zip(given, expected, strict=True)):
            found = self._fault(self.names[i], a, np.asarray(e))
            right += found is None
            if found is not None:
                findings.append(found)
                wrong.append(i)
        if wrong:
            declared = self._declared(wrong, given, expected, question)
            if declared:
                findings = [*declared, *(f for f in findings if f.cause != "different")]
            else:
                explained = self._explain(wrong, given, expected, question)
                findings = [f for f in findings if f.cause != "different" or not explained]
                findings += explained
        share = right / len(expected)
        return Verdict(float(share == 1.0) if self.whole else share, findings)

    def _fault(self, name: str, answer: Any, expected: np.ndarray) -> Finding | None:
        """What is wrong with one array, without looking for the reason."""
        form = fault_of_form(name, answer, expected.shape)
        if form is not None:
            return form
        value = np.asarray(answer)
        size = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
        error = np.abs(value.astype(float) - expected)
        if np.max(error, initial=0.0) <= self.tolerance * size:
            return None
        if value.dtype.kind == "f" and value.itemsize < 8 and np.max(error) <= 1e-3 * size:
            return Finding(
                "wrong_dtype",
                f"{name} is {value.dtype}: its values are right, but cut to that precision; "
                "compute in float64",
            )
        index = tuple(int(i) for i in np.unravel_index(int(np.argmax(error)), expected.shape))
        norms = float(np.linalg.norm(value.astype(float)) * np.linalg.norm(expected))
        cosine = float(np.sum(value * expected)) / norms if norms else 0.0
        return Finding(
            "different",
            f"{name} differs, most at {index}: {value[index]:.6g} instead of {expected[index]:.6g} "
            f"(shape {expected.shape}, cosine {cosine:.4f})",
        )

    def _declared(
        self, wrong: list[int], given: list, expected: list, question: Question
    ) -> list[Finding]:
        """The declared mistakes that lead to exactly what was returned."""
        found = []
        for sentence, value in question.mistakes():
            values = _listed(value)
            if len(values) != len(given):
                continue
            if expected:
                fits = any(
                    _same(given[i], values[i]) and not _same(expected[i], values[i]) for i in wrong
                )
            else:  # another number of values than there should be
                fits = all(map(_same, given, values))
            if fits:
                found.append(Finding("mistake", sentence))
        return found

    def _explain(
        self, wrong: list[int], given: list, expected: list, question: Question
    ) -> list[Finding]:
        """What relates the arrays to the expected ones, if anything does."""
        found = []
        for i in wrong:
            if not _numeric(given[i]):
                continue
            report = diagnose(given[i], expected[i], name=self.names[i])
            found += [
                Finding(f.cause, f"{self.names[i]}: {_about_a_result(f.sentence)}")
                for f in report.findings
                if f.cause in _ABOUT_ANY_ARRAY
            ]
        return found


_ABOUT_ANY_ARRAY = {
    "sign_flipped", "scaled", "transposed", "kernel_flipped", "shifted", "first_sample_only",
    "missing_broadcast_sum",
}  # fmt: skip


def _about_a_result(sentence: str) -> str:
    return sentence.replace("its gradient", "it").replace("the gradient", "the result")


@dataclass(frozen=True)
class Gradients(Arrays):
    """The answer of ``backward(grad_out, *inputs)``: a gradient for each floating-point input.

    Attributes
    ----------
    forward : callable
        ``forward(*inputs)``, right and trusted: what a wrong gradient is explained with.
    """

    forward: Callable[..., Any] | None = None

    def _explain(
        self, wrong: list[int], given: list, expected: list, question: Question
    ) -> list[Finding]:
        assert self.forward is not None, "Gradients needs forward="
        grad_out, *inputs = question.inputs
        places = [i for i, x in enumerate(inputs) if _is_float(x)]
        output = np.asarray(self.forward(*inputs), float)
        found = []

        def gradient(i: int, g: Any, changed: Sequence[Any]) -> Any:
            return _listed(question.solution(g, *changed))[i]

        for i in wrong:
            if not _numeric(given[i]):
                continue
            value = np.asarray(given[i])
            evidence = _AnalyticEvidence(
                value, np.asarray(expected[i], float), name=self.names[i], index=places[i],
                inputs=inputs, output=output, cotangent=grad_out,
                actuals=_spread(given, places, inputs), expecteds=_spread(expected, places, inputs),
                noise=1e-12, tolerance=tolerance_for(value),
                vjp=partial(gradient, i, grad_out),
            )  # fmt: skip
            evidence.backward = partial(gradient, i, changed=inputs)
            found += [
                Finding(f.cause, f"{self.names[i]}: {f.sentence}")
                for f in find_causes(evidence)
                if f.cause != "unknown"
            ]
        return found


class _AnalyticEvidence(Evidence):
    """Evidence whose gradients for other cotangents come from the solution."""

    backward: Callable[[np.ndarray], Any]

    def with_cotangent(self, cotangent: np.ndarray) -> np.ndarray | None:
        return self.backward(cotangent)


def _spread(values: list, places: list[int], inputs: list) -> list:
    """The gradients of some arguments, at the places of these among all."""
    found: list = [None] * len(inputs)
    for place, value in zip(places, values, strict=True):
        found[place] = np.asarray(value) if _numeric(value) else None
    return found


@dataclass(frozen=True)
class Check:
    """One demand on an answer.

    Attributes
    ----------
    ok : bool
    sentence : str
        What is wrong if it is not met.
    share : float
        Its weight among the demands.
    """

    ok: bool
    sentence: str
    share: float = 1.0


@dataclass(frozen=True)
class Property(Comparison):
    """The answer has to meet demands: ``checks(answer, *inputs)`` returns them.

    Attributes
    ----------
    checks : callable
        Gets a finite float64 array and returns a list of `Check`.
    shape : callable
        ``shape(*inputs)``: the shape that the answer must have.
    name : str
    """

    checks: Callable[..., list[Check]]
    shape: Callable[..., tuple[int, ...]]
    name: str = "the result"

    def judge(self, answer: Any, question: Question) -> Verdict:
        shape = self.shape(*question.inputs)
        fault = fault_of_form(self.name, answer, shape)
        if fault is not None:
            return Verdict(0.0, [fault])
        checks = self.checks(np.asarray(answer, float), *question.inputs)
        total = sum(check.share for check in checks)
        score = sum(check.share for check in checks if check.ok) / total
        findings = [Finding("property", check.sentence) for check in checks if not check.ok]
        if findings:
            declared = [
                Finding("mistake", sentence)
                for sentence, value in question.mistakes()
                if _numeric(value) and _same(answer, value)
            ]
            findings = declared + findings
        return Verdict(score, findings)


@dataclass(frozen=True)
class Score(Comparison):
    """The answer earns by how well it does: nothing at `floor`, everything at `target`.

    Attributes
    ----------
    score : callable
        ``score(answer, *inputs)``, of a finite float64 array.
    shape : callable
    floor, target : float
    what : str
        What is scored, as "accuracy on pictures that were not trained on".
    """

    score: Callable[..., float]
    shape: Callable[..., tuple[int, ...]]
    floor: float
    target: float
    what: str = "the score"
    name: str = "the result"

    def judge(self, answer: Any, question: Question) -> Verdict:
        fault = fault_of_form(self.name, answer, self.shape(*question.inputs))
        if fault is not None:
            return Verdict(0.0, [fault])
        reached = float(self.score(np.asarray(answer, float), *question.inputs))
        share = (reached - self.floor) / (self.target - self.floor)
        if share >= 1:
            return Verdict(1.0)
        sentence = f"{self.what} is {reached:.3g}; {self.target:.3g} earns all points"
        declared = [
            Finding("mistake", text)
            for text, value in question.mistakes()
            if _numeric(value) and _same(answer, value)
        ]
        return Verdict(max(0.0, round(share, 6)), [*declared, Finding("low_score", sentence)])


def fault_of_form(name: str, answer: Any, shape: tuple[int, ...]) -> Finding | None:
    """Whether the answer is no array of numbers, has another shape, or is not finite."""
    if answer is None:
        return Finding("nothing_returned", f"{name} is None: is there a return at the end?")
    if isinstance(answer, (str, dict, tuple)) and not _numeric(answer):
        return Finding(
            "wrong_type", f"{name} is a {type(answer).__name__}, not an array of numbers"
        )
    value = np.asarray(answer)
    if value.dtype.kind not in "fiub":
        return Finding("wrong_dtype", f"{name} has dtype {value.dtype}, real numbers are expected")
    if value.shape != shape:
        return Finding("wrong_shape", f"{name} has shape {value.shape}, expected is {shape}")
    finite = np.isfinite(value)
    if not finite.all():
        index = tuple(int(i) for i in np.argwhere(~finite)[0])
        return Finding(
            "nonfinite",
            f"{name} is {value[index]} at {index} and {np.count_nonzero(~finite) - 1} other "
            "places: every value should be finite",
        )
    return None


def _listed(value: Any) -> list:
    """The arrays of an answer: several in a tuple, or one."""
    return list(value) if isinstance(value, (tuple, list)) else [value]


def _count_sentence(given: list, wanted: str) -> str:
    if given == [None]:
        return f"nothing was returned, expected is {wanted}: is there a return at the end?"
    return f"{len(given)} value(s) were returned, expected is {wanted}"


def _is_float(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _numeric(value: Any) -> bool:
    if isinstance(value, tuple):
        try:
            value = np.asarray(value)
        except ValueError:  # of several lengths
            return False
    known = isinstance(value, (np.ndarray, bool, int, float))
    return known and np.asarray(value).dtype.kind in "fiub"


def _same(answer: Any, value: Any) -> bool:
    """Whether an answer is what a mistake leads to."""
    if not (_numeric(answer) and _numeric(value)):
        return False
    a, b = np.asarray(answer, float), np.asarray(value, float)
    if a.shape != b.shape:
        return False
    with np.errstate(all="ignore"):
        size = float(np.max(np.abs(b[np.isfinite(b)]), initial=0.0))
        close = np.abs(a - b) <= 1e-7 * max(size, 1e-12)
    return bool(np.all(close | (np.isnan(a) & np.isnan(b)) | (a == b)))
