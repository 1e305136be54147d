"""The compiled sets, and a call of every kernel on random arrays, all from one seed."""

from __future__ import annotations

from typing import Any

import numpy as np

from minigrad.kernels import kernel_set, names

from . import geometries

COMPILED = [kernel_set(name) for name in names if name != "reference"]


def calls(seed: int) -> tuple[dict[str, tuple[Any, ...]], str]:
    """The arguments for each kernel, and in words which shapes and settings they have."""
    rng = np.random.default_rng(seed)
    dtype = rng.choice(["float32", "float32", "float64"])

    def integer(low: int, high: int) -> int:
        return int(rng.integers(low, high + 1))

    def normal(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(dtype)

    case = geometries.convolution(integer)
    x, weight, g = normal(*case.x), normal(*case.weight), normal(*case.y)
    pool, flat = geometries.pooling(integer), geometries.pooling(integer, dilated=False)
    windows = flat.kernel_size, flat.stride, flat.padding
    count_include_pad = bool(integer(0, 1))
    pooled = normal(*pool.x)
    _, winners = COMPILED[0].max_pool2d(pooled, *pool[2:6], pool.y[2:])
    indices = COMPILED[0].winner_indices(winners, pool.x[2:], *pool[2:6])
    images = normal(integer(0, 3), integer(1, 5), integer(1, 40), integer(1, 40))
    axes = [
        (rng.integers(0, size, matrix), rng.normal(size=matrix) * rng.integers(0, 2, matrix))
        for size in images.shape[2:]
        for matrix in [(integer(1, 4), integer(1, 60))]
    ]
    logits = normal(integer(0, 3), integer(1, 300), int(rng.choice([1, integer(1, 300)])))
    logits, logarithm = logits.astype(np.float32), bool(integer(0, 1))
    classes = rng.integers(0, logits.shape[1], logits[:, 0].shape)
    rows = integer(0, 9), integer(1, 40), integer(1, 400)
    mean, factor, slope, shift = normal(4, rows[1])
    return {
        "conv2d": (x, weight, *case.settings),
        "conv2d_input_gradient": (g, weight, case.x[2:], *case.settings),
        "conv2d_weight_gradient": (x, g, case.weight[2:], *case.settings),
        "max_pool2d": (pooled, *pool[2:6], pool.y[2:]),
        "max_unpool2d": (normal(*pool.y), winners, *pool[2:6], pool.x[2:]),
        "gather2d": (normal(*pool.x), winners, *pool[2:6]),
        "winner_indices": (winners, pool.x[2:], *pool[2:6]),
        "index_winners": (indices, pool.x[2:], *pool[2:6]),
        "avg_pool2d": (normal(*flat.x), *windows, flat.y[2:], count_include_pad),
        "avg_pool2d_input_gradient": (
            normal(*flat.y), flat.x[2:], *windows, count_include_pad
        ),
        "resample": (images, *axes),
        "softmax": (logits, logarithm),
        "softmax_backward": (logits, logits, logarithm),
        "cross_entropy": (logits, classes),
        "cross_entropy_backward": (logits, classes, classes.astype(np.float32)),
        "channel_moments": (normal(*rows),),
        "channel_products": (normal(*rows), normal(*rows), mean),
        "channel_scale": (normal(*rows), mean, factor, shift),
        "channel_backward": (normal(*rows), normal(*rows), mean, factor, slope),
        "relu": (normal(*rows),),
        "gate": (normal(*rows), normal(*rows), 0.25),
    }, f"seed {seed}: {dtype} {case}, {pool}, {flat}, rows={rows}"  # fmt: skip
