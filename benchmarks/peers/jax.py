"""JAX, compiled by XLA: the single operations, not the networks.

It takes all cores of the process and cannot be told otherwise, so it is passed over at other
numbers of threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..case import Array, normal
from ..timing import Run

LAYOUT = ("NCHW", "OIHW", "NCHW")


def conv2d(x, weight, stride, padding, groups):
    return lax.conv_general_dilated(
        x, weight, (stride, stride), [(padding, padding)] * 2, dimension_numbers=LAYOUT,
        feature_group_count=groups,
    )  # fmt: skip


def conv_transpose2d(x, weight, stride, padding, groups):
    edge = weight.shape[-1] - 1 - padding
    turned = jnp.flip(weight, (2, 3)).swapaxes(0, 1)
    return lax.conv_general_dilated(
        x, turned, (1, 1), [(edge, edge)] * 2, (stride, stride), dimension_numbers=LAYOUT
    )


def pool(start, combine, x, kernel_size, stride=None):
    window, step = (1, 1, kernel_size, kernel_size), stride or kernel_size
    return lax.reduce_window(x, start, combine, window, (1, 1, step, step), "VALID")


def avg_pool2d(x, kernel_size):
    return pool(0.0, lax.add, x, kernel_size) / kernel_size**2


def interpolate(x, scale_factor, mode):
    size = (*x.shape[:2], *(scale_factor * n for n in x.shape[2:]))
    return jax.image.resize(x, size, mode)


def batch_norm(x, weight, bias, running_mean, running_var, training):
    axes = (0, 2, 3)
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    scale = weight[:, None, None] * lax.rsqrt(variance + 1e-5)
    return (x - mean) * scale + bias[:, None, None]


def cross_entropy(x, target):
    chosen = jnp.take_along_axis(jax.nn.log_softmax(x, 1), target[:, None], 1)
    return -chosen.mean()


def dropout(x, p):
    return jnp.where(jax.random.bernoulli(jax.random.key(0), p, x.shape), 0, x / (1 - p))


OPERATIONS: dict[str, Callable] = {
    "conv2d": conv2d,
    "conv_transpose2d": conv_transpose2d,
    "max_pool2d": partial(pool, -jnp.inf, lax.max),
    "avg_pool2d": avg_pool2d,
    "interpolate": interpolate,
    "relu": jax.nn.relu,
    "batch_norm": batch_norm,
    "cross_entropy": cross_entropy,
    "dropout": dropout,
}


class Jax:
    """See `Eager`, whose tasks these are."""

    name = "JAX"
    startup: ClassVar = {
        "import": "import jax",
        "small": "import jax; print(jax.grad(lambda x: (x * x).sum())(jax.numpy.ones(3)).sum())",
    }

    def versions(self) -> dict[str, str]:
        return {"JAX": jax.__version__}

    def use_threads(self, threads: int) -> bool:
        return threads == os.cpu_count()

    def arrays(self, result: Any) -> list[Array]:
        return [np.asarray(part) for part in jax.tree.leaves(result)]

    def can(self, task: str, arguments: dict[str, Any]) -> bool:
        return hasattr(self, task) and arguments.get("operation") in OPERATIONS

    def forward(
        self, operation: str, arrays: Callable, settings: dict[str, Any], changing: str = ""
    ) -> Run:
        inputs = jax.device_put(arrays())
        function = jax.jit(partial(OPERATIONS[operation], **settings))
        return Run(lambda: jax.block_until_ready(function(**inputs)))

    def backward(
        self,
        operation: str,
        arrays: Callable,
        settings: dict[str, Any],
        wrt: tuple[str, ...],
        changing: str = "",
    ) -> Run:
        function, variables = self.of(wrt, operation, arrays, settings)
        y, pullback = jax.jit(partial(jax.vjp, function))(*variables)
        g, back = cotangent(y), jax.jit(lambda pullback, g: pullback(g))
        return Run(lambda: jax.block_until_ready(back(pullback, g)))

    def both_ways(
        self, operation: str, arrays: Callable, settings: dict[str, Any], wrt: tuple[str, ...]
    ) -> Run:
        function, variables = self.of(wrt, operation, arrays, settings)
        g = cotangent(function(*variables))

        @jax.jit
        def both(variables: list[Any], g: Any) -> Any:
            y, pullback = jax.vjp(function, *variables)
            return y, pullback(g)

        return Run(lambda: jax.block_until_ready(both(variables, g)))

    def of(
        self, wrt: tuple[str, ...], operation: str, arrays: Callable, settings: dict[str, Any]
    ) -> tuple[Callable, list[Any]]:
        """The operation as a function of those inputs that get a gradient, and their values."""
        inputs = jax.device_put(arrays())

        def function(*variables: Any) -> Any:
            named = inputs | dict(zip(wrt, variables, strict=True))
            return OPERATIONS[operation](**named, **settings)

        return function, [inputs[name] for name in wrt]


def cotangent(y: Any) -> Any:
    """Random numbers of the shape of `y`, the same as in `Eager`."""
    return jax.device_put(np.asarray(normal(*y.shape, seed=2)))


library = Jax()
