"""How much worse a model becomes: CE, mCE and relative mCE (Hendrycks and Dietterich 2019)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import minigrad as mg

from ..images import as_images
from ..model import Model, logits
from ..progress import tracked
from ..result import Result
from ..target import as_classes
from .corrupt import corrupt
from .severities import BENCHMARK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[Any]

ALEXNET = dict(
    zip(
        BENCHMARK,
        (
            0.886428, 0.894468, 0.922640, 0.819880, 0.826268, 0.785948, 0.798360, 0.866816,
            0.826572, 0.819324, 0.564592, 0.853204, 0.646056, 0.717840, 0.606500,
        ),
        strict=True,
    )
)  # fmt: skip
"""AlexNet's error on ImageNet-C, the mean over the severities: the published baseline."""


def corruption_error(errors: ArrayLike, baseline: ArrayLike) -> float:
    """Return CE = Σ errors / Σ baseline's errors over the five severities, in percent.

    Parameters
    ----------
    errors : array (5,)
        Shares from 0 to 1, one a severity.
    baseline : array (5,), or one number
        Another model's, or the mean of them.

    Examples
    --------
    >>> from techniques.corruptions import corruption_error
    >>> corruption_error([0.1, 0.2, 0.2, 0.2, 0.3], [0.2, 0.4, 0.4, 0.4, 0.6])
    50.0
    """
    measured, reference = _five(errors, "errors"), np.asarray(baseline, float)
    if reference.ndim:
        reference = _five(reference, "baseline")
    if not reference.mean() > 0:
        raise ValueError("the baseline makes no error: there is nothing to compare with")
    return float(100 * measured.mean() / reference.mean())


def mean_corruption_error(
    errors: Mapping[str, ArrayLike], baseline: Mapping[str, ArrayLike] | None = None
) -> float:
    """Return mCE, the mean of `corruption_error` over the fifteen corruptions, in percent.

    Parameters
    ----------
    errors : mapping
        From each name of `BENCHMARK` to five errors.
    baseline : mapping, optional
        Likewise; `ALEXNET` by default, which means something for ImageNet-C only.

    Examples
    --------
    >>> from techniques.corruptions import ALEXNET, mean_corruption_error
    >>> round(mean_corruption_error({name: [error] * 5 for name, error in ALEXNET.items()}), 6)
    100.0
    """
    reference = ALEXNET if baseline is None else baseline
    _complete(errors, "errors")
    _complete(reference, "baseline")
    return float(np.mean([corruption_error(errors[name], reference[name]) for name in BENCHMARK]))


def relative_corruption_error(
    errors: Mapping[str, ArrayLike],
    clean: float,
    baseline: Mapping[str, ArrayLike],
    baseline_clean: float,
) -> float:
    """Return the relative mCE: what corruption *adds* to the error, compared in the same way.

    Parameters
    ----------
    clean, baseline_clean : float
        The errors on clean pictures.

    Examples
    --------
    >>> from techniques.corruptions import BENCHMARK, relative_corruption_error
    >>> errors = {name: [0.3] * 5 for name in BENCHMARK}
    >>> baseline = {name: [0.5] * 5 for name in BENCHMARK}
    >>> round(relative_corruption_error(errors, 0.2, baseline, 0.3), 6)
    50.0
    """
    _complete(errors, "errors")
    _complete(baseline, "baseline")
    ratios = []
    for name in BENCHMARK:
        added = np.mean(np.asarray(baseline[name], float)) - baseline_clean
        if not added > 0:
            raise ValueError(f"{name} adds nothing to the baseline's error: it is no baseline")
        ratios.append(100 * (_five(errors[name], name).mean() - clean) / added)
    return float(np.mean(ratios))


def _five(errors: ArrayLike, name: str) -> Array:
    array = np.asarray(errors, float)
    if array.shape != (5,) or not ((array >= 0) & (array <= 1)).all():
        raise ValueError(f"{name} must be five shares from 0 to 1, one a severity, not {errors!r}")
    return array


def _complete(errors: Mapping[str, ArrayLike], name: str) -> None:
    missing = [corruption for corruption in BENCHMARK if corruption not in errors]
    if missing:
        raise ValueError(f"{name} lacks {', '.join(missing)}: all {len(BENCHMARK)} are needed")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class CorruptionErrors(Result):
    """The errors of a model on corrupted pictures.

    Attributes
    ----------
    clean : float
        On the pictures as they are.
    errors : dict
        From the name of a corruption to five errors, (5,), one a severity.
    """

    clean: float
    errors: dict[str, Array]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw error against severity, a line a corruption."""
        if ax is None:
            from matplotlib import pyplot

            _, ax = pyplot.subplots()
        for name, errors in self.errors.items():
            ax.plot(range(6), [self.clean, *errors], label=name.replace("_", " "))
        ax.set_xlabel("severity")
        ax.set_ylabel("error")
        ax.set_ylim(0, 1)
        ax.legend(fontsize="x-small", ncols=2)
        ax.set_title(self.variant, fontsize="small", wrap=True)
        return ax


def corruption_errors(
    model: Model,
    images: ArrayLike | mg.Tensor,
    labels: ArrayLike,
    names: Sequence[str] = BENCHMARK,
    rng: int | np.random.Generator | None = None,
) -> CorruptionErrors:
    """Measure a model's error under each corruption at each severity.

    Parameters
    ----------
    images : array (N, 3, H, W)
        In [0, 1].
    labels : array (N,) of int
    names : sequence of str
        Of corruptions; by default the fifteen of the benchmark.
    rng : int, Generator or None

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.corruptions import corruption_errors
    >>> images = np.random.default_rng(0).random((4, 3, 8, 8)) * np.arange(1, 5).reshape(4, 1, 1, 1)
    >>> result = corruption_errors(
    ...     lambda x: x.mean(axis=(2, 3)), images / 4, [0, 1, 2, 0], ["contrast"], rng=0)
    >>> result.errors["contrast"].shape
    (5,)
    """
    pictures, rng = as_images(images), np.random.default_rng(rng)
    scores = logits(model, pictures)
    classes = as_classes(labels, scores, "labels")
    upright = pictures.transpose(0, 2, 3, 1)

    def error(name: str, severity: int) -> float:
        corrupted = corrupt(upright, name, severity, rng).transpose(0, 3, 1, 2)
        answers = logits(model, np.ascontiguousarray(corrupted))
        return float((answers.argmax(axis=1) != classes).mean())

    errors = {
        name: np.array([error(name, severity) for severity in range(1, 6)])
        for name in tracked(names, "corruptions")
    }
    return CorruptionErrors(
        clean=float((scores.argmax(axis=1) != classes).mean()),
        errors=errors,
        variant=f"error of {len(pictures)} pictures under {len(errors)} corruptions",
    )
