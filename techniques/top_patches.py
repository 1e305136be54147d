"""What does a channel look for? The patches that excite it most, out of many images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import layers
import minigrad as mg
from layers.training import evaluation_mode

from .arguments import check_positive
from .images import as_images
from .model import last_output
from .picture import axes_for, in_colour, mosaic
from .progress import progress_bar
from .receptive_field import ReceptiveField, receptive_field
from .result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class TopPatches(Result):
    """For each of K channels the n patches that excite it most, the strongest first.

    Attributes
    ----------
    patches : ndarray (K, n, C, h, w)
        As large as the receptive field; NaN beyond the border of the image.
    values : ndarray (K, n)
        The activations; there are fewer than n where there are fewer images.
    indices : ndarray (K, n)
        In which image each was found, counted over all batches.
    boxes : ndarray (K, n, 4)
        Top, left, bottom and right in that image, half-open, clipped at its border.
    field : ReceptiveField
    """

    patches: Array
    values: Array
    indices: NDArray[np.int64]
    boxes: NDArray[np.int64]
    field: ReceptiveField

    def plot(self, ax: Axes | None = None, channels: int = 16) -> Axes:
        """Draw the patches of the first channels, each in a square of its own."""
        sheets = [
            mosaic([in_colour(np.nan_to_num(patch, nan=1.0)) for patch in patches], gap=1.0)
            for patches in self.patches[:channels]
        ]
        ax = axes_for(ax)
        ax.imshow(mosaic([np.pad(s, ((2, 2), (2, 2), (0, 0)), constant_values=1) for s in sheets],
                         gap=0.0), interpolation="nearest")  # fmt: skip
        ax.set_title(self.variant, fontsize="small", wrap=True)
        return ax


def top_patches(
    model: layers.Module,
    images: ArrayLike | mg.Tensor | Iterable[ArrayLike],
    layer: str | layers.Module,
    n: int = 9,
    batch_size: int = 64,
) -> TopPatches:
    """Return the n patches that excite each channel of a layer most (Zeiler & Fergus 2014).

    Each image gives a channel its strongest place, the first of equals, so that the patches are of
    n images.

    Parameters
    ----------
    model : Module
    images : array (N, C, H, W), or an iterable of such batches
        Of one size. Of a stream only one batch is in memory at a time, and the patches.
    layer : str or Module
        A layer with output maps.
    n : int
    batch_size : int
        How many images of an array are looked at at a time.

    Returns
    -------
    TopPatches

    Raises
    ------
    ValueError
        If the layer has no maps, or sees the whole image through something else than convolutions
        and pooling; if there are no images.

    Examples
    --------
    >>> import layers, numpy as np
    >>> from techniques import top_patches
    >>> model = layers.Sequential(layers.Conv2d(3, 5, 3, rng=0), layers.ReLU())
    >>> images = np.random.default_rng(0).random((20, 3, 8, 6), np.float32)
    >>> top_patches(model, images, "1", n=4).patches.shape
    (5, 4, 3, 3, 3)
    """
    check_positive("n", n)
    check_positive("batch_size", batch_size)
    best: dict[str, Array] | None = None
    seen, field, name = 0, None, ""
    with progress_bar() as show:
        for batch, total in _batches(images, batch_size):
            show(seen, total, "top patches")
            if field is None:
                field = _field(model, batch, layer)
            name, maps = _maps(model, batch, layer)
            found = _strongest(maps, batch, field, n)
            found["indices"] += seen
            best = found if best is None else {
                key: np.concatenate([best[key], found[key]], axis=1) for key in found
            }  # fmt: skip
            best = _first(best, n)
            seen += len(batch)
    if best is None or field is None:
        raise ValueError("there are no images to take patches from")
    return TopPatches(
        **best,
        field=field,
        variant=f"patches of {field.size[0]} × {field.size[1]} that excite each channel of layer "
        f"{name} most, out of {seen} images",
    )


def _batches(images: Any, batch_size: int) -> Iterator[tuple[Array, int]]:
    """Batches that are not empty, and how many images there are in all (0: not known)."""
    if isinstance(images, mg.Tensor | np.ndarray | list | tuple):
        images = as_images(images)
        for start in range(0, len(images), batch_size):
            yield images[start : start + batch_size], len(images)
    else:
        for batch in images:
            if len(batch := as_images(batch)):
                yield batch, 0


def _maps(model: layers.Module, batch: Array, layer: Any) -> tuple[str, Array]:
    with mg.no_grad(), evaluation_mode(model), layers.capture(model, layer) as activations:
        model(mg.Tensor(batch))
    name, output = last_output(activations, layer, axes=(4,))
    return name, output.data


def _field(model: layers.Module, batch: Array, layer: Any) -> ReceptiveField:
    image = mg.Tensor(batch[:1], requires_grad=True)
    with evaluation_mode(model), layers.capture(model, layer) as activations:
        model(image)
    return receptive_field(last_output(activations, layer, axes=(4,))[1], image)


def _strongest(maps: Array, batch: Array, field: ReceptiveField, n: int) -> dict[str, Array]:
    """The n strongest images of a batch for each channel, at most one place in each: (K, n, …)."""
    count, channels, _, width = maps.shape
    flat = maps.reshape(count, channels, -1)
    order = np.argsort(-flat.max(axis=2).T, axis=1, kind="stable")[:, :n]
    values = np.zeros(order.shape, maps.dtype)
    boxes = np.zeros((*order.shape, 4), np.int64)
    patches = np.full((*order.shape, batch.shape[1], *field.size), np.nan, batch.dtype)
    for k, rank in np.ndindex(order.shape):
        image = order[k, rank]
        place = int(flat[image, k].argmax())
        values[k, rank] = flat[image, k, place]
        window = field.window(*divmod(place, width))
        top, left, bottom, right = boxes[k, rank] = np.clip(window, 0, batch.shape[2:] * 2)
        down, along = top - window[0], left - window[1]
        patches[k, rank, :, down : down + bottom - top, along : along + right - left] = batch[
            image, :, top:bottom, left:right
        ]
    return {"values": values, "indices": order, "boxes": boxes, "patches": patches}


def _first(best: dict[str, Array], n: int) -> dict[str, Array]:
    """The n largest of each channel, the strongest first, earlier images before later ones."""
    order = np.argsort(-best["values"], axis=1, kind="stable")[:, :n]
    channels = np.arange(len(order))[:, None]
    return {key: values[channels, order] for key, values in best.items()}
