"""Patches and receptive fields, against what a unit really depends on."""

import numpy as np
import pytest

import layers
import minigrad as mg
from techniques import top_patches
from techniques.receptive_field import receptive_field


class Branches(layers.Module):
    """Two ways of unequal reach, joined by a sum and by channels."""

    def __init__(self):
        super().__init__()
        self.stem = layers.Conv2d(3, 4, (3, 2), stride=(2, 1), padding=1, rng=0)
        self.wide = layers.Conv2d(4, 4, 5, padding=2, rng=1)
        self.norm = layers.BatchNorm2d(4)
        self.join = layers.Identity()

    def forward(self, x):
        x = mg.softplus(self.stem((x - 0.5) / 0.25))
        x = self.norm(self.wide(x)) + x
        return self.join(mg.avg_pool2d(mg.concatenate([x, 2 * x], axis=1), (1, 2)))


def reach(model, image, row, column):
    """First and last row and column of the image on which a unit really depends."""
    (gradient,) = mg.grad(model(image)[:, :, row, column].sum(), image)
    rows, columns = np.nonzero(np.abs(gradient.data).sum(axis=(0, 1)))
    return rows.min(), columns.min(), rows.max() + 1, columns.max() + 1


@pytest.mark.parametrize(
    "model",
    [
        layers.Sequential(layers.Conv2d(3, 4, 5, padding=2, rng=0), layers.AvgPool2d(3, 2, 1),
                          layers.Conv2d(4, 6, 3, rng=1)),
        layers.Sequential(layers.Conv2d(3, 6, 3, stride=3, groups=3, rng=0), layers.Sigmoid()),
        Branches(),
    ],
    ids=["plain", "depthwise", "branches"],
)  # fmt: skip
def test_a_unit_depends_on_its_receptive_field_and_on_nothing_else(model):
    model = model.double().eval()
    image = mg.Tensor(np.random.default_rng(1).normal(size=(4, 3, 20, 23)), requires_grad=True)
    output = model(image)
    field = receptive_field(output, image)
    for row, column in [(0, 0), (1, 2), tuple(n - 1 for n in output.shape[2:])]:
        window = np.clip(field.window(row, column), 0, [20, 23, 20, 23])
        assert tuple(window) == reach(model, image, row, column)


def test_what_sees_everything_is_told():
    image = mg.Tensor(np.ones((1, 3, 4, 4)), requires_grad=True)
    with pytest.raises(ValueError, match=r"how far .* sees is not known"):
        receptive_field(image - image.mean(axis=(2, 3), keepdims=True), image)


def model():
    return layers.Sequential(layers.Conv2d(3, 4, 3, padding=1, rng=0), layers.ReLU()).double()


@pytest.mark.parametrize("batch_size", [1, 4, 50])
def test_the_strongest_places_of_all_images_are_found_however_they_come(batch_size):
    images = np.random.default_rng(2).normal(size=(11, 3, 7, 6))
    result = top_patches(model(), images, "1", n=3, batch_size=batch_size)
    maps = np.maximum(model()[0](mg.Tensor(images)).data, 0)
    for k in range(4):
        strongest = maps[:, k].max(axis=(1, 2))
        order = np.argsort(-strongest)[:3]
        assert result.indices[k].tolist() == order.tolist()
        np.testing.assert_allclose(result.values[k], strongest[order])
        for index, box, patch in zip(order, result.boxes[k], result.patches[k], strict=True):
            row, column = np.unravel_index(maps[index, k].argmax(), (7, 6))
            padded = np.pad(images[index], ((0, 0), (1, 1), (1, 1)), constant_values=np.nan)
            np.testing.assert_array_equal(patch, padded[:, row : row + 3, column : column + 3])
            top, left, bottom, right = box
            inside = images[index][:, top:bottom, left:right]
            np.testing.assert_array_equal(patch[~np.isnan(patch)], inside.ravel())


def test_a_stream_of_batches_gives_the_same():
    images = np.random.default_rng(3).normal(size=(10, 3, 7, 6))
    whole = top_patches(model(), images, "0", n=4)
    stream = top_patches(model(), (images[i : i + 3] for i in range(0, 10, 3)), "0", n=4)
    for name in ("values", "indices", "boxes", "patches"):
        np.testing.assert_allclose(getattr(stream, name), getattr(whole, name), rtol=1e-12)
    assert "10 images" in stream.variant and "3 × 3" in stream.variant
    stream.plot().figure.canvas.draw()


def test_fewer_images_than_asked_for_are_all_taken_and_none_is_an_error():
    assert top_patches(model(), np.zeros((2, 3, 7, 6)), "0").values.shape == (4, 2)
    with pytest.raises(ValueError, match="no images"):
        top_patches(model(), iter([]), "0")
    with pytest.raises(ValueError, match="n must be a positive integer"):
        top_patches(model(), np.zeros((2, 3, 7, 6)), "0", n=0)
