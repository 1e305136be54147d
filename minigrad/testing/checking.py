"""Compare a backward function with differences of the forward function, input by input."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..tensor import Tensor
from .diagnosis import find_causes, locate, tolerance_for
from .evidence import Evidence
from .kinks import Kinks, find_ties, widen
from .numerics import (
    FULL,
    Derivative,
    as_input,
    best_difference,
    differentiate,
    first_steps,
    flat_outputs,
    is_differentiable,
    moved,
    taylor_rate,
)
from .report import Finding, GradientReport, InputReport

RTOL, ATOL = 1e-6, 1e-12
_DIRECTIONS = 8  # the random directions along which a large input is checked
_SAMPLED = 400  # the elements of a large wrong input that are looked at one by one


class Check:
    """One check of one pair of functions: `report` says how it went."""

    def __init__(
        self,
        forward: Callable[..., Any],
        backward: Callable[..., Any],
        inputs: Sequence[Any],
        rtol: float,
        atol: float,
        rng: Any,
        kinks: Callable[[Sequence[Any], int], Kinks] | None = None,
        name: str = "",
    ):
        self.forward, self.backward, self.kinks = forward, backward, kinks
        self.rtol, self.atol = rtol, atol
        self.rng = np.random.default_rng(rng)
        self.name = name or getattr(forward, "__name__", "the function")
        self.inputs = [as_input(x) for x in inputs]
        self.names = input_names(forward, len(inputs))
        self.notes = [
            f"{self.names[i]} was promoted from {x.dtype} to float64 for the check"
            for i, x in enumerate(inputs)
            if getattr(x, "dtype", None) in (np.float32, np.float16)
        ]
        self.findings: list[Finding] = []
        if not any(map(is_differentiable, self.inputs)):
            kinds = ", ".join(str(np.asarray(x).dtype) for x in self.inputs) or "no inputs"
            raise TypeError(
                f"there is nothing to differentiate in {self.name}: its inputs are {kinds}; "
                "make one with dtype=float"
            )

    def report(self) -> GradientReport:
        """Run the check."""
        with np.errstate(all="ignore"):
            self._run_forward()
            gradients = self._run_backward()
            report = GradientReport(self.name, [], self.findings, self.notes)
            if any(f.cause == "nondeterministic" for f in self.findings):
                report.inputs = [InputReport(n, self.findings) for n in self.names]
                return report
            derivatives = {
                i: self._differentiate(i)
                for i, x in enumerate(self.inputs)
                if is_differentiable(x) and (x.size <= FULL or _misshapen(gradients[i], x))
            }
            expecteds = [
                derivatives[i].gradient if i in derivatives else None
                for i in range(len(self.inputs))
            ]
            for i, given in enumerate(gradients):
                report.inputs.append(self._judge(i, given, derivatives, gradients, expecteds))
            if report.ok:
                self._judge_common_ties(report, derivatives)
        return report

    # ---- calling what is checked ----------------------------------------------------------

    def _copies(self) -> list[Any]:
        return [np.array(x, order="K") if isinstance(x, np.ndarray) else x for x in self.inputs]

    def _run_forward(self) -> None:
        given = self._copies()
        value = self.forward(*given)
        self.several = isinstance(value, (tuple, list))
        values = list(value) if self.several else [value]
        self.outputs = [np.array(v.array if isinstance(v, Tensor) else v) for v in values]
        if not any(y.dtype.kind == "f" for y in self.outputs):
            kinds = ", ".join(str(y.dtype) for y in self.outputs)
            raise TypeError(f"{self.name} returned {kinds}: only floating-point values have slopes")
        self._find_mutations(given, "the forward function")
        again = self.forward(*self._copies())
        if not _same(flat_outputs(value), flat_outputs(again)):
            self.findings.append(
                Finding(
                    "nondeterministic",
                    "two calls of the forward function on the same inputs differ: fix the seed of "
                    "its random numbers",
                )
            )
        for y in self.outputs:
            if y.dtype.kind == "f" and y.itemsize < 8:
                self.notes.append(f"the output is {y.dtype}: differences are less exact")
        self.cotangents = [
            np.where(np.isfinite(y), self.rng.normal(size=y.shape), 0.0)
            if y.dtype.kind == "f"
            else np.zeros(y.shape)
            for y in self.outputs
        ]
        self.weights = np.concatenate(
            [g.ravel() for g, y in zip(self.cotangents, self.outputs, strict=True)
             if y.dtype.kind == "f"]
        )  # fmt: skip

    def _run_backward(self) -> list[Any]:
        results = []
        for _ in range(2):
            given = self._copies()
            self.forward(*self._copies())  # a pair may keep what it needs between the two calls
            cotangents = [np.array(g) for g in self.cotangents]
            passed = tuple(cotangents) if self.several else cotangents[0]
            returned = self.backward(passed, *given)
            # Copied at once: the second call may write into what the first returned.
            results.append([_as_array(g) for g in self._listed(returned)])
            if len(results) == 1:
                self._find_mutations(given, "the backward function")
                if not all(map(_same, cotangents, self.cotangents)):
                    self.findings.append(
                        Finding(
                            "input_mutated",
                            "the backward function wrote into grad_out: make a copy first",
                        )
                    )
        for a, b in zip(*results, strict=True):
            if a is not None and (b is None or not _same(a, b)):
                self.findings.append(
                    Finding(
                        "nondeterministic",
                        "two calls of the backward function with the same arguments differ: it "
                        "draws random numbers or keeps something between calls",
                    )
                )
                break
        return results[0]

    def _listed(self, returned: Any) -> list[Any]:
        n = len(self.inputs)
        if isinstance(returned, (tuple, list)) and not (
            n == 1 and isinstance(returned, list) and len(returned) != 1
        ):
            gradients = list(returned)
        else:
            gradients = [returned]
        if len(gradients) != n:
            raise ValueError(
                f"the backward function of {self.name} returned {len(gradients)} gradient(s) for "
                f"{n} input(s) ({', '.join(self.names)}): return one for each, None for those "
                "that have no gradient"
            )
        return gradients

    def _find_mutations(self, given: Sequence[Any], who: str) -> None:
        for name, before, after in zip(self.names, self.inputs, given, strict=True):
            if isinstance(before, np.ndarray) and not _same(before, after):
                self.findings.append(
                    Finding("input_mutated", f"{who} wrote into {name}: make a copy first")
                )

    # ---- the gradient to one input --------------------------------------------------------

    def _differentiate(self, i: int) -> Derivative:
        function = moved(self.forward, self.inputs, i)
        return differentiate(function, self.inputs[i], self.weights, self.rtol, self.atol)

    def _judge(
        self,
        i: int,
        given: np.ndarray | None,
        derivatives: dict[int, Derivative],
        gradients: Sequence[np.ndarray | None],
        expecteds: Sequence[np.ndarray | None],
    ) -> InputReport:
        x, name = self.inputs[i], self.names[i]
        report = InputReport(name)
        if not is_differentiable(x):
            if given is not None and given.dtype.kind in "fiub" and np.any(given):
                self.notes.append(f"{name} is not floating-point: its gradient was not looked at")
            return report
        if given is None:
            if not isinstance(x, np.ndarray) or x.ndim == 0:
                self.notes.append(f"{name} is a number and got no gradient: it was left out")
                return report
            given = np.zeros(x.shape)
        report.actual = given
        if given.dtype.kind not in "fiub":
            report.findings = [
                Finding("wrong_dtype", f"the gradient is {given.dtype}, not real numbers")
            ]
            return report
        if i not in derivatives:
            return self._judge_large(i, report)
        return self._judge_full(i, report, derivatives[i], gradients, expecteds)

    def _judge_full(
        self,
        i: int,
        report: InputReport,
        d: Derivative,
        gradients: Sequence[np.ndarray | None],
        expecteds: Sequence[np.ndarray | None],
    ) -> InputReport:
        given = report.actual
        assert given is not None
        report.expected = d.gradient
        function = moved(self.forward, self.inputs, i)
        ties: list[list[int]] = []
        if given.shape == d.gradient.shape:
            smooth = ~d.kinks
            scale = float(np.max(np.abs(d.gradient[smooth]), initial=0.0))
            if not scale:
                scale = float(np.max(np.abs(d.gradient), initial=0.0))
            tolerance = self.atol + self.rtol * scale
            values = given.astype(float)
            wrong = ~((values >= d.low - tolerance) & (values <= d.high + tolerance))
            if (wrong & d.kinks).any():
                widen(function, self.inputs[i], d, wrong & d.kinks, self.weights, self.rng)
                wrong = ~((values >= d.low - tolerance) & (values <= d.high + tolerance))
            wrong_ties: list[list[int]] = []
            if d.kinks.any():
                wrong_ties, ties = find_ties(function, self.inputs[i], d, values, self.weights)
            # At a kink any subgradient is right, so that what was returned is what is expected.
            settled = d.kinks & ~wrong
            report.expected = np.where(settled, values, d.gradient)
            if not wrong.any() and not wrong_ties:
                self._settle(i, report, d)
                return report
            for group in wrong_ties:
                report.expected.flat[group] = d.gradient.flat[group] / len(group)
        e = self._evidence(i, given, report.expected, d, gradients, expecteds)
        e.ties = ties
        report.findings = find_causes(e)
        locate(report)
        if given.shape == d.gradient.shape and np.all(np.isfinite(given)):
            report.taylor = taylor_rate(
                function, self.inputs[i], given, self.weights, np.random.default_rng(0)
            )
        return report

    def _settle(self, i: int, report: InputReport, d: Derivative) -> None:
        """The values are right: what is left are kinks and the dtype."""
        given = report.actual
        assert given is not None
        if given.dtype != np.float64 and given.size:
            report.findings = [
                Finding(
                    "wrong_dtype",
                    f"the gradient is {given.dtype}, its input float64: a gradient has its "
                    "input's dtype",
                )
            ]
        elif d.kinks.any():
            report.findings = [Finding("nondifferentiable", self._kink_sentence(i, d))]

    def _kink_sentence(self, i: int, d: Derivative) -> str:
        at = tuple(int(k) for k in np.argwhere(d.kinks)[0])
        where = f"at {np.count_nonzero(d.kinks)} of {d.kinks.size} elements, the first {at}"
        if self.kinks is not None:
            crossed = self.kinks(self.inputs, i).at(at, float(d.steps[at]))
            if crossed:
                where += f": {crossed}"
        return (
            f"there is no derivative {where}; the gradient there lies between the left and the "
            "right one, and elsewhere it is right"
        )

    def _judge_common_ties(
        self, report: GradientReport, derivatives: dict[int, Derivative]
    ) -> None:
        """Elements of several inputs can be tied too, as those of ``maximum(a, b)``."""
        kinked = [i for i, d in derivatives.items() if d.kinks.any()]
        if len(kinked) < 2:
            return
        sizes = [self.inputs[i].size for i in kinked]
        ends = np.cumsum(sizes)

        def function(values: np.ndarray) -> np.ndarray:
            given = self._copies()
            for i, part in zip(kinked, np.split(values, ends[:-1]), strict=True):
                given[i] = part.reshape(self.inputs[i].shape)
            return flat_outputs(self.forward(*given))

        def joined(arrays: Sequence[Any]) -> np.ndarray:
            return np.concatenate([np.ravel(a) for a in arrays])

        ds = [derivatives[i] for i in kinked]
        d = Derivative(
            joined([one.gradient for one in ds]),
            joined([one.error for one in ds]),
            joined([one.low for one in ds]),
            joined([one.high for one in ds]),
            joined([one.kinks for one in ds]),
            None,
            joined([one.steps for one in ds]),
        )
        x = joined([self.inputs[i] for i in kinked])
        actual = joined([report.inputs[i].actual for i in kinked]).astype(float)
        wrong, full = find_ties(function, x, d, actual, self.weights)
        for group in wrong:
            for i in {kinked[int(np.searchsorted(ends, k, side="right"))] for k in group}:
                sentence = "the gradients to elements that are tied with another input's "
                report.inputs[i].findings = [
                    Finding("tie_rule", sentence + "were each given the full gradient")
                    if group in full
                    else Finding("unknown", sentence + "do not add up to the whole")
                ]

    def _evidence(
        self,
        i: int,
        given: np.ndarray,
        expected: np.ndarray,
        d: Derivative,
        gradients: Sequence[np.ndarray | None],
        expecteds: Sequence[np.ndarray | None],
    ) -> Evidence:
        single = len(self.outputs) == 1
        noise = float(np.max(np.where(d.kinks, 0.0, d.error), initial=0.0))
        scale = float(np.max(np.abs(expected), initial=0.0))
        cached: dict[bytes, np.ndarray] = {}

        def vjp(inputs: Sequence[Any]) -> np.ndarray:
            key = b"".join(np.asarray(x).tobytes() for x in inputs if is_differentiable(x))
            if key not in cached:
                try:
                    function = moved(self.forward, inputs, i)
                    cached[key] = differentiate(function, inputs[i], self.weights).gradient
                except (ValueError, ArithmeticError, IndexError):  # not valid inputs
                    cached[key] = np.zeros(expected.shape)
            return cached[key]

        return Evidence(
            given,
            expected,
            name=self.names[i],
            index=i,
            inputs=self.inputs,
            output=self.outputs[0] if single else None,
            cotangent=self.cotangents[0] if single else None,
            jacobian=d.jacobian if single else None,
            actuals=gradients,
            expecteds=expecteds,
            noise=min(noise, 1e-5 * scale) + self.atol,
            tolerance=tolerance_for(given),
            vjp=vjp,
        )

    # ---- a large input --------------------------------------------------------------------

    def _judge_large(self, i: int, report: InputReport) -> InputReport:
        """Along random signed directions; where one is wrong, down to an index."""
        x, given = self.inputs[i], report.actual
        assert given is not None
        if given.shape != x.shape:
            e = Evidence(given, np.zeros(x.shape), name=report.name)
            report.findings = find_causes(e)
            return report
        function = moved(self.forward, self.inputs, i)
        middle = function(x.copy())
        values = given.astype(float)
        typical = float(np.sqrt(np.mean(first_steps(x) ** 2))) * 0.1

        def gap(direction: np.ndarray) -> tuple[float, float]:
            d = best_difference(
                function, x, direction, self.weights, middle, typical, self.atol
            )
            return abs(d.value - float(np.sum(values * direction))), d.doubt

        for _ in range(_DIRECTIONS):
            direction = self.rng.choice([-1.0, 1.0], size=x.shape)
            off, doubt = gap(direction)
            slope = float(np.linalg.norm(values)) + off
            if not off <= self.atol + self.rtol * slope + 2 * doubt:
                return self._resolve(i, report, direction, gap)
        self._settle(i, report, _smooth(values))
        return report

    def _resolve(
        self, i: int, report: InputReport, direction: np.ndarray, gap: Callable
    ) -> InputReport:
        """Halve the direction until one element is left, and look at a sample of the others."""
        x, given = self.inputs[i], report.actual
        assert given is not None
        places = np.arange(x.size)
        while places.size > 1:
            halves = np.array_split(places, 2)
            offs = []
            for half in halves:
                part = np.zeros(x.shape)
                part.flat[half] = direction.flat[half]
                offs.append(gap(part)[0])
            places = halves[int(np.argmax(offs))]
        sample = np.unique(np.append(self.rng.choice(x.size, _SAMPLED, replace=False), places))
        function = moved(self.forward, self.inputs, i)

        def sampled(values: np.ndarray) -> np.ndarray:
            whole = x.copy()
            whole.flat[sample] = values
            return function(whole)

        d = differentiate(sampled, x.flat[sample], self.weights, self.rtol, self.atol)
        cut = Evidence(
            given.ravel()[sample], d.gradient, name=report.name, inputs=[x.ravel()[sample]]
        )
        if len(self.outputs) == 1 and self.outputs[0].shape == x.shape:
            cut.cotangent = self.cotangents[0].ravel()[sample]
            cut.output = self.outputs[0].ravel()[sample]
        cut.noise = self.atol + float(np.max(np.where(d.kinks, 0.0, d.error), initial=0.0))
        report.findings = find_causes(cut)
        report.index = tuple(int(k) for k in np.unravel_index(int(places[0]), x.shape))
        self.notes.append(
            f"{report.name} is large: checked along random directions and at {sample.size} elements"
        )
        return report


def _smooth(values: np.ndarray) -> Derivative:
    """The derivative of a large input: not one kink was met."""
    none = np.zeros(values.shape, bool)
    zeros = np.zeros(values.shape)
    return Derivative(values, zeros, values, values, none, None, zeros)


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    if a.shape != b.shape:
        return False
    if a.dtype.kind == "f" and b.dtype.kind == "f":
        scale = np.max(np.abs(a[np.isfinite(a)]), initial=0.0)
        return bool(np.allclose(a, b, rtol=0, atol=1e-13 * scale, equal_nan=True))
    return bool(np.array_equal(a, b))


def _misshapen(gradient: np.ndarray | None, x: np.ndarray) -> bool:
    """Whether a gradient has another shape, so that only the whole right one explains it."""
    return gradient is not None and gradient.shape != x.shape and x.size <= 5 * FULL


def _as_array(gradient: Any) -> np.ndarray | None:
    if gradient is None:
        return None
    return np.array(gradient.array if isinstance(gradient, Tensor) else gradient)


def input_names(function: Callable, count: int) -> list[str]:
    """The names of the parameters, as far as they are known."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [names[i] if i < len(names) else f"input {i}" for i in range(count)]


def check_backward(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    *inputs: Any,
    rtol: float = RTOL,
    atol: float = ATOL,
    rng: Any = 0,
) -> GradientReport:
    """Check a backward function written by hand, and say what is wrong with it.

    Parameters
    ----------
    forward : callable
        ``forward(*inputs)`` on arrays; returns an array or a tuple of arrays.
    backward : callable
        ``backward(grad_out, *inputs)`` returns one gradient an input (a tuple or list, or a bare
        array where there is one input), None for inputs that are not floating-point. `grad_out`
        is a tuple where `forward` returns one.
    *inputs : array_like
        float32 inputs are checked in float64, with a note.
    rtol, atol : float
        A gradient is right within ``atol + rtol · max|expected|`` and the error of the
        differences.
    rng : int or Generator
        Draws the cotangent.

    Returns
    -------
    GradientReport

    Raises
    ------
    ValueError
        If `backward` returns the wrong number of gradients.
    TypeError
        If no input or no output is floating-point.

    Examples
    --------
    >>> import numpy as np
    >>> from minigrad.testing import check_backward
    >>> def relu(x):
    ...     return np.maximum(x, 0)
    >>> def relu_backward(g, x):
    ...     return g
    >>> check_backward(relu, relu_backward, np.array([-1.0, 2.0, -3.0, 0.5])).cause
    'mask_missing'
    """
    return Check(forward, backward, inputs, rtol, atol, rng).report()
