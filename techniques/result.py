"""What every technique returns: plain arrays, and a text that says what was computed."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Result:
    """The base of all results.

    Attributes
    ----------
    variant : str
        What was computed: which score, which ReLU, which upsampling, which normalisation.
    """

    variant: str

    def __repr__(self) -> str:
        arrays = [
            f"{field.name} {value.shape}"
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), np.ndarray)
        ]
        return f"{type(self).__name__}({', '.join(arrays)}): {self.variant}"
