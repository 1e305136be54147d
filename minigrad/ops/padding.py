"""Padding with NumPy's modes, and its adjoint."""

from __future__ import annotations

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..primitive import primitive

_MODES = ("constant", "edge", "reflect", "symmetric", "wrap")


def _pairs(pad_width, ndim):
    """The widths before and behind each axis, as a tuple of pairs."""
    if isinstance(pad_width, dict):
        pairs = [(0, 0)] * ndim
        for axis, width in pad_width.items():
            pairs[normalize_axis_index(axis, ndim)] = tuple(np.broadcast_to(width, 2).tolist())
    else:
        pairs = [tuple(pair) for pair in np.broadcast_to(pad_width, (ndim, 2)).tolist()]
    for pair in pairs:
        if any(not isinstance(width, int) or width < 0 for width in pair):
            raise ValueError(f"pad widths are integers ≥ 0, not {pad_width}")
    return tuple(pairs)


def _check_mode(mode):
    if mode not in _MODES:
        raise ValueError(f"padding has the modes {', '.join(_MODES)}, not {mode!r}")


def _pad_sample(rng):
    for mode in _MODES:
        yield (rng.normal(size=(3, 4)),), {"pad_width": ((1, 2), (5, 0)), "mode": mode}
    yield (rng.normal(size=(3,)),), {"pad_width": 2}


@primitive(
    formula="x with a border",
    linear=("x",),
    numpy=np.pad,
    saves=("pairs",),
    sample=_pad_sample,
)
def pad(x, /, pad_width, mode="constant", constant_values=0):
    """As `numpy.pad`, with the modes constant, edge, reflect, symmetric and wrap.

    Parameters
    ----------
    x : array_like or Tensor
    pad_width : int, (before, behind), a pair for each axis, or a dict from axis to any of these
    mode : {"constant", "edge", "reflect", "symmetric", "wrap"}
    constant_values : float or pair of float
        What stands in the border, for the mode "constant"; pairs as in `pad_width`.

    Raises
    ------
    ValueError
        If a width is negative or no integer, or the mode is unknown.

    Examples
    --------
    >>> import minigrad as mg, numpy as np
    >>> mg.pad(np.array([1, 2, 3]), (1, 2), mode="reflect")
    array([2, 1, 2, 3, 2, 1])
    """
    _check_mode(mode)
    x = np.asarray(x)
    pairs = _pairs(pad_width, x.ndim)
    options = {"constant_values": constant_values} if mode == "constant" else {}
    return np.pad(x, pairs, mode, **options), pairs


@pad.vjp("x", "ȳ, each border added where it was copied from")
def pad_x(g, pairs, mode):
    return unpad(g, pairs, mode)


def _unpad_sample(rng):
    for mode in _MODES:
        yield (rng.normal(size=(6, 9)),), {"pad_width": ((1, 2), (5, 0)), "mode": mode}


@primitive(formula="x without its border, added where it came from", linear="x", saves=("pairs",),
           sample=_unpad_sample)  # fmt: skip
def unpad(x, /, pad_width, mode="constant"):
    """Fold a border back: the adjoint of `pad` (with a constant, the border is dropped).

    Parameters
    ----------
    x : array_like or Tensor
    pad_width, mode
        As in `pad`.

    Raises
    ------
    ValueError
        If a width is negative or no integer, or the mode is unknown.

    Examples
    --------
    >>> import minigrad as mg, numpy as np
    >>> mg.unpad(np.array([1.0, 1.0, 1.0, 10.0]), (1, 0), mode="edge")
    array([ 2.,  1., 10.])
    """
    _check_mode(mode)
    x = np.asarray(x)
    pairs = _pairs(pad_width, x.ndim)
    if mode == "constant":
        sizes = zip(pairs, x.shape, strict=True)
        return x[tuple([slice(before, n - behind) for (before, behind), n in sizes])], pairs
    for axis, (before, behind) in enumerate(pairs):
        if before or behind:
            x = _folded(x, axis, before, behind, mode)
    return x, pairs


def _folded(x, axis, before, behind, mode):
    """Add the border of one axis where it was copied from."""
    rest = (slice(None),) * axis
    size = x.shape[axis] - before - behind
    inner = x[(*rest, slice(before, before + size))].copy()
    source = np.pad(np.arange(size), (before, behind), mode)
    for i in (*range(before), *range(before + size, x.shape[axis])):
        inner[(*rest, source[i])] += x[(*rest, i)]
    return inner


@unpad.vjp("x", "ȳ with a border")
def unpad_x(g, pairs, mode):
    return pad(g, pairs, mode)
