"""Convolution and transposed convolution."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import minigrad as mg

from . import init
from .arguments import pair, shown, size
from .linear import default_weight_and_bias
from .module import Module
from .parameter import Parameter

# From the names of padding modes to those of `mg.pad`.
_PAD_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


class _Convolution(Module):
    """What both directions have in common: the sizes."""

    padding_mode = "zeros"
    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int],
        padding: int | tuple[int, int] | str,
        dilation: int | tuple[int, int],
        groups: int,
    ):
        super().__init__()
        self.in_channels = size("in_channels", in_channels)
        self.out_channels = size("out_channels", out_channels)
        self.kernel_size = pair("kernel_size", kernel_size)
        self.stride = pair("stride", stride)
        self.padding = padding if isinstance(padding, str) else pair("padding", padding, least=0)
        self.dilation = pair("dilation", dilation)
        self.groups = size("groups", groups)
        for name in ("in_channels", "out_channels"):
            if getattr(self, name) % groups:
                raise ValueError(
                    f"{name} must be a multiple of groups, and {getattr(self, name)} is none of "
                    f"{groups}"
                )

    def _check_channels(self, x: Any) -> None:
        shape = np.shape(x)
        if len(shape) != 4 or shape[1] != self.in_channels:
            raise ValueError(
                f"{self} takes images of shape (N, {self.in_channels}, H, W), not {shape}"
                + "; add the batch axis with x[None]" * (len(shape) == 3)
            )

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={shown(self.kernel_size)}"
        defaults = {"stride": (1, 1), "padding": (0, 0), "output_padding": (0, 0)}
        defaults |= {"dilation": (1, 1)}
        for name, default in defaults.items():
            value = getattr(self, name, default)
            if value != default:
                text += f", {name}={shown(value)}"
        if self.groups > 1:
            text += f", groups={self.groups}"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode!r}"
        return text + ", bias=False" * (getattr(self, "bias", False) is None)


class Conv2d(_Convolution):
    """A two-dimensional convolution (cross-correlation) with learned kernels.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size, stride : int or pair of int
    padding : int, pair of int, "same" or "valid"
        Pixels on each side; ``"same"`` (stride 1) keeps height and width.
    dilation : int or pair of int
        The distance between the points of the kernel.
    groups : int
        Into how many parts the channels fall that do not see each other.
    bias : bool
    padding_mode : {"zeros", "reflect", "replicate", "circular"}
    dtype : dtype
        Of the parameters.
    rng : int, Generator or None
        For the initial values, uniform in ±1/√fan_in.

    Attributes
    ----------
    weight : Parameter, shape (out_channels, in_channels / groups, height, width)
    bias : Parameter, shape (out_channels,), or None

    Raises
    ------
    ValueError
        If a size is too small, the channels do not divide, or a mode is unknown.

    Notes
    -----
    Input (N, in_channels, H, W), output (N, out_channels, H', W') with
    H' = ⌊(H + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.

    Examples
    --------
    >>> import layers, numpy as np
    >>> layer = layers.Conv2d(3, 8, kernel_size=3, stride=2, padding=1, rng=0)
    >>> layer(np.zeros((1, 3, 32, 32), np.float32)).shape
    (1, 8, 16, 16)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] | str = 0,
        dilation: int | tuple[int, int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        dtype: npt.DTypeLike = np.float32,
        rng: init.Seed = None,
    ):
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups)
        if padding_mode not in _PAD_MODES:
            raise ValueError(
                f"padding_mode must be one of {', '.join(_PAD_MODES)}, not {padding_mode!r}"
            )
        if isinstance(padding, str) and padding not in ("same", "valid"):
            raise ValueError(f"padding must be sizes, 'same' or 'valid', not {padding!r}")
        if padding == "same" and self.stride != (1, 1):
            raise ValueError(f"padding='same' needs stride 1, not {shown(self.stride)}")
        self.padding_mode = padding_mode
        self.weight, self.bias = default_weight_and_bias(
            (self.out_channels, self.in_channels // self.groups, *self.kernel_size),
            self.out_channels, bias, dtype, rng,
        )  # fmt: skip

    def forward(self, x: Any) -> mg.Tensor:
        self._check_channels(x)
        padding: str | tuple[int, int] = self.padding
        if self.padding_mode != "zeros":
            x = mg.pad(x, ((0, 0), (0, 0), *self._sides()), mode=_PAD_MODES[self.padding_mode])
            padding = (0, 0)
        return mg.conv2d(
            x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )

    def _sides(self) -> list[tuple[int, int]]:
        """How much to pad before and behind each axis of the image."""
        if self.padding == "valid":
            return [(0, 0), (0, 0)]
        if self.padding == "same":
            spans = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True)]
            return [(span // 2, span - span // 2) for span in spans]
        return [(p, p) for p in self.padding]  # type: ignore[misc]

    def multiply_adds(self, inputs: tuple[Any, ...], output: Any) -> int:
        return output.size * self.weight.size // self.out_channels


class ConvTranspose2d(_Convolution):
    """A transposed convolution: the adjoint of `Conv2d`, which enlarges where that shrinks.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size, stride, padding : int or pair of int
        Those of the convolution it is the adjoint of.
    output_padding : int or pair of int
        Rows and columns added at the bottom and right of the output.
    groups : int
    bias : bool
    dilation : int or pair of int
    padding_mode : {"zeros"}
    dtype : dtype
        Of the parameters.
    rng : int, Generator or None
        For the initial values, uniform in ±1/√fan_in.

    Attributes
    ----------
    weight : Parameter, shape (in_channels, out_channels / groups, height, width)
    bias : Parameter, shape (out_channels,), or None

    Notes
    -----
    Input (N, in_channels, H, W), output (N, out_channels, H', W') with
    H' = (H − 1)·stride − 2·padding + dilation·(kernel − 1) + output_padding + 1.

    Examples
    --------
    >>> import layers, numpy as np
    >>> layer = layers.ConvTranspose2d(8, 4, kernel_size=2, stride=2, rng=0)
    >>> layer(np.zeros((1, 8, 5, 5), np.float32)).shape
    (1, 4, 10, 10)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        output_padding: int | tuple[int, int] = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: int | tuple[int, int] = 1,
        padding_mode: str = "zeros",
        *,
        dtype: npt.DTypeLike = np.float32,
        rng: init.Seed = None,
    ):
        if isinstance(padding, str):
            raise TypeError(f"a transposed convolution pads by sizes, not by {padding!r}")
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups)
        if padding_mode != "zeros":
            raise ValueError(
                f"a transposed convolution has only padding_mode='zeros', not {padding_mode!r}"
            )
        self.output_padding = pair("output_padding", output_padding, least=0)
        self.weight, self.bias = default_weight_and_bias(
            (self.in_channels, self.out_channels // self.groups, *self.kernel_size),
            self.out_channels, bias, dtype, rng,
        )  # fmt: skip

    def forward(self, x: Any, output_size: tuple[int, ...] | None = None) -> mg.Tensor:
        self._check_channels(x)
        extra = self.output_padding
        if output_size is not None:
            extra = self._output_padding(np.shape(x), output_size)
        return mg.conv_transpose2d(
            x, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation
        )

    def _output_padding(
        self, shape: tuple[int, ...], output_size: tuple[int, ...]
    ) -> tuple[int, int]:
        """The output padding that leads to `output_size`, which may name batch and channels."""
        extra = [
            wanted - ((n - 1) * s - 2 * p + d * (k - 1) + 1)
            for wanted, n, s, p, d, k in zip(
                output_size[-2:], shape[2:], self.stride, self.padding, self.dilation,
                self.kernel_size, strict=True,
            )
        ]  # fmt: skip
        limits = [max(s, d) for s, d in zip(self.stride, self.dilation, strict=True)]
        if any(not 0 <= e < limit for e, limit in zip(extra, limits, strict=True)):
            least = tuple(w - e for w, e in zip(output_size[-2:], extra, strict=True))
            most = tuple(low + limit - 1 for low, limit in zip(least, limits, strict=True))
            raise ValueError(
                f"{self} makes images from {least} to {most} of shape {shape}, not {output_size}"
            )
        return extra[0], extra[1]

    def multiply_adds(self, inputs: tuple[Any, ...], output: Any) -> int:
        return inputs[0].size * self.weight.size // self.in_channels
