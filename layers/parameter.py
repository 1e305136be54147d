"""Parameter: a tensor that training changes."""

from __future__ import annotations

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
