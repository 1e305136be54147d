"""Mistakes that leave a pattern: masks, local derivatives, centring, forgotten contributions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

import numpy as np

from .evidence import Evidence, unbroadcast
from .report import Finding


def as_if_linear(e: Evidence, g: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """The gradients that a linear function would have: g itself, and its products with inputs."""
    shape = e.expected.shape
    if g.shape == shape:
        yield "the cotangent itself", g
    else:
        summed = unbroadcast(g, shape)
        if summed is not None:
            yield "the summed cotangent", summed
    if g.ndim < len(shape):
        for axes in combinations(range(len(shape)), len(shape) - g.ndim):
            wide = np.expand_dims(g, axes)
            if all(n in (1, m) for n, m in zip(wide.shape, shape, strict=True)):
                yield "the cotangent repeated", np.broadcast_to(wide, shape)
    for j, other in enumerate(e.inputs):
        if j == e.index or not isinstance(other, np.ndarray) or other.dtype.kind != "f":
            continue
        for a, b in ((g, other), (other, g)):
            for left in (a, a.T):
                for right in (b, b.T):
                    if left.ndim == right.ndim == 2 and left.shape[1] == right.shape[0]:
                        value = left @ right
                        if value.shape == shape:
                            yield f"the product of the cotangent and input {j}", value


def mask_on_gradient(e: Evidence) -> Finding | None:
    """The mask was made from the cotangent instead of the input."""
    g = e.cotangent
    if g is None:
        return None
    kept = np.where(g > 0, g, 0.0)
    candidates = [kept for _ in [0] if g.shape == e.expected.shape]
    candidates += [value for _, value in as_if_linear(e, kept)]
    masked = e.with_cotangent(kept)
    if masked is not None:
        candidates.append(masked)
    if any(e.is_actual(c) for c in candidates) or _sides_of_cotangent(e):
        return Finding(
            "mask_on_gradient",
            "the gradient is cut where the incoming gradient is negative: the mask belongs to the "
            "forward input (x > 0), not to the gradient",
        )
    return None


def _sides_of_cotangent(e: Evidence) -> bool:
    """Whether a function of two slopes has them chosen by the cotangent instead of the input."""
    g = e.cotangent
    if g is None or e.jacobian is None or not e.same_shape or not e.jacobian_is_diagonal:
        return False
    sides = [_side(np.diag(e.jacobian)), _side((e.actual / g).ravel())]
    if sides[0] is None or sides[1] is None or not np.allclose(sides[0][0], sides[1][0], 0, 1e-5):
        return False
    if np.array_equal(sides[0][1], sides[1][1]):
        return False
    flat = g.ravel()
    return any(
        np.count_nonzero(np.diff(sides[1][1][np.argsort(key)].astype(int))) == 1
        for key in (flat, np.abs(flat))
    )


def _side(slopes: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """The two values of an array that has only two, and where it has the larger."""
    low, high = float(slopes.min()), float(slopes.max())
    if not high - low > 1e-4 * max(abs(low), abs(high)):
        return None
    larger = slopes > (low + high) / 2
    if np.ptp(slopes[larger]) + np.ptp(slopes[~larger]) > 1e-5 * (high - low):
        return None
    return np.array([low, high]), larger


def _mask_of_slopes(e: Evidence) -> bool:
    """Whether a function of two slopes, chosen by the input's sign, was given one of them."""
    x = e.input
    if e.jacobian is None or x is None or not e.same_shape or not e.jacobian_is_diagonal:
        return False
    side = _side(np.diag(e.jacobian))
    if side is None or not np.array_equal(side[1], (x > 0).ravel()) or 0 in side[0]:
        return False
    g = e.cotangent
    return g is not None and abs(side[0].sum()) > 1e-4 and e.is_actual(side[0][1] * g)


def mask_missing(e: Evidence) -> Finding | None:
    """Right where it should be something, and something where it should be 0."""
    if e.same_shape:
        small = np.abs(e.expected) <= 1e-9 * np.max(np.abs(e.expected), initial=0.0) + 3 * e.noise
        wrong = small & (np.abs(e.actual) > 1e-6 * np.max(np.abs(e.actual), initial=0.0))
        used = ~small
        if wrong.any() and used.any():
            a, r = e.actual[used], e.expected[used]
            factor = float(a @ r) / float(r @ r)
            if factor != 0 and e.close(a, factor * r):
                return Finding("mask_missing", _mask_sentence(e, small, factor))
    if _mask_of_slopes(e):
        return Finding(
            "mask_missing",
            "the gradient has one slope everywhere, where the function has another for positive "
            "inputs than for the others: the mask of the forward pass is missing",
        )
    g, y = e.cotangent, e.output
    if g is None or y is None or g.shape != y.shape or not (y == 0).any() or (y == 0).all():
        return None
    masked = dict(enumerate(v for _, v in as_if_linear(e, g * (y != 0))))
    for k, (what, value) in enumerate(as_if_linear(e, g)):
        if e.is_actual(value) and e.is_expected(masked[k]):
            return Finding(
                "mask_missing",
                f"the gradient is {what}, as if no output were cut to 0: the mask is missing",
            )
    return None


def _mask_sentence(e: Evidence, zeros: np.ndarray, factor: float) -> str:
    x = e.input
    where = f"at {np.count_nonzero(zeros)} of {zeros.size} elements"
    positive = x > 0 if x is not None and x.shape == zeros.shape else zeros
    if np.array_equal(positive, ~zeros):
        where = "where the input is not positive"
    sentence = (
        f"it equals the expected gradient elsewhere, and should be 0 {where}: the mask of the "
        "forward pass is missing"
    )
    return sentence if abs(factor - 1) < 1e-4 else f"{sentence} (and it is {factor:.6g} × as large)"


def local_derivative_missing(e: Evidence) -> Finding | None:
    """The cotangent was passed on without the function's own slope, or without a part of it."""
    g = e.cotangent
    if g is not None:
        for what, value in as_if_linear(e, g):
            if e.is_actual(value):
                return Finding(
                    "local_derivative_missing",
                    f"the gradient is {what}: it was passed on without the local derivative of "
                    "the function",
                )
    if not e.same_shape:
        return None
    if g is not None and e.output is not None and e.output.shape == g.shape and e.output.ndim:
        for form, function in _FORMS:
            for _, value in as_if_linear(e, g * function(e.output)):
                if e.is_actual(value):
                    return Finding(
                        "local_derivative_missing",
                        f"the local derivative was taken as {form.format('y')}, which is not the "
                        "function's: a part of it is missing",
                    )
    for name, factor in _lost_factors(e):
        with np.errstate(all="ignore"):
            if np.ptp(factor) > 1e-3 * np.max(np.abs(factor)) and (
                e.is_expected(e.actual * factor) or e.is_actual(e.expected * factor)
            ):
                return Finding(
                    "local_derivative_missing",
                    f"gradient and expected gradient differ by the factor {name} everywhere: that "
                    "part of the local derivative is missing or in excess",
                )
    return None


_FORMS: Sequence[tuple[str, Callable[[np.ndarray], np.ndarray]]] = (
    ("{}", lambda v: v), ("(1 − {})", lambda v: 1 - v), ("(1 + {})", lambda v: 1 + v),
    ("{}²", np.square), ("(1 − {}²)", lambda v: 1 - v * v), ("(1 + {}²)", lambda v: 1 + v * v),
    ("{0}(1 − {0})", lambda v: v * (1 - v)), ("√{}", np.sqrt), ("exp({})", np.exp),
    ("exp(−{})", lambda v: np.exp(-v)), ("sign({})", np.sign), ("cos({})", np.cos),
    ("sin({})", np.sin), ("|{}|", np.abs), ("{}³", lambda v: v**3),
    ("σ({})", lambda v: 1 / (1 + np.exp(-v))), ("tanh({})", np.tanh), ("ln {}", np.log),
)  # fmt: skip


def _lost_factors(e: Evidence) -> Iterator[tuple[str, np.ndarray]]:
    """Usual parts of local derivatives: powers and functions of x, y and the other inputs."""
    shape = e.expected.shape
    known: list[tuple[str, np.ndarray]] = []
    if e.output is not None:
        known.append(("y", e.output))
    known += [
        ("x" if j == e.index else f"input {j}", x)
        for j, x in enumerate(e.inputs)
        if isinstance(x, np.ndarray) and x.dtype.kind == "f"
    ]
    for name, value in known:
        views = [value] if value.ndim else []
        if value.ndim == 1 and len(shape) == 4 and value.shape[0] == shape[1]:
            views = [value[:, None, None]]
        for view in views:
            for form, function in _FORMS:
                try:
                    with np.errstate(all="ignore"):
                        factor = np.broadcast_to(function(view), shape)
                except ValueError:
                    break
                if np.all(np.isfinite(factor)):
                    yield form.format(name), factor


def centering_missing(e: Evidence) -> Finding | None:
    """What is missing is a multiple of 1, of y or of x along some axes: a mean was constant."""
    if not e.same_shape or e.expected.ndim == 0:
        return None
    if e.jacobian_is_diagonal:
        return None
    difference = np.asarray(e.expected - e.actual, float)
    basis = {"1": np.ones(e.expected.shape)}
    if e.output is not None and e.output.shape == e.expected.shape:
        basis["y"] = e.output
        if np.max(e.output, initial=0.0) <= 0:
            basis["exp(y)"] = np.exp(e.output)  # of a logarithm of probabilities
    x = e.input
    if isinstance(x, np.ndarray) and x.shape == e.expected.shape:
        basis["x"] = x
    groups = [("1",), ("y",), ("exp(y)",), ("x",), ("1", "x"), ("1", "y")]
    n = e.expected.ndim
    for axes in (c for k in range(1, n + 1) for c in combinations(range(n), k)):
        length = int(np.prod([e.expected.shape[a] for a in axes]))
        for group in groups:
            if length < len(group) + 2 or any(b not in basis for b in group):
                continue
            if _spanned(difference, [basis[b] for b in group], axes, e) and _centred(
                e, axes, basis[group[0]] if group == ("x",) else basis["1"]
            ):
                where = f"axis {axes[0]}" if len(axes) == 1 else f"axes {axes}"
                return Finding(
                    "centering_missing",
                    f"what is missing is, along {where}, a combination of {' and '.join(group)}: "
                    "the mean (or the normalizing sum) depends on every element too, so a mean "
                    "of the gradient has to be subtracted",
                )
    return None


def _rows(array: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    kept = [a for a in range(array.ndim) if a not in axes]
    length = int(np.prod([array.shape[a] for a in axes]))
    return array.transpose(*kept, *axes).reshape(-1, length)


def _spanned(
    difference: np.ndarray, basis: list[np.ndarray], axes: tuple[int, ...], e: Evidence
) -> bool:
    """Whether each slice of the difference is a combination of the slices of the basis."""
    size = float(np.max(np.abs(difference), initial=0.0))
    columns = np.stack([_rows(b, axes) for b in basis], axis=-1)
    for row, matrix in zip(_rows(difference, axes), columns, strict=True):
        solution = np.linalg.lstsq(matrix, row, rcond=None)[0]
        if np.max(np.abs(row - matrix @ solution)) > e.tolerance * size + 3 * e.noise:
            return False
    return size > 3 * e.noise


def _centred(e: Evidence, axes: tuple[int, ...], weight: np.ndarray) -> bool:
    """Whether the weighted expected gradient sums to 0 along the axes, as behind any centring."""
    size = float(np.max(np.abs(e.expected)))
    count = np.prod([e.expected.shape[a] for a in axes])
    sums = np.sum(e.expected * weight, axes) / np.max(np.abs(weight))
    return bool(np.max(np.abs(sums)) <= count * (e.tolerance * size + 3 * e.noise))


def first_sample_only(e: Evidence) -> Finding | None:
    """Only the first sample of the batch was looked at."""
    if not e.same_shape:
        return None
    sentence = "only the first sample of the batch contributes: the others are missing"
    r, a = e.expected, e.actual
    if r.ndim and r.shape[0] > 1 and np.any(r[1:]):
        if not np.any(a[1:]) and e.close(a[:1], r[:1]):
            return Finding("first_sample_only", sentence)
        if e.is_actual(np.broadcast_to(r[:1], r.shape)):
            return Finding("first_sample_only", f"{sentence}; its gradient was repeated")
    first = _part(e, 0)
    if first is not None and e.is_actual(first):
        return Finding("first_sample_only", sentence)
    if first is not None and e.cotangent is not None:
        n = e.cotangent.shape[0]
        if e.is_actual(n * first) or e.is_actual(first / n):
            return Finding("first_sample_only", sentence)
    return None


def _part(e: Evidence, sample: int) -> np.ndarray | None:
    """What one sample of the batch contributes."""
    g = e.cotangent
    if g is None or g.ndim == 0 or g.shape[0] < 2:
        return None
    kept = np.zeros(g.shape)
    kept[sample] = g[sample]
    return e.with_cotangent(kept)


def not_accumulated(e: Evidence) -> Finding | None:
    """Contributions were overwritten by later ones instead of added up."""
    if not e.same_shape or e.expected.size == 0:
        return None
    g = e.cotangent
    if g is None:
        return None
    last = _part(e, -1)
    if last is not None and e.is_actual(last):
        return Finding(
            "not_accumulated",
            "only the last sample's contribution is left: add to the gradient (+=), do not "
            "overwrite it (=)",
        )
    if e.jacobian is not None and any(e.is_actual(w) for w in _overwritten(e)):
        return Finding(
            "not_accumulated",
            "each element holds one of its contributions: where outputs share an input their "
            "contributions are summed (+=), not overwritten (=)",
        )
    if _one_path(e):
        return Finding(
            "not_accumulated",
            "it matches one of the paths through this input: gradients of the same array are "
            "summed, not overwritten",
        )
    return None


def _one_path(e: Evidence) -> bool:
    """Whether the actual or the missing part is the path of an identity or of another factor."""
    g = e.cotangent
    if g is not None and g.shape == e.expected.shape and (
        e.close(e.expected - e.actual, g) or (e.is_actual(g) and _identity_path(e))
    ):
        return True
    if e.vjp is None:
        return False
    for j, other in enumerate(e.inputs):
        if j == e.index or not isinstance(other, np.ndarray) or other.dtype.kind != "f":
            continue
        altered = list(e.inputs)
        altered[j] = np.zeros_like(other)
        path = e.vjp(altered)
        if np.any(path) and (e.is_actual(path) or e.close(e.expected - e.actual, path)):
            return True
    return False


def _identity_path(e: Evidence) -> bool:
    """Whether the function looks like the identity and something more."""
    x = e.input
    if x is None or e.jacobian is None or not e.jacobian_is_diagonal:
        return True
    return bool(np.min(np.diag(e.jacobian)) > 1 - 1e-6 and np.min(x) < 0 < np.max(x))


def _overwritten(e: Evidence) -> Iterator[np.ndarray]:
    """Gradients in which only the last (or first) output that touches an element counts."""
    g, jacobian = e.cotangent, e.jacobian
    assert g is not None and jacobian is not None
    parts = (g.reshape(-1, 1) * jacobian).reshape(*g.shape, -1)
    small = 1e-9 * np.max(np.abs(jacobian), initial=0.0)
    touched = (np.abs(jacobian) > small).reshape(*g.shape, -1)
    for count in range(g.ndim):
        for axes in combinations(range(g.ndim), count):
            summed = parts.sum(axes).reshape(-1, parts.shape[-1])
            touches = touched.any(axes).reshape(-1, parts.shape[-1])
            if summed.shape[0] < 2 or touches.sum(0).max(initial=0) < 2:
                continue
            for order in (slice(None, None, -1), slice(None)):
                winner = np.argmax(touches[order], axis=0)
                wrong = np.take_along_axis(summed[order], winner[None], 0)[0]
                yield wrong.reshape(e.expected.shape)


PATTERNS: Sequence[Callable[[Evidence], Finding | None]] = (
    mask_on_gradient,
    mask_missing,
    centering_missing,
    first_sample_only,
    not_accumulated,
    local_derivative_missing,
)
