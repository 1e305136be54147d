"""Convolution and pooling on plain arrays, twice: as readable loops and compiled.

Both sets have the same functions with the same signatures and the same meaning::

    conv2d(x, weight, stride, padding, dilation, groups, bias=None)
    conv2d_input_gradient(g, weight, input_size, stride, padding, dilation, groups, bias=None)
    conv2d_weight_gradient(x, g, kernel_size, stride, padding, dilation, groups)
    max_pool2d(x, kernel_size, stride, padding, dilation, output_size) -> values, winners
    max_unpool2d(x, winners, kernel_size, stride, padding, dilation, output_size)
    gather2d(y, winners, kernel_size, stride, padding, dilation)
    winner_indices(winners, input_size, kernel_size, stride, padding, dilation) -> indices
    index_winners(indices, input_size, kernel_size, stride, padding, dilation) -> winners or None
    avg_pool2d(x, kernel_size, stride, padding, output_size, count_include_pad)
    avg_pool2d_input_gradient(g, input_size, kernel_size, stride, padding, count_include_pad)
    resample(x, rows, columns)
    relu(x), gate(g, x, slope)
    softmax(x, logarithm), softmax_backward(g, y, logarithm)
    cross_entropy(x, target) -> probabilities, losses
    cross_entropy_backward(probabilities, target, share)
    channel_moments(x) -> mean, variance
    channel_scale(x, mean, factor, shift)
    channel_products(g, x, mean) -> sums, along
    channel_backward(g, x, mean, inverse, weight) -> dx, sums, along

Arrays are (N, C, H, W); sizes are pairs of ints, checked by the caller.

The way from the loops on the slide to the processor: `reference`; `compiled` and `choice`, which
name the algorithm for a shape; `geometry` and `convolution`, which turn a convolution into products
of rows; `micro_kernel`, which multiplies them in registers. Beside it `kernel`, `compiler`, `cache`
and `ahead_of_time`, how a Python function becomes machine code and stays it; `threads`, `crew`,
`mailbox`, `products` and `blas`, who does the work; `arguments` and `memory`, on what.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Collection
from pathlib import Path
from types import ModuleType, SimpleNamespace

from minigrad.kernels.choice import algorithms
from minigrad.kernels.memory import keep_freed_memory
from minigrad.kernels.threads import get_num_threads, set_num_threads

__all__ = [
    "cache_folder",
    "get_num_threads",
    "kernel_set",
    "names",
    "set_num_threads",
    "warm_up",
]

names = ("compiled", "reference", *algorithms)
"""Both sets; and the compiled one with one algorithm for every convolution that it can compute."""


@functools.cache
def kernel_set(name: str) -> ModuleType | SimpleNamespace:
    """The module that holds the set `name`, imported when first asked for.

    Examples
    --------
    >>> import numpy as np
    >>> loops = kernel_set("reference")
    >>> x = np.arange(4.0).reshape(1, 1, 2, 2)
    >>> loops.conv2d(x, np.ones((1, 1, 2, 2)), (1, 1), (0, 0), (1, 1), 1)
    array([[[[6.]]]])
    """
    if name not in names:
        raise ValueError(f"no kernels are named {name!r}; choose one of {', '.join(names)}")
    if name == "reference":
        return importlib.import_module("minigrad.kernels.reference")
    keep_freed_memory()
    compiled = importlib.import_module("minigrad.kernels.compiled")
    return compiled if name == "compiled" else compiled.forced(name)


def cache_folder() -> Path | None:
    """The folder where compiled kernels are kept between runs; None if none can be written."""
    from minigrad.kernels import cache

    return cache.cache_folder()


def warm_up(
    dtypes: tuple[str, ...] = ("float32",),
    progress: Callable[[int, int, str], None] | None = None,
    only: Collection[str] | None = None,
) -> None:
    """Compile every kernel for `dtypes` now, in several processes, so that nobody waits later.

    What is in the cache stays. `progress`, if given, is called after each step with how many are
    done, how many there are, and the step's name. `only` names the jobs to do, such as
    ``"convolution"``; see `minigrad.kernels.ahead_of_time.JOBS`.
    """
    from minigrad.kernels import ahead_of_time

    ahead_of_time.warm_up(dtypes, progress, only)
