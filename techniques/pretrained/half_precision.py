"""Trained weights in 16 bits a number: half the size, with three significant digits."""

from __future__ import annotations

import numpy as np

import layers


def rounded(model: layers.Module) -> dict[str, np.ndarray]:
    """Round a model's weights to float16, in place too, and return them as a file stores them.

    What is measured afterwards is measured on the weights that the file holds.

    Raises
    ------
    ValueError
        If a weight is beyond float16, 65504.

    Examples
    --------
    >>> import layers
    >>> from techniques.pretrained.half_precision import rounded
    >>> layer = layers.Linear(2, 1, rng=0)
    >>> stored = rounded(layer)
    >>> stored["weight"].dtype, bool((layer.weight.data == stored["weight"]).all())
    (dtype('float16'), True)
    """
    arrays = {
        name: array.astype(np.float16) if array.dtype.kind == "f" else array
        for name, array in model.state_dict().items()
    }
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{name} holds what float16 cannot: numbers up to 65504")
    model.load_state_dict(arrays)
    return arrays
