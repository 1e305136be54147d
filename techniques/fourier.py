"""Ascent in Fourier space, with decorrelated colours (Olah, Mordvintsev & Schubert 2017).

A picture is written as x = A z: z holds Fourier coefficients in uncorrelated colours, and A scales
them as they are in natural pictures, by 1/frequency, and mixes the colours. A gradient step on z is
the step A Aᵀ g on x. So no other variable is needed: it is enough to filter the gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# Grey, red against blue, green against both: the axes along which the colours of photographs are
# nearly uncorrelated (Ohta, Kanade & Sakai 1980), and how far they reach.
_AXES = np.array([[1, 1, 1], [1, 0, -1], [-1, 2, -1]]) / np.sqrt([[3], [2], [6]])
_REACH = np.array([1.0, 0.35, 0.2])
_COLOURS = (_AXES.T * _REACH**2) @ _AXES


def natural(gradient: Array) -> Array:
    """Return A Aᵀ g of a gradient (N, C, H, W): filtered by 1/frequency², colours mixed.

    Images with another number of channels than three keep their colours.

    Examples
    --------
    >>> import numpy as np
    >>> from techniques.fourier import natural
    >>> stripes = np.tile([1.0, -1.0], (1, 1, 8, 4))  # the highest frequency: damped most
    >>> natural(stripes)[0, 0, 0, :2]
    array([ 0.0625, -0.0625])
    """
    height, width = gradient.shape[2:]
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    lowest = 1 / max(height, width)
    scale = lowest / np.maximum(frequency, lowest)
    filtered = np.fft.irfft2(np.fft.rfft2(gradient) * scale**2, (height, width))
    if gradient.shape[1] == 3:
        filtered = np.einsum("cd,ndhw->nchw", _COLOURS, filtered)
    return filtered.astype(gradient.dtype)
