"""Functions of functions: gradients, products with the Jacobian, Jacobian, Hessian."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import settings
from .tape import Tape
from .tensor import Tensor


def _listed(tensors: Any) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    create_graph: bool = False,
    retain_tape: bool | None = None,
) -> tuple[Tensor, ...]:
    """Return the gradients of `outputs` with respect to `inputs`; no ``.grad`` is touched.

    Parameters
    ----------
    outputs, inputs : Tensor or sequence of Tensor
        Inputs may be leaves or intermediate results.
    grad_outputs : array_like or sequence, optional
        The gradient of each output; 1 for outputs of one element.
    create_graph : bool
        Record the backward pass, so that its results can be differentiated again.
    retain_tape : bool, optional
        Keep what the rules need; by default as `create_graph`.

    Returns
    -------
    tuple of Tensor
        One an input, zeros where no output depends on it.

    Raises
    ------
    ValueError
        If an input requires no gradient.

    Examples
    --------
    >>> import minigrad as mg
    >>> x = mg.Tensor(2.0, requires_grad=True)
    >>> (first,) = mg.grad(x ** 3, x, create_graph=True)
    >>> (second,) = mg.grad(first, x)
    >>> first.item(), second.item()
    (12.0, 12.0)
    """
    outputs, inputs = _listed(outputs), _listed(inputs)
    for i, tensor in enumerate(inputs):
        if not isinstance(tensor, Tensor) or not tensor.requires_grad:
            raise ValueError(
                f"input {i} requires no gradient: make it a Tensor with requires_grad=True "
                "before the outputs are computed"
            )
    if grad_outputs is None:
        grad_outputs = [None] * len(outputs)
    elif len(outputs) == 1 and not isinstance(grad_outputs, (tuple, list)):
        grad_outputs = [grad_outputs]
    if retain_tape is None:
        retain_tape = create_graph
    tape = Tape(*outputs, inputs=inputs)
    targets = [tensor.target for tensor in inputs]
    sums = tape.gradients(
        *grad_outputs, wanted=targets, create_graph=create_graph, free=not retain_tape
    )
    gradients = [
        sums[target] if target in sums else np.zeros(tensor.shape, tensor.dtype)
        for tensor, target in zip(inputs, targets, strict=True)
    ]
    if create_graph:
        return _apart(gradients)
    return tuple(Tensor(g) for g in tape.unaliased(gradients))


def _apart(gradients: Sequence[Any]) -> tuple[Tensor, ...]:
    """Gradients as Tensors none of which shares an array with another or with the user's."""
    apart: list[Tensor] = []
    for gradient in gradients:
        tensor = gradient if isinstance(gradient, Tensor) else Tensor(gradient)
        if tensor.shared or any(tensor is other for other in apart):
            tensor = +tensor
        apart.append(tensor)
    return tuple(apart)


def _call(fn: Callable, inputs: Sequence[Tensor]) -> Tensor:
    value = fn(*inputs)
    if not isinstance(value, Tensor):
        raise TypeError(
            f"the function returned {type(value).__name__}, not a Tensor: build its result from "
            "the Tensors that it is given"
        )
    return value


def _leaves(xs: Sequence[Any]) -> list[Tensor]:
    """Inputs as tensors that require a gradient; recorded ones stay connected."""
    leaves = []
    for x in xs:
        if isinstance(x, Tensor) and x.requires_grad:
            leaves.append(x)
        else:
            array = x.array if isinstance(x, Tensor) else np.asarray(x)
            leaves.append(Tensor(array, requires_grad=True))
    return leaves


def vjp(fn: Callable, *xs: Any) -> tuple[Tensor, Callable]:
    """Return the value of ``fn(*xs)`` and its pullback, the vector-Jacobian product.

    Parameters
    ----------
    fn : callable
        From Tensors to one Tensor.
    *xs : array_like or Tensor
        Where to evaluate it.

    Returns
    -------
    value : Tensor
    pullback : callable
        ``pullback(cotangent)`` is the tuple of products, one an input; it can be called again.

    Examples
    --------
    >>> import minigrad as mg, numpy as np
    >>> value, pullback = mg.vjp(np.sin, np.array([0.0, np.pi]))
    >>> pullback([1.0, 1.0])[0].data
    array([ 1., -1.])
    """
    inputs = _leaves(xs)
    with settings.changed(recording=True):
        value = _call(fn, inputs)

    def pullback(cotangent: Any, create_graph: bool = False) -> tuple[Tensor, ...]:
        if not value.requires_grad:
            return tuple(Tensor(np.zeros(x.shape, x.dtype)) for x in inputs)
        return grad([value], inputs, [cotangent], create_graph=create_graph, retain_tape=True)

    return value, pullback


def jvp(fn: Callable, xs: Any, vs: Any) -> tuple[Tensor, Tensor]:
    """Return the value of ``fn(*xs)`` and its derivative in the directions `vs`.

    Done with two backward passes: the vjp is linear in its cotangent, and the derivative of
    that linear map is its transpose, the jvp.

    Parameters
    ----------
    fn : callable
    xs, vs : sequences of array_like
        The inputs and, of the same shapes, the directions.

    Examples
    --------
    >>> import minigrad as mg, numpy as np
    >>> value, tangent = mg.jvp(np.square, ([1.0, 2.0],), ([1.0, 10.0],))
    >>> tangent.data
    array([ 2., 40.])
    """
    xs, vs = tuple(xs), tuple(vs)
    if len(xs) != len(vs):
        raise ValueError(f"{len(xs)} inputs and {len(vs)} directions: give one for each input")
    inputs = _leaves(xs)
    for i, (x, v) in enumerate(zip(inputs, vs, strict=True)):
        if np.shape(v) != x.shape:
            raise ValueError(f"direction {i} has shape {np.shape(v)}, its input {x.shape}")
    with settings.changed(recording=True):
        value = _call(fn, inputs)
        if not value.requires_grad:
            return value, Tensor(np.zeros(value.shape, value.dtype))
        cotangent = Tensor(np.zeros(value.shape, value.dtype), requires_grad=True)
        pulled = grad([value], inputs, [cotangent], create_graph=True)
        reached = [(p, v) for p, v in zip(pulled, vs, strict=True) if p.requires_grad]
        if not reached:
            return value, Tensor(np.zeros(value.shape, value.dtype))
        (tangent,) = grad([p for p, _ in reached], cotangent, [v for _, v in reached],
                          create_graph=True)  # fmt: skip
    return value, tangent


def jacobian(fn: Callable, x: Any, create_graph: bool = False) -> Tensor:
    """Return the Jacobian of `fn` at `x`, of shape ``output.shape + x.shape``.

    Parameters
    ----------
    fn : callable
        From a Tensor to a Tensor; it is differentiated once for each element of its result.
    x : array_like or Tensor
        Where to evaluate it.
    create_graph : bool
        Record the derivative too, so that it can be differentiated again.

    Examples
    --------
    >>> import minigrad as mg, numpy as np
    >>> mg.jacobian(lambda x: x * x, np.array([1.0, 2.0])).data
    array([[2., 0.],
           [0., 4.]])
    """
    from . import ops

    value, pullback = vjp(fn, x)
    shape = value.shape + np.shape(x)
    if value.size == 0:
        return Tensor(np.zeros(shape, value.dtype))
    rows = []
    for i in range(value.size):
        unit = np.zeros(value.size, value.dtype)
        unit[i] = 1
        rows.append(pullback(unit.reshape(value.shape), create_graph=create_graph)[0])
    return ops.stack(rows).reshape(shape)


def hessian(fn: Callable, x: Any) -> Tensor:
    """Return the Hessian of a function of one result, of shape ``x.shape + x.shape``.

    Parameters
    ----------
    fn : callable
        From a Tensor to a Tensor of one element.
    x : array_like or Tensor
        Where to evaluate it.

    Raises
    ------
    ValueError
        If the result has more than one element.

    Examples
    --------
    >>> import minigrad as mg, numpy as np
    >>> mg.hessian(lambda x: (x ** 3).sum(), np.array([1.0, 2.0])).data
    array([[ 6.,  0.],
           [ 0., 12.]])
    """
    return jacobian(lambda leaf: _gradient_of(fn, leaf), x)


def hvp(fn: Callable, x: Any, v: Any) -> Tensor:
    """Return the product of the Hessian of `fn` at `x` with `v`, without forming the Hessian.

    Parameters
    ----------
    fn : callable
        From a Tensor to a Tensor of one element.
    x, v : array_like or Tensor
        Where to evaluate it, and the direction; of one shape.

    Raises
    ------
    ValueError
        If the shapes differ, or the result has more than one element.

    Examples
    --------
    >>> import minigrad as mg, numpy as np
    >>> mg.hvp(lambda x: (x ** 3).sum(), np.array([1.0, 2.0]), np.array([1.0, 1.0])).data
    array([ 6., 12.])
    """
    (leaf,) = _leaves([x])
    if np.shape(v) != leaf.shape:
        raise ValueError(f"v has shape {np.shape(v)}, x has {leaf.shape}: they must agree")
    with settings.changed(recording=True):
        gradient = _gradient_of(fn, leaf)
        if not gradient.requires_grad:
            return Tensor(np.zeros(leaf.shape, leaf.dtype))
        return grad([gradient], leaf, [v])[0]


def _gradient_of(fn: Callable, leaf: Tensor) -> Tensor:
    value = _call(fn, [leaf])
    if value.size != 1:
        raise ValueError(f"a Hessian is of one number, and the function returned {value.shape}")
    if not value.requires_grad:
        return Tensor(np.zeros(leaf.shape, leaf.dtype))
    (gradient,) = grad([value], leaf, [np.ones(value.shape, value.dtype)], create_graph=True)
    return gradient
