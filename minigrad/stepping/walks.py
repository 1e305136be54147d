"""Which kernel a step runs, and with which arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..kernels import reference
from .convolution_windows import Convolution, Stamping, WeightGradient
from .pooling_windows import AveragePooling, Gathering, MaxPooling, Spreading, Unpooling
from .windows import Walk

if TYPE_CHECKING:
    from .record import Record


def walk_of(record: Record, argument: str | None = None) -> Walk:
    """The kernel behind a record: forwards that of the operation, backwards that of a contribution.

    Raises
    ------
    ValueError
        If the operation has no windows, or the tape did not keep what the kernel reads.
    """
    values = {given.argument: given.value for given in record.inputs}
    values.update(record.saved)
    make = _FORWARD if record.direction == "forward" else _BACKWARD
    names = [argument] if argument else (
        ["y"] if record.direction == "forward" else [c.argument for c in record.contributions]
    )  # fmt: skip
    for name in names:
        build = make.get((record.operation, name))
        if build is None:
            continue
        try:
            read = build(values, record.cotangent)
        except KeyError as error:
            raise ValueError(
                f"the tape did not keep {error.args[0]!r} of {record.operation}: record inside "
                "with stepping.recording() to keep everything"
            ) from None
        return read
    raise ValueError(
        f"there are no windows in {record.operation}{f' to {argument}' if argument else ''}: "
        f"one can go into {', '.join(sorted({operation for operation, _ in make}))}"
    )


def _positions(v: Any, size: tuple[int, int]) -> np.ndarray:
    """Where the winners of windows lie in the flat plane, as people write it."""
    settings = (v[name] for name in ("kernel_size", "stride", "padding", "dilation"))
    return reference.winner_indices(v["winners"], size, *settings)


def _known(values: dict[str, Any], name: str) -> Any:
    if values.get(name) is None:
        raise KeyError(name)
    return values[name]


def _sliding(v: dict[str, Any]) -> tuple[Any, Any, Any, Any]:
    return v["stride"], v["padding"], v["dilation"], v["groups"]


def _averaging(v: dict[str, Any]) -> tuple[Any, Any, Any]:
    return v["kernel_size"], v["stride"], v["padding"]


_FORWARD: dict[tuple[str, str], Any] = {
    ("conv2d", "y"): lambda v, g: Convolution(
        "convolution", _known(v, "x"), _known(v, "weight"), *_sliding(v)
    ),
    ("conv_transpose2d", "y"): lambda v, g: Stamping(
        "transposed convolution", _known(v, "x"), _known(v, "weight"), v["output_size"],
        *_sliding(v), names=("x", "weight", "y"),
    ),
    ("max_pool2d", "y"): lambda v, g: MaxPooling(
        "max-pooling", _known(v, "x"), v["kernel_size"], v["stride"], v["padding"], v["dilation"],
        v["output_size"],
    ),
    ("max_unpool2d", "y"): lambda v, g: Unpooling(
        "max-unpooling", _known(v, "x"), _positions(v, v["output_size"]), v["output_size"]
    ),
    ("avg_pool2d", "y"): lambda v, g: AveragePooling(
        "average pooling", _known(v, "x"), *_averaging(v), v["output_size"], v["count_include_pad"]
    ),
}  # fmt: skip

_BACKWARD: dict[tuple[str, str], Any] = {
    ("conv2d", "x"): lambda v, g: Stamping(
        "convolution backwards, to the image: a transposed convolution", g, v["weight"],
        v["x_shape"][2:], *_sliding(v),
    ),
    ("conv2d", "weight"): lambda v, g: WeightGradient(
        "convolution backwards, to the kernel", v["x"], g, v["weight_shape"][2:], *_sliding(v)
    ),
    ("conv_transpose2d", "x"): lambda v, g: Convolution(
        "transposed convolution backwards: a convolution", g, v["weight"], *_sliding(v),
        names=("ȳ", "weight", "x̄"),
    ),
    ("conv_transpose2d", "weight"): lambda v, g: WeightGradient(
        "transposed convolution backwards, to the kernel", g, v["x"], v["weight_shape"][2:],
        *_sliding(v), names=("ȳ", "x", "weight gradient"),
    ),
    ("max_pool2d", "x"): lambda v, g: Unpooling(
        "max-pooling backwards: a max-unpooling", g, _positions(v, v["x_shape"][2:]),
        v["x_shape"][2:], names=("ȳ", "indices", "x̄"),
    ),
    ("max_unpool2d", "x"): lambda v, g: Gathering(
        "max-unpooling backwards", g, _positions(v, g.shape[2:])
    ),
    ("avg_pool2d", "x"): lambda v, g: Spreading(
        "average pooling backwards", g, v["x_shape"][2:], *_averaging(v), v["count_include_pad"]
    ),
}  # fmt: skip
