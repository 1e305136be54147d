"""What a ``with`` changes and restores: recording, rules, kernels, anomaly detection.

One immutable record in one context variable, so that threads and coroutines do not disturb
each other and an exception always restores what was there before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices in force: read by the engine at each call, changed only by a ``with``."""

    recording: bool = True
    anomaly: bool = False
    kernel_set: str = "compiled"
    rules: Mapping[str, Any] = field(default_factory=dict)


_current: ContextVar[Settings] = ContextVar("minigrad_settings", default=Settings())  # noqa: B039

current = _current.get
"""The settings in force here and now."""


@contextmanager
def changed(**changes: Any) -> Iterator[None]:
    """Put changed settings in force for a while."""
    token = _current.set(replace(_current.get(), **changes))
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def no_grad() -> Iterator[None]:
    """Record nothing: results need no gradient and keep nothing alive.

    Works as a context and as a decorator.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, 2.0], requires_grad=True)
    >>> with mg.no_grad():
    ...     (x * x).requires_grad
    False
    """
    with changed(recording=False):
        yield


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Stop at the first NaN or infinity, forward or backward.

    Raises
    ------
    minigrad.NonFiniteError
        At the operation that made the value, naming it and the line that recorded it.

    Examples
    --------
    >>> import minigrad as mg, numpy as np
    >>> x = mg.Tensor([0.0], requires_grad=True)
    >>> with mg.detect_anomaly(), np.errstate(divide="ignore"):
    ...     np.log(x)
    Traceback (most recent call last):
    ...
    minigrad.errors.NonFiniteError: log made 1 non-finite value(s), the first -inf at index (0,)...
    """
    with changed(anomaly=True):
        yield


@contextmanager
def kernels(name: str) -> Iterator[None]:
    """Choose the kernels: ``"compiled"`` (fast, the default) or ``"reference"`` (readable loops).

    ``"direct"``, ``"winograd"``, ``"depthwise"`` and ``"pointwise"`` are compiled ones too, with
    that algorithm for every convolution it can compute, whatever is fastest.

    Raises
    ------
    ValueError
        If there is no kernel set of that name.

    Examples
    --------
    >>> import minigrad as mg, numpy as np
    >>> with mg.kernels("reference"):
    ...     mg.conv2d(np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)))
    array([[[[4.]]]])
    """
    from .kernels import names

    if name not in names:
        raise ValueError(f"there are no kernels named {name!r}; choose one of {', '.join(names)}")
    with changed(kernel_set=name):
        yield


def kernel(name: str) -> Any:
    """The kernel called `name` of the set in force."""
    from .kernels import kernel_set

    return getattr(kernel_set(current().kernel_set), name)
