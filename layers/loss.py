"""Losses as modules: ``loss(input, target)`` is a number to be made small."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

import minigrad as mg

from .module import Module


class _Loss(Module):
    """A loss with an optional weight and a way to reduce its values."""

    def __init__(self, weight: npt.ArrayLike | None = None, reduction: str = "mean"):
        super().__init__()
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"reduction must be 'mean', 'sum' or 'none', not {reduction!r}")
        self.reduction = reduction
        self.weight: Any
        self.register_buffer("weight", weight)

    def extra_repr(self) -> str:
        return f"reduction={self.reduction!r}" * (self.reduction != "mean")


class CrossEntropyLoss(_Loss):
    """Minus the log-probability of the right class, from logits.

    Parameters
    ----------
    weight : array_like, shape (C,), optional
        How much each class counts.
    ignore_index : int
        A class that does not count.
    reduction : {"mean", "sum", "none"}
        ``"mean"`` is weighted.
    label_smoothing : float
        The part of the target, in [0, 1], that is shared equally by all classes.

    Notes
    -----
    Logits (N, C, ...), target (N, ...) of classes or (N, C, ...) of probabilities.

    Examples
    --------
    >>> import layers, numpy as np
    >>> round(layers.CrossEntropyLoss()(np.zeros((2, 4)), np.array([0, 3])).item(), 4)
    1.3863
    """

    def __init__(
        self,
        weight: npt.ArrayLike | None = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ):
        super().__init__(weight, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, logits: Any, target: Any) -> Any:
        return mg.cross_entropy(
            logits, target, weight=self.weight, ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing, reduction=self.reduction,
        )  # fmt: skip


class NLLLoss(_Loss):
    """Minus the given log-probability of the right class.

    Parameters
    ----------
    weight : array_like, shape (C,), optional
        How much each class counts.
    ignore_index : int
        A class that does not count.
    reduction : {"mean", "sum", "none"}
        ``"mean"`` is weighted.

    Notes
    -----
    Log-probabilities (N, C, ...), target (N, ...) of classes.

    Examples
    --------
    >>> import layers, numpy as np
    >>> layers.NLLLoss()(np.array([[-2.0, -1.0]]), np.array([0])).item()
    2.0
    """

    def __init__(
        self,
        weight: npt.ArrayLike | None = None,
        ignore_index: int = -100,
        reduction: str = "mean",
    ):
        super().__init__(weight, reduction)
        self.ignore_index = ignore_index

    def forward(self, log_probabilities: Any, target: Any) -> Any:
        return mg.nll_loss(
            log_probabilities, target, weight=self.weight, ignore_index=self.ignore_index,
            reduction=self.reduction,
        )  # fmt: skip


class MSELoss(_Loss):
    """The squared difference.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}

    Examples
    --------
    >>> import layers, numpy as np
    >>> layers.MSELoss()(np.array([1.0, 2.0]), np.array([1.0, 4.0])).item()
    2.0
    """

    def __init__(self, reduction: str = "mean"):
        super().__init__(reduction=reduction)

    def forward(self, x: Any, target: Any) -> Any:
        return mg.mse_loss(x, target, reduction=self.reduction)


class L1Loss(_Loss):
    """The absolute difference.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}

    Examples
    --------
    >>> import layers, numpy as np
    >>> layers.L1Loss()(np.array([1.0, 2.0]), np.array([1.0, 4.0])).item()
    1.0
    """

    def __init__(self, reduction: str = "mean"):
        super().__init__(reduction=reduction)

    def forward(self, x: Any, target: Any) -> Any:
        return mg.l1_loss(x, target, reduction=self.reduction)


class BCEWithLogitsLoss(_Loss):
    """Binary cross-entropy from logits.

    Parameters
    ----------
    weight : array_like, optional
        How much each value counts; broadcast.
    reduction : {"mean", "sum", "none"}
    pos_weight : array_like, optional
        How much more the positive side counts; broadcast.

    Examples
    --------
    >>> import layers, numpy as np
    >>> round(layers.BCEWithLogitsLoss()(np.array([0.0]), np.array([1.0])).item(), 4)
    0.6931
    """

    def __init__(
        self,
        weight: npt.ArrayLike | None = None,
        reduction: str = "mean",
        pos_weight: npt.ArrayLike | None = None,
    ):
        super().__init__(weight, reduction)
        self.pos_weight: Any
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, logits: Any, target: Any) -> Any:
        return mg.binary_cross_entropy_with_logits(
            logits, target, weight=self.weight, pos_weight=self.pos_weight,
            reduction=self.reduction,
        )  # fmt: skip


class DiceLoss(_Loss):
    """1 − the Dice overlap of prediction and truth, for segmentation; see `mg.dice_loss`.

    Parameters
    ----------
    smooth : float
        Added to numerator and denominator.

    Notes
    -----
    Logits (N, C, H, W), target (N, H, W) of classes.

    References
    ----------
    Milletari, Navab and Ahmadi, V-Net, 3DV 2016.

    Examples
    --------
    >>> import layers, numpy as np
    >>> logits = np.array([[[[99.0]], [[-99.0]]]])
    >>> layers.DiceLoss()(logits, np.array([[[0]]])).item()
    0.0
    """

    def __init__(self, smooth: float = 1.0):
        super().__init__()
        self.smooth = smooth

    def forward(self, logits: Any, target: Any) -> Any:
        return mg.dice_loss(logits, target, smooth=self.smooth)

    def extra_repr(self) -> str:
        return f"smooth={self.smooth}" * (self.smooth != 1.0)
