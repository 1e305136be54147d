"""The windows of a convolution: which elements each output position reads."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

Pair = tuple[int, int]


class Windows(NamedTuple):
    """Those of a convolution; without arguments, every position reads its own element."""

    kernel_size: Pair = (1, 1)
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)

    @property
    def taps(self) -> int:
        return self.kernel_size[0] * self.kernel_size[1]

    def extent(self, rows: int, columns: int) -> Pair:
        """How many rows and columns so many rows and columns of positions read."""
        (kh, kw), (sh, sw), _, (dh, dw) = self
        return (rows - 1) * sh + (kh - 1) * dh + 1, (columns - 1) * sw + (kw - 1) * dw + 1

    def shifts(self, pitch: int) -> np.ndarray:
        """Where each tap lies behind the first, in rows `pitch` apart."""
        (kh, kw), (dh, dw) = self.kernel_size, self.dilation
        return np.add.outer(np.arange(kh) * dh * pitch, np.arange(kw) * dw).ravel()
