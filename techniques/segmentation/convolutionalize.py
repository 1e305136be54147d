"""A classifier strides over larger images once its fully connected layers are convolutions."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

import layers
import minigrad as mg
from layers.training import evaluation_mode

from .trunk import stages

# What acts on each value alone, so that it may stand behind the flatten and stay as it is.
_POINTWISE = (
    layers.ReLU, layers.ReLU6, layers.LeakyReLU, layers.ELU, layers.GELU, layers.SiLU,
    layers.Sigmoid, layers.Tanh, layers.Dropout, layers.Identity,
)  # fmt: skip


def convolutionalize(model: layers.Module, input_size: int | tuple[int, int]) -> layers.Sequential:
    """Turn a classifier into a fully convolutional network with the same numbers.

    The first fully connected layer reads a map of C × h × w values: it is a convolution with
    kernels of h × w. The others read one place: they are convolutions of 1 × 1. On an image of
    `input_size` the result is the same scores; on a larger one it is a map of scores, one for each
    place at which the classifier fits.

    Parameters
    ----------
    model : Module
        One whose forward pass is its modules one after the other, such as a Sequential of
        convolutions, a flatten and linear layers, a VGG, or one of these behind a normalisation.
        Pooling to a fixed size (`AdaptiveAvgPool2d`) becomes a pool of fixed windows.
    input_size : int or (H, W)
        The size of images that the classifier is made for.

    Returns
    -------
    Sequential
        From images (N, C, H', W') to scores (N, classes, h', w'), in the model's mode. What stands
        before the flatten is the model's own modules, and the new kernels are views of its
        weights: training one trains both.

    Raises
    ------
    TypeError
        If `model` is no Module.
    ValueError
        If the model has no fully connected layer behind convolutions, holds something that cannot
        become a convolution, or computes something else than its modules one after the other.

    Notes
    -----
    The map's places are the classifier at offsets of the features' total stride. Equality is exact
    where no convolution pads, see `without_padding`: padding shows the classifier zeros around each
    window, and the network that strides over the whole image the neighbouring pixels.

    References
    ----------
    Long, Shelhamer and Darrell, Fully convolutional networks for semantic segmentation, CVPR 2015,
    section 3.1.

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques.segmentation import convolutionalize
    >>> model = layers.Sequential(
    ...     layers.Conv2d(1, 4, 3, rng=0), layers.ReLU(), layers.MaxPool2d(2),
    ...     layers.Flatten(), layers.Linear(4 * 3 * 3, 10, rng=1),
    ... )
    >>> network = convolutionalize(model, input_size=8)
    >>> network(np.zeros((1, 1, 8, 8), np.float32)).shape
    (1, 10, 1, 1)
    >>> network(np.zeros((1, 1, 20, 32), np.float32)).shape
    (1, 10, 7, 13)
    """
    if not isinstance(model, layers.Module):
        raise TypeError(f"a Module is converted, not {type(model).__name__}")
    image = _trial_image(model, input_size)
    network = layers.Sequential()
    x: Any = mg.Tensor(image)
    map_shape: tuple[int, ...] = ()  # of what the flatten reads; () before it
    spacing = 1, 1
    with evaluation_mode(model), mg.no_grad():
        for stage in stages(model):
            before = x.shape
            x = stage(x)
            if isinstance(stage, layers.AdaptiveAvgPool2d):
                spacing = _windows(before, x.shape)
                if spacing != (1, 1):
                    network.append(layers.AvgPool2d(spacing, stride=1))
            elif isinstance(stage, layers.Flatten):
                if x.ndim != 2:
                    raise ValueError(f"{stage} leaves {x.ndim} axes: one row an image is needed")
                map_shape = before[1:]
            elif isinstance(stage, layers.Linear):
                if not map_shape:
                    raise ValueError(f"{stage} comes before any Flatten: it already reads channels")
                network.append(_convolution(stage, map_shape, spacing))
                map_shape, spacing = (stage.weight.shape[0], 1, 1), (1, 1)
            else:
                network.append(_on_maps(stage, map_shape[1:]) if map_shape else stage)
        if not map_shape:
            raise ValueError(
                f"{type(model).__name__} has no Flatten with a Linear layer behind it, so there is "
                "nothing to turn into a convolution"
            )
        _check_equal(model, network.eval(), image)
    return network.train(model.training)


def _trial_image(model: layers.Module, input_size: int | tuple[int, int]) -> Any:
    height, width = (input_size, input_size) if isinstance(input_size, int) else input_size
    first = next((part for part in model.modules() if isinstance(part, layers.Conv2d)), None)
    if first is None:
        raise ValueError("the model has no convolution: there is nothing to stride over an image")
    values = np.random.default_rng(0).random((2, first.in_channels, height, width))
    return values.astype(first.weight.dtype)


def _windows(before: tuple[int, ...], after: tuple[int, ...]) -> tuple[int, int]:
    """The height and width of the windows that an adaptive pool averages."""
    height, width = before[2] // after[2], before[3] // after[3]
    if (after[2] * height, after[3] * width) != before[2:]:
        raise ValueError(
            f"AdaptiveAvgPool2d averages unequal windows of a {before[2]} × {before[3]} map to get "
            f"{after[2]} × {after[3]}: give an input_size whose map is a multiple of that"
        )
    return height, width


def _convolution(
    linear: layers.Linear, map_shape: tuple[int, ...], spacing: tuple[int, int]
) -> layers.Conv2d:
    """The same layer, reading a window of a map in place of a flattened map."""
    outputs, (channels, height, width) = linear.weight.shape[0], map_shape
    with layers.init.skip():
        convolution = layers.Conv2d(
            channels, outputs, (height, width), dilation=spacing, bias=linear.bias is not None
        )
    convolution.weight.data = linear.weight.data.reshape(outputs, *map_shape)
    if linear.bias is not None:
        convolution.bias = linear.bias
    return convolution


def _on_maps(stage: layers.Module, size: tuple[int, ...]) -> layers.Module:
    """What stands behind the flatten and is not linear, acting on each place of a map.

    `size` is that of the map which was flattened to be its input.
    """
    if isinstance(stage, _POINTWISE):
        return stage
    if isinstance(stage, layers.Softmax) and size == (1, 1):
        return layers.Softmax(dim=1)
    if isinstance(stage, layers.BatchNorm1d) and size == (1, 1):
        norm = layers.BatchNorm2d(
            stage.num_features, stage.eps, stage.momentum, stage.affine, stage.track_running_stats
        )
        norm.weight, norm.bias = stage.weight, stage.bias
        norm.running_mean, norm.running_var = stage.running_mean, stage.running_var
        return norm
    raise ValueError(
        f"{stage} behind the Flatten cannot become a convolution; only linear layers, activations "
        "and dropout can, and batch norm and softmax behind a linear layer"
    )


def _check_equal(model: layers.Module, network: layers.Sequential, image: Any) -> None:
    scores, expected = network(image).data, model(image).data
    scale = float(np.abs(expected).max()) or 1.0
    if scores.shape[2:] != (1, 1) or np.abs(scores[:, :, 0, 0] - expected).max() > 1e-3 * scale:
        raise ValueError(
            f"the forward pass of {type(model).__name__} is not its modules one after the other, "
            "so they cannot be chained: write it as a Sequential"
        )


def without_padding(model: layers.Module) -> layers.Module:
    """A copy of a model whose convolutions do not pad: they see nothing but pixels.

    What such a classifier says of a window does not depend on where the window lies.

    Examples
    --------
    >>> import layers
    >>> from techniques.segmentation import without_padding
    >>> without_padding(layers.Sequential(layers.Conv2d(3, 8, 5, padding=2)))[0]
    Conv2d(3, 8, kernel_size=5)
    """
    model = copy.deepcopy(model)
    for part in model.modules():
        if isinstance(part, layers.Conv2d):
            part.padding = 0, 0
    return model
