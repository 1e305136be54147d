"""Random configurations, and what it means that ours and PyTorch's results agree.

The reference is PyTorch's computation in double precision on the same numbers. An error counts
relative to the scale of a result: its largest value or, where the terms of a sum happen to cancel,
the value that they would have had otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import minigrad as mg

from ..minigrad.layouts import LAYOUTS, repeated

TOLERANCE = {"float16": 1e-2, "float32": 1e-5, "float64": 1e-12}


class Draw:
    """What one seed gives, with a record of it for the message of a failure."""

    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)
        self.record = [f"with seed {seed}:"]
        # Half precision is computed in single: it is enough to see it now and then.
        self.dtype = self.choice("float32", "float32", "float32", "float64", "float64", "float16")

    def integer(self, low: int, high: int) -> int:
        """From low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def choice(self, *options: Any) -> Any:
        return options[self.rng.integers(len(options))]

    def note(self, value: Any) -> Any:
        self.record.append(f"  {value}")
        return value

    def array(self, *shape: int) -> np.ndarray:
        """Normal values in the configuration's precision, held by memory in any way."""
        return self.laid_out(self.rng.normal(size=shape).astype(self.dtype))

    def laid_out(self, array: np.ndarray) -> np.ndarray:
        """The same values, or for floating-point numbers one column of them over and over."""
        ways = (*LAYOUTS, repeated) if array.ndim and array.dtype.kind == "f" else LAYOUTS
        layout = self.choice(*ways)
        self.note(f"{array.dtype}{list(array.shape)} {layout.__name__}")
        return layout(array)


def seeds(count: int) -> Callable:
    """Run a test on so many configurations; the message of a failure says which one it was."""

    def decorate(test: Callable[[Draw], None]) -> Callable[[], None]:
        def run() -> None:
            for seed in range(count):
                draw = Draw(seed)
                try:
                    test(draw)
                except Exception as error:
                    error.add_note("\n".join(draw.record))
                    raise

        run.__name__, run.__doc__ = test.__name__, test.__doc__
        return run

    return decorate


def agree(
    ours: Callable, theirs: Callable, *arrays: Any, linear: bool = False, least: float = 0.0
) -> None:
    """Hold values and gradients, for a random cotangent, against PyTorch's in double precision.

    Floating-point arrays are differentiated to; anything else is passed as it is. `linear`: the
    function is, in each of its arrays. `least`: the smallest scale there is.
    """
    leaves = [mg.Tensor(a, requires_grad=True) if _is_float(a) else a for a in arrays]
    y = ours(*leaves)
    dtype = np.result_type(*[a.dtype for a in arrays if _is_float(a)])
    assert y.dtype == dtype, f"the value is {y.dtype}, not {dtype}"
    rng = np.random.default_rng(y.size)
    g = LAYOUTS[rng.integers(len(LAYOUTS))](np.asarray(rng.normal(size=y.shape), y.dtype))
    wanted = [leaf for leaf in leaves if isinstance(leaf, mg.Tensor)]
    gradients = mg.grad(y, wanted, [g])
    found = [y.data, *[gradient.data for gradient in gradients]]
    for leaf, gradient in zip(wanted, gradients, strict=True):
        assert gradient.dtype == leaf.dtype
    expected = _in_double_precision(theirs, arrays, g)
    scales = [np.abs(value).max(initial=least) for value in expected]
    if linear:
        # The variance of a sum of products with random signs is the sum of products of squares.
        squares = [np.square(a, dtype=float) if _is_float(a) else a for a in arrays]
        variances = _in_double_precision(theirs, squares, np.square(g, dtype=float))
        scales = [
            max(scale, variance.max(initial=0) ** 0.5)
            for scale, variance in zip(scales, variances, strict=True)
        ]
    names = ["the value", *[f"the gradient to {i}" for i, a in enumerate(arrays) if _is_float(a)]]
    tolerance = TOLERANCE[str(dtype)]
    for name, actual, right, scale in zip(names, found, expected, scales, strict=True):
        assert_near(name, actual, right, scale * tolerance)


def assert_near(name: str, actual: np.ndarray, expected: np.ndarray, allowed: float) -> None:
    """No element is further from what is expected than allowed; NaN equals NaN."""
    assert actual.shape == expected.shape, f"{name} has shape {actual.shape}, not {expected.shape}"
    error = np.abs(actual.astype(float) - expected)
    wrong = ~((error <= allowed) | (np.isnan(actual) & np.isnan(expected)))
    if wrong.any():
        worst = np.unravel_index(np.where(wrong, np.nan_to_num(error, nan=np.inf), -1).argmax(),
                                 error.shape)  # fmt: skip
        place = tuple(int(i) for i in worst)
        raise AssertionError(
            f"{name} of shape {actual.shape} is wrong in {wrong.sum()} places; at {place} it is "
            f"{actual[worst]}, not {expected[worst]} (an error of {allowed:.1e} is allowed)"
        )


def _is_float(array: Any) -> bool:
    return isinstance(array, np.ndarray) and array.dtype.kind == "f"


def _in_double_precision(
    function: Callable, arrays: Sequence[Any], cotangent: np.ndarray
) -> list[np.ndarray]:
    """PyTorch's value and its gradients to all floating-point arrays."""
    import torch  # here, since the tests that need it are skipped where there is none

    given = [
        torch.tensor(np.array(a, float), requires_grad=True) if _is_float(a)
        else torch.tensor(np.array(a, order="C")) if isinstance(a, np.ndarray) else a
        for a in arrays
    ]  # fmt: skip
    leaves = [t for t, a in zip(given, arrays, strict=True) if _is_float(a)]
    y = function(*given)
    gradients = torch.autograd.grad(y, leaves, torch.tensor(np.array(cotangent, float)))
    return [result.numpy(force=True) for result in (y, *gradients)]
