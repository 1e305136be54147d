"""``minigrad weights``: show what is in a weight file, or write it in another form."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

import layers
from layers import models


def contents(path: str | os.PathLike[str]) -> str:
    """Return a table of the arrays in a weight file: name, type, shape, range.

    Examples
    --------
    >>> import layers, numpy as np, tempfile
    >>> from techniques.weight_command import contents
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     layers.save({"scale": np.array([1.0, 2.0])}, f"{folder}/w.npz")
    ...     print(contents(f"{folder}/w.npz"))
    scale  float64  (2,)  1 to 2
    1 array, 2 numbers
    """
    arrays = layers.load(path)
    rows = [(_printable(name), *_described(array)) for name, array in arrays.items()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    numbers = sum(array.size for array in arrays.values())
    lines.append(f"{len(arrays)} array{'s' * (len(arrays) != 1)}, {numbers} numbers")
    return "\n".join(lines)


def _printable(name: str) -> str:
    """The name without what would steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def _described(array: np.ndarray) -> tuple[str, str, str]:
    span = ""
    if array.size:
        low, high = array.min(), array.max()
        span = f"{low:.4g} to {high:.4g}" if np.isfinite([low, high]).all() else "not finite"
    return str(array.dtype), str(array.shape), span


def convert(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str],
    network: str | None = None,
    names: str | os.PathLike[str] | None = None,
) -> int:
    """Write the arrays of a weight file to another, and return how many there are.

    Parameters
    ----------
    path, out : path
        The suffixes name the forms.
    network : str, optional
        Of `layers.models.NETWORKS`: the file holds a Keras network's arrays.
    names : path, optional
        A JSON file, which maps names of modules to names of Keras layers, as
        `layers.from_channels_last` takes them.

    Raises
    ------
    ValueError, OSError
        When a file cannot be read or written, or does not fit.
    """
    arrays: dict[str, Any] = layers.load(path)
    if (network is None) != (names is None):
        raise ValueError("--network and --names are needed both, for weights of Keras")
    if network is not None and names is not None:
        if network not in models.NETWORKS:
            raise ValueError(f"there is no network {network!r}, only {', '.join(models.NETWORKS)}")
        with layers.init.skip():
            model = models.NETWORKS[network]()
        arrays = layers.from_channels_last(model, arrays, _read_names(Path(names)))
    layers.save(arrays, out)
    return len(arrays)


def _read_names(path: Path) -> dict[str, Any]:
    try:
        names = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no JSON file ({error})") from error
    if not isinstance(names, dict):
        raise ValueError(f"{path} must hold an object from names of modules to names of layers")
    return names
