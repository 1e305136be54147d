"""Objects painted in another texture by style transfer, and networks that learned from them."""

import numpy as np
import pytest

from techniques import pretrained
from techniques.data import Shapes
from techniques.data.shapes import swatch
from techniques.model import logits
from techniques.shape_bias import PAIRS, cue_conflict, shape_bias
from techniques.stylised import (
    agreeing,
    painted,
    stylised,
    stylised_conflict,
    texture_painters,
)

FLAT = [lambda x, level=level: 0 * x + level for level in np.linspace(0, 1, PAIRS)]


def test_each_object_is_painted_by_its_painter_and_the_grey_around_it_stays():
    drawn, textures = agreeing(12, size=16), np.arange(12) % PAIRS
    for image, mask, texture in zip(
        painted(drawn, textures, FLAT), drawn.masks, textures, strict=True
    ):
        assert np.allclose(image[:, mask], texture / (PAIRS - 1))
        assert (image[:, ~mask] == 0.5).all()


def test_the_label_is_the_shape_whatever_the_paint():
    data = stylised(60, FLAT, size=16)
    drawn = agreeing(60, size=16)
    assert np.array_equal(data.labels, drawn.labels) and np.array_equal(
        drawn.labels, drawn.textures
    )
    paint = np.array(
        [image[0][mask][0] for image, mask in zip(data.images, drawn.masks, strict=True)]
    )
    assert 0 < (np.rint(paint * (PAIRS - 1)) == data.labels).mean() < 0.5


def test_the_same_conflicts_are_drawn_and_painted():
    by_generator, by_style = cue_conflict(20, size=16), stylised_conflict(20, FLAT, size=16)
    assert np.array_equal(by_generator.shape_labels, by_style.shape_labels)
    assert np.array_equal(by_generator.texture_labels, by_style.texture_labels)
    assert not np.array_equal(by_generator.images, by_style.images)


def test_a_swatch_is_the_texture_alone():
    stripes = swatch(Shapes.texture_names.index("stripes"), 64, seed=1)
    assert stripes.shape == (3, 64, 64) and stripes.dtype == np.float32
    assert len(np.unique(np.rint(stripes * 255).reshape(3, -1), axis=1)[0]) > 1
    assert not np.array_equal(stripes, swatch(0, 64, seed=2))


def test_a_painter_learns_its_texture():
    first, again, longer = (
        texture_painters(size=16, steps=steps, count=1)[0] for steps in (2, 2, 8)
    )
    grey = np.full((1, 3, 16, 16), 0.5, np.float32)
    assert np.array_equal(first(grey).data, again(grey).data)
    wanted = swatch(0, 16).mean(axis=(1, 2))
    near, nearer = (
        np.abs(p(grey).data[0].mean(axis=(1, 2)) - wanted).sum() for p in (first, longer)
    )
    assert nearer < near


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("cue_texture", 0, 0.3), ("cue_shape", 0.8, 1), ("cue_stylised", 0.8, 1)],
)
def test_a_network_believes_the_cue_that_told_the_class(name, least, most):
    model, info = pretrained.load(name)
    conflict = cue_conflict(150, seed=40, size=info.size)
    said = logits(model, conflict.images).argmax(axis=1)
    result = shape_bias(said, conflict.shape_labels, conflict.texture_labels)
    assert least <= result.bias <= most
    assert result.neither < 0.6
