"""Shapes: the truth that comes with every picture is true."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from techniques.data import Shapes
from techniques.data.silhouettes import silhouettes

FIELDS = ("images", "labels", "textures", "masks", "boxes")
SIZES = st.integers(16, 80)
SEEDS = st.integers(0, 2**32)


def equal(one: Shapes, other: Shapes) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in FIELDS)


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS, size=SIZES)
def test_same_seed_gives_the_same_bytes_whatever_the_count(seed, size):
    few, more = Shapes(2, seed, size), Shapes(4, seed, size)
    assert equal(few, more[:2])
    assert not np.array_equal(few.images, Shapes(2, seed + 1, size).images)


def test_the_pictures_are_those_that_networks_were_trained_on():
    shapes = Shapes(4, seed=0)
    assert shapes.labels.tolist() == [8, 5, 9, 5] and shapes.textures.tolist() == [3, 5, 0, 5]
    np.testing.assert_array_equal(
        shapes.boxes,
        [[17, 25, 45, 60], [24, 14, 56, 45], [7, 17, 32, 41], [29, 15, 55, 41]],
    )
    means = shapes.images.mean(axis=(1, 2, 3))
    np.testing.assert_allclose(means, [0.27830, 0.67899, 0.25095, 0.68493], atol=1e-4)


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, size=SIZES)
def test_box_is_that_of_the_mask(seed, size):
    shapes = Shapes(3, seed, size)
    for mask, (top, left, bottom, right) in zip(shapes.masks, shapes.boxes, strict=True):
        inside = mask[top:bottom, left:right]
        assert inside.sum() == mask.sum() > 0
        edges = inside[0], inside[-1], inside[:, 0], inside[:, -1]
        assert all(edge.any() for edge in edges)


def test_objects_never_touch_the_border():
    boxes = Shapes(300, seed=8).boxes
    assert boxes[:, :2].min() >= 1 and boxes[:, 2:].max() <= 63


def test_fields_have_the_promised_types_and_ranges():
    shapes = Shapes(5, seed=3, size=40)
    assert [getattr(shapes, name).dtype for name in FIELDS] == [
        np.float32, np.int64, np.int64, bool, np.int64
    ]  # fmt: skip
    assert shapes.images.shape == (5, 3, 40, 40) and shapes.masks.shape == (5, 40, 40)
    assert shapes.images.min() >= 0 and shapes.images.max() <= 1
    levels = shapes.images * np.float32(255)
    np.testing.assert_allclose(levels, np.rint(levels), atol=1e-4)


def test_every_shape_and_texture_occurs_and_they_are_independent():
    shapes = Shapes(600, seed=0, size=16)
    table = np.zeros((len(Shapes.classes), len(Shapes.texture_names)))
    np.add.at(table, (shapes.labels, shapes.textures), 1)
    assert len(Shapes.classes) >= 8 and len(Shapes.texture_names) >= 6
    assert table.min() > 0
    expected = table.sum(1, keepdims=True) * table.sum(0) / table.sum()
    assert ((table - expected) ** 2 / expected).sum() < 90  # chi square, 45 degrees of freedom


def test_chosen_textures_change_the_object_surface_and_nothing_else():
    drawn = Shapes(6, seed=4)
    chosen = Shapes(6, seed=4, textures=(drawn.textures + 1) % len(Shapes.texture_names))
    np.testing.assert_array_equal(drawn.masks, chosen.masks)
    np.testing.assert_array_equal(drawn.labels, chosen.labels)
    differs = (drawn.images != chosen.images).any(axis=1)
    assert differs[drawn.masks].mean() > 0.1
    near = drawn.masks  # antialiasing reaches a few pixels beyond the sharpest tips
    for _ in range(3):
        near = near | np.roll(near, 1, 1) | np.roll(near, -1, 1)
        near = near | np.roll(near, 1, 2) | np.roll(near, -1, 2)
    assert not differs[~near].any()


def test_chosen_labels_are_drawn():
    stars = Shapes(4, seed=5, labels=np.full(4, Shapes.classes.index("star")))
    assert (stars.labels == Shapes.classes.index("star")).all()
    np.testing.assert_array_equal(stars.textures, Shapes(4, seed=5).textures)


@pytest.mark.parametrize("silhouette", silhouettes, ids=Shapes.classes)
def test_silhouettes_fit_the_unit_disc_and_have_area(silhouette):
    x, y = np.meshgrid(*[np.linspace(-1.5, 1.5, 601, dtype=np.float32)] * 2)
    distance = silhouette(x, y)
    assert distance.dtype == np.float32
    inside = distance <= 0
    assert np.hypot(x, y)[inside].max() <= 1.01
    assert 0.2 < inside.mean() * 9 <= np.pi * 1.01


@pytest.mark.parametrize("silhouette", silhouettes, ids=Shapes.classes)
def test_silhouettes_never_overstate_the_distance(silhouette):
    """A signed distance changes by no more than the step from point to point."""
    x, y = np.meshgrid(*[np.linspace(-1.2, 1.2, 481, dtype=np.float32)] * 2)
    distance = silhouette(x, y)
    assert np.abs(np.diff(distance, axis=1)).max() <= 0.005 * 1.02
    assert np.abs(np.diff(distance, axis=0)).max() <= 0.005 * 1.02


def test_silhouettes_stay_distinct_under_rotation():
    """No turned silhouette comes near another one of the same size."""
    x, y = np.meshgrid(*[np.linspace(-1.05, 1.05, 43, dtype=np.float32)] * 2)
    for first in range(len(silhouettes)):
        for second in range(first):
            still = silhouettes[second](x, y) <= 0
            for angle in np.linspace(0, 2 * np.pi, 36, endpoint=False):
                c, s = float(np.cos(angle)), float(np.sin(angle))
                turned = silhouettes[first](c * x + s * y, c * y - s * x) <= 0
                assert (still & turned).sum() < 0.88 * (still | turned).sum()


def test_selection_by_slice_index_and_mask():
    shapes = Shapes(5, seed=6, size=16)
    assert len(shapes[1:4]) == 3 and shapes[1:4].images.base is not None
    assert equal(shapes[np.array([2, 0])][1:], shapes[:1])
    assert len(shapes[shapes.labels == shapes.labels[0]]) >= 1
    with pytest.raises(TypeError, match=r"shapes\[i : i \+ 1\]"):
        shapes[0]


def test_empty_set():
    assert len(Shapes(0)) == 0 and Shapes(0).boxes.shape == (0, 4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"count": -1}, "count must be"),
        ({"count": 2.5}, "count must be"),
        ({"count": 1, "seed": -3}, "seed must be"),
        ({"count": 1, "size": 8}, "at least 16"),
        ({"count": 2, "labels": [0]}, "2 integers"),
        ({"count": 1, "labels": [0.5]}, "float64"),
        ({"count": 1, "labels": [10]}, "0 to 9"),
        ({"count": 1, "textures": [-1]}, "stripes"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        Shapes(**arguments)
