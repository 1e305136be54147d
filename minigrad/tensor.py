"""Tensor: an array that remembers how it was made."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from .tape import Node


class Tensor:
    """An array that remembers how it was made, so that it can be differentiated.

    NumPy's operators, functions and methods act on it with NumPy's values, shapes and dtypes.

    Parameters
    ----------
    data : array_like
        An array is not copied.
    requires_grad : bool
        Whether gradients with respect to this tensor are wanted.
    dtype : dtype, optional
        NumPy's choice by default.
    name : str, optional
        For printed tapes and for rules limited to named nodes.

    Attributes
    ----------
    data : ndarray
        The values; may be written to and assigned. What backward needs is kept apart, so that
        a write never changes a gradient.
    grad : ndarray or None
        Accumulates in ``backward()``; the shape and dtype of `data`.
    node : Node or None
        The operation that made it; ``None`` for a leaf.

    Raises
    ------
    TypeError
        If the data is not numeric, or a gradient is asked of integers.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    array([2., 4., 6.])
    """

    # `array` is the engine's way to the data; `.data` hands it out. `shared` says whether user
    # code may hold that very array, in which case the tape keeps a copy instead.
    __slots__ = (
        "__weakref__", "_name", "_requires_grad", "array", "grad", "hooks", "node", "shared",
    )  # fmt: skip

    array: np.ndarray
    grad: np.ndarray | None
    hooks: list[Callable] | None
    node: Node | None
    shared: bool

    def __init__(
        self,
        data: npt.ArrayLike | Tensor,
        requires_grad: bool = False,
        dtype: npt.DTypeLike | None = None,
        name: str | None = None,
    ):
        array = np.asarray(data.data if isinstance(data, Tensor) else data, dtype=dtype)
        if array.dtype.kind not in "fiub":
            raise TypeError(
                f"a Tensor holds real numbers or booleans, not {array.dtype}: "
                "convert the data first"
            )
        self.array = array
        self.shared = True
        self.grad = None
        self.hooks = None
        self.node = None
        self._name = name
        self._requires_grad = False
        if requires_grad:
            self.requires_grad = True

    # ---- the data -------------------------------------------------------------------------

    @property
    def data(self) -> np.ndarray:
        """The values, as a plain array that may be written to."""
        if not self.shared:
            # A tape may hold this array, so what is handed out is another one.
            self.array = self.array.copy()
            self.shared = True
        return self.array

    @data.setter
    def data(self, value: npt.ArrayLike) -> None:
        array = np.asarray(value.data if isinstance(value, Tensor) else value)
        if array.dtype.kind not in "fiub":
            raise TypeError(f"a Tensor holds real numbers or booleans, not {array.dtype}")
        if self.requires_grad and array.dtype.kind != "f":
            raise TypeError(
                f"this tensor requires a gradient, and {array.dtype} data has none: "
                "assign floating-point data"
            )
        made = self.node
        if made is not None and (array.shape, array.dtype) != (made.shape, made.dtype):
            raise ValueError(
                f"this tensor was made by {made.primitive.name} as {made.shape} "
                f"{made.dtype}; {array.shape} {array.dtype} data would not fit its gradient: "
                "use .detach() for a tensor of its own"
            )
        self.array = array
        self.shared = True
        if self.grad is not None:  # it has the shape and dtype of the data, or there is none
            fits = self.grad.shape == array.shape
            self.grad = self.grad.astype(array.dtype, copy=False) if fits else None

    def own(self, array: np.ndarray) -> None:
        """Take over a fresh array that nobody else holds (optimizers, loading)."""
        self.array = array
        self.shared = False

    def numpy(self) -> np.ndarray:
        """The values, as `data`."""
        return self.data

    def item(self) -> Any:
        """The only value, as a Python number."""
        return self.array.item()

    def tolist(self) -> Any:
        """The values as nested lists of Python numbers."""
        return self.array.tolist()

    def detach(self) -> Tensor:
        """A tensor with the same values that gradients do not flow through."""
        return Tensor(self.data)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def ndim(self) -> int:
        return self.array.ndim

    @property
    def size(self) -> int:
        return self.array.size

    @property
    def dtype(self) -> np.dtype:
        return self.array.dtype

    # ---- gradients ------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to this tensor. May be set on a leaf."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if self.node is not None and not value:
            raise ValueError(
                "requires_grad can be switched off only on a leaf; .detach() leaves the tape"
            )
        if value and self.array.dtype.kind != "f":
            raise TypeError(
                f"{self.array.dtype} values have no gradient: make the Tensor of floating-point "
                "numbers, for example with dtype=float"
            )
        self._requires_grad = bool(value)

    def requires_grad_(self, value: bool = True) -> Tensor:
        """Set `requires_grad` and return the tensor."""
        self.requires_grad = value
        return self

    @property
    def target(self) -> Node | Tensor:
        """Where this tensor's gradient arrives: the node that made it, or the leaf itself."""
        return self.node or self

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made it."""
        return self.node is None

    @property
    def name(self) -> str | None:
        """A name for printed tapes and for rules limited to named nodes."""
        return self._name

    @name.setter
    def name(self, value: str | None) -> None:
        self._name = value
        if self.node is not None:
            self.node.name = value

    def backward(self, grad: npt.ArrayLike | None = None, retain_tape: bool = False) -> None:
        """Add the gradient of this tensor to the ``.grad`` of every leaf it depends on.

        Parameters
        ----------
        grad : array_like, optional
            The gradient of this tensor, of its shape; may be left out for a single number.
        retain_tape : bool
            Keep what the rules need, for another backward pass.

        Raises
        ------
        ValueError
            If nothing requires a gradient, or `grad` has another shape.
        RuntimeError
            If a former backward pass has freed the tape.

        Examples
        --------
        >>> import minigrad as mg
        >>> x = mg.Tensor([3.0], requires_grad=True)
        >>> (x ** 2).backward()
        >>> x.grad
        array([6.])
        """
        tape = Tape(self)
        retained = [node.output() for node in tape.nodes if node.output is not None]
        receivers = tape.leaves + [tensor for tensor in retained if tensor is not None]
        targets = [tensor.target for tensor in receivers]
        sums = tape.gradients(grad, wanted=targets, free=not retain_tape)
        gradients = tape.unaliased([sums.get(target) for target in targets])
        for tensor, gradient in zip(receivers, gradients, strict=True):
            if gradient is not None:
                tensor.accumulate_grad(gradient)

    def accumulate_grad(self, gradient: np.ndarray) -> None:
        """Add to `grad`, out of place: an array taken from ``.grad`` before stays as it was."""
        if gradient.shape != self.array.shape:
            raise ValueError(
                f"data of shape {self.array.shape} was assigned to a tensor recorded with shape "
                f"{gradient.shape}: compute the output again before backward()"
            )
        if gradient.dtype != self.array.dtype:
            gradient = gradient.astype(self.array.dtype)
        self.grad = gradient if self.grad is None else np.asarray(self.grad + gradient)

    def zero_grad(self) -> None:
        """Forget the gradient."""
        self.grad = None

    def retain_grad(self) -> None:
        """Have ``backward()`` set ``.grad`` here too, although this is not a leaf."""
        if not self.requires_grad:
            raise ValueError("this tensor requires no gradient, so there is none to retain")
        if self.node is not None:
            self.node.output = weakref.ref(self)

    def register_hook(self, hook: Callable[[np.ndarray], Any]) -> HookHandle:
        """Call ``hook(gradient)`` when this tensor's gradient is complete.

        The hook gets a copy of the gradient, an array, and may return another in its place.

        Returns
        -------
        HookHandle
            Whose ``remove()`` takes the hook away.
        """
        if not self.requires_grad:
            raise ValueError("this tensor requires no gradient, so its hook would never be called")
        owner = self.target
        if owner.hooks is None:
            owner.hooks = []
        owner.hooks.append(hook)
        return HookHandle(owner.hooks, hook)

    # ---- NumPy's protocols ----------------------------------------------------------------

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:
        if self.requires_grad:
            raise TypeError(
                "turning a Tensor that requires a gradient into an array would lose the gradient "
                "in silence: use .data for the values, or .detach() for a Tensor off the tape"
            )
        return np.array(self.data, dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return numpy_protocol.array_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: tuple, options: dict) -> Any:
        return numpy_protocol.array_function(function, args, options)

    # ---- operators ------------------------------------------------------------------------

    def __add__(self, other: Any) -> Tensor:
        return ops.add.operate(self, other)

    def __radd__(self, other: Any) -> Tensor:
        return ops.add.operate(other, self)

    def __sub__(self, other: Any) -> Tensor:
        return ops.subtract.operate(self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return ops.subtract.operate(other, self)

    def __mul__(self, other: Any) -> Tensor:
        return ops.multiply.operate(self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return ops.multiply.operate(other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return ops.divide.operate(self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return ops.divide.operate(other, self)

    def __floordiv__(self, other: Any) -> Tensor:
        return ops.floor_divide.apply((self, other))

    def __rfloordiv__(self, other: Any) -> Tensor:
        return ops.floor_divide.apply((other, self))

    def __mod__(self, other: Any) -> Tensor:
        return ops.mod.apply((self, other))

    def __rmod__(self, other: Any) -> Tensor:
        return ops.mod.apply((other, self))

    def __divmod__(self, other: Any) -> tuple[Tensor, Tensor]:
        return ops.floor_divide(self, other), ops.mod(self, other)

    def __pow__(self, other: Any) -> Tensor:
        return ops.power.apply((self, other))

    def __rpow__(self, other: Any) -> Tensor:
        return ops.power.apply((other, self))

    def __matmul__(self, other: Any) -> Tensor:
        return ops.matmul.apply((self, other))

    def __rmatmul__(self, other: Any) -> Tensor:
        return ops.matmul.apply((other, self))

    def __neg__(self) -> Tensor:
        return ops.negative.apply((self,))

    def __pos__(self) -> Tensor:
        return ops.positive(self)

    def __abs__(self) -> Tensor:
        return ops.absolute(self)

    def __getitem__(self, index: Any) -> Tensor:
        return ops.getitem(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            "a Tensor is not written in place: build a new one with np.where or mg.put, or write "
            "to x.data[...] if no gradient should flow through the write"
        )

    # Comparisons give plain boolean arrays: there is nothing to differentiate.
    def __eq__(self, other: Any) -> Any:
        return np.equal(self, other)

    def __ne__(self, other: Any) -> Any:
        return np.not_equal(self, other)

    def __lt__(self, other: Any) -> Any:
        return np.less(self, other)

    def __le__(self, other: Any) -> Any:
        return np.less_equal(self, other)

    def __gt__(self, other: Any) -> Any:
        return np.greater(self, other)

    def __ge__(self, other: Any) -> Any:
        return np.greater_equal(self, other)

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        return bool(self.array)

    def __float__(self) -> float:
        return float(self.array)

    def __int__(self) -> int:
        return int(self.array)

    def __index__(self) -> int:
        return self.array.__index__()

    def __len__(self) -> int:
        return len(self.array)

    def __iter__(self) -> Iterator[Tensor]:
        if self.ndim == 0:
            raise TypeError("a Tensor without axes cannot be iterated over")
        return (self[i] for i in range(len(self)))

    def __contains__(self, value: Any) -> bool:
        return value in self.array

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def __repr__(self) -> str:
        text = np.array2string(self.array, separator=", ", prefix="Tensor(", threshold=100)
        if self.array.dtype not in (np.float64, np.int64, np.bool_):
            text += f", dtype={self.array.dtype}"
        if self.node is not None:
            text += f", made by {self.node.primitive.name}"
        elif self.requires_grad:
            text += ", requires_grad=True"
        return f"Tensor({text})"

    def _repr_html_(self) -> str:
        from .stepping.notebook import tensor_html

        return tensor_html(self)

    def __reduce__(self) -> tuple:
        return type(self), (self.array.copy(), self.requires_grad, None, self.name)

    # ---- NumPy's methods ------------------------------------------------------------------

    @property
    def T(self) -> Tensor:
        """The axes in reverse order."""
        return ops.transpose(self)

    @property
    def mT(self) -> Tensor:
        """The last two axes exchanged."""
        return ops.swapaxes(self, -1, -2)

    def sum(self, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Tensor:
        """As `numpy.sum`."""
        return ops.sum(self, axis=axis, dtype=dtype, keepdims=keepdims)

    def mean(self, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Tensor:
        """As `numpy.mean`."""
        return ops.mean(self, axis=axis, dtype=dtype, keepdims=keepdims)

    def prod(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """As `numpy.prod`."""
        return ops.prod(self, axis=axis, keepdims=keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """As `numpy.max`."""
        return ops.max(self, axis=axis, keepdims=keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        """As `numpy.min`."""
        return ops.min(self, axis=axis, keepdims=keepdims)

    def var(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Tensor:
        """As `numpy.var`."""
        return ops.var(self, axis=axis, ddof=ddof, keepdims=keepdims)

    def std(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Tensor:
        """As `numpy.std`."""
        return ops.std(self, axis=axis, ddof=ddof, keepdims=keepdims)

    def cumsum(self, axis: int | None = None) -> Tensor:
        """As `numpy.cumsum`."""
        return ops.cumsum(self, axis=axis)

    def cumprod(self, axis: int | None = None) -> Tensor:
        """As `numpy.cumprod`."""
        return ops.cumprod(self, axis=axis)

    def argmax(self, axis: int | None = None, keepdims: bool = False) -> Any:
        """As `numpy.argmax`: a plain array of positions."""
        return np.argmax(self.array, axis=axis, keepdims=keepdims)

    def argmin(self, axis: int | None = None, keepdims: bool = False) -> Any:
        """As `numpy.argmin`: a plain array of positions."""
        return np.argmin(self.array, axis=axis, keepdims=keepdims)

    def argsort(self, axis: int | None = -1) -> np.ndarray:
        """As `numpy.argsort` (stable): a plain array of positions."""
        return np.argsort(self.array, axis=axis, kind="stable")

    def any(self, axis: Any = None, keepdims: bool = False) -> Any:
        """As `numpy.any`."""
        return np.any(self.array, axis=axis, keepdims=keepdims)

    def all(self, axis: Any = None, keepdims: bool = False) -> Any:
        """As `numpy.all`."""
        return np.all(self.array, axis=axis, keepdims=keepdims)

    def nonzero(self) -> tuple[np.ndarray, ...]:
        """As `numpy.nonzero`: plain arrays of positions."""
        return np.nonzero(self.array)

    def reshape(self, *shape: Any) -> Tensor:
        """As `numpy.ndarray.reshape`: the sizes or one tuple of them."""
        return ops.reshape(self, shape[0] if len(shape) == 1 else shape)

    def ravel(self) -> Tensor:
        """As `numpy.ravel`."""
        return ops.reshape(self, -1)

    def flatten(self) -> Tensor:
        """As `numpy.ndarray.flatten`."""
        return ops.reshape(self, -1)

    def transpose(self, *axes: Any) -> Tensor:
        """As `numpy.ndarray.transpose`: the axes or one tuple of them."""
        if not axes:
            return ops.transpose(self)
        return ops.transpose(self, axes[0] if len(axes) == 1 else axes)

    def swapaxes(self, axis1: int, axis2: int) -> Tensor:
        """As `numpy.swapaxes`."""
        return ops.swapaxes(self, axis1, axis2)

    def squeeze(self, axis: Any = None) -> Tensor:
        """As `numpy.squeeze`."""
        return ops.squeeze(self, axis=axis)

    def repeat(self, repeats: Any, axis: int | None = None) -> Tensor:
        """As `numpy.repeat`."""
        return ops.repeat(self, repeats, axis=axis)

    def take(self, indices: Any, axis: int | None = None) -> Tensor:
        """As `numpy.take`."""
        return ops.take(self, indices, axis=axis)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
        """As `numpy.diagonal`."""
        return ops.diagonal(self, offset=offset, axis1=axis1, axis2=axis2)

    def trace(self, offset: int = 0) -> Tensor:
        """As `numpy.trace`."""
        return ops.trace(self, offset=offset)

    def dot(self, other: Any) -> Tensor:
        """As `numpy.dot`."""
        return ops.dot(self, other)

    def clip(self, min: Any = None, max: Any = None) -> Tensor:
        """As `numpy.clip`."""
        return ops.clip(self, min, max)

    def round(self, decimals: int = 0) -> Tensor:
        """As `numpy.round`: its derivative is zero."""
        return ops.round(self, decimals=decimals)

    def sort(self, axis: int | None = -1) -> Tensor:
        """The values in order, as `numpy.sort` (a new tensor)."""
        return ops.sort(self, axis=axis)

    def astype(self, dtype: npt.DTypeLike) -> Tensor:
        """The values in another dtype; leaves the tape if that is not a floating-point one."""
        return ops.astype(self, dtype)

    def copy(self) -> Tensor:
        """A copy that gradients flow through."""
        return ops.positive(self)


class HookHandle:
    """Takes a registered hook away again."""

    def __init__(self, hooks: list[Callable], hook: Callable):
        self._hooks = hooks
        self._hook = hook

    def remove(self) -> None:
        """Remove the hook; harmless when it is gone already."""
        if self._hook in self._hooks:
            self._hooks.remove(self._hook)


# The methods above need the operations, and these need the class: the imports stand last.
from . import numpy_protocol, ops  # noqa: E402
from .tape import Tape  # noqa: E402
