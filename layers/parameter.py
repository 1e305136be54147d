"""Parameter: a tensor that training changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import minigrad as mg


class Parameter(mg.Tensor):
    """A tensor that belongs to a module and that training changes.

    Parameters
    ----------
    data : array_like
        Copied, with its dtype.
    requires_grad : bool
        ``False`` freezes it.
    dtype : dtype, optional
    name : str, optional

    Raises
    ------
    TypeError
        If it is to have a gradient and is not floating-point.

    Examples
    --------
    >>> import layers
    >>> layers.Parameter([0.5, 2.0])
    Tensor([0.5, 2. ], requires_grad=True)
    """

    __slots__ = ()

    def __init__(
        self,
        data: npt.ArrayLike | mg.Tensor,
        requires_grad: bool = True,
        dtype: npt.DTypeLike | None = None,
        name: str | None = None,
    ):
        array = np.array(data.array if isinstance(data, mg.Tensor) else data, dtype=dtype)
        super().__init__(array, requires_grad, name=name)
        self.own(array)

    def _in_place(self, operator: str, result: mg.Tensor) -> mg.Tensor:
        """``p += x`` makes a new Tensor; where nothing is recorded, that is never what is meant."""
        if self.requires_grad and not result.requires_grad:
            raise TypeError(
                f"p {operator}= ... makes a new Tensor and leaves the parameter as it is: to "
                f"change its values write p.data {operator}= ..., to use them p {operator} ..."
            )
        return result

    def __iadd__(self, other: Any) -> mg.Tensor:
        return self._in_place("+", self + other)

    def __isub__(self, other: Any) -> mg.Tensor:
        return self._in_place("-", self - other)

    def __imul__(self, other: Any) -> mg.Tensor:
        return self._in_place("*", self * other)

    def __itruediv__(self, other: Any) -> mg.Tensor:
        return self._in_place("/", self / other)
