"""From a class map to objects with boxes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from techniques.data import Shapes
from techniques.segmentation import connected_components, split_instances

MAPS = arrays(np.int64, st.tuples(st.integers(1, 7), st.integers(1, 7)),
              elements=st.integers(0, 2))  # fmt: skip


@given(MAPS, st.integers(1, 4))
def test_objects_are_the_large_regions_each_with_its_class_and_its_tight_box(classes, least):
    found = split_instances(classes, least=least)
    regions = connected_components(classes)
    sizes = np.bincount(regions.ravel())[1:]
    assert len(found.labels) == len(found.boxes) == found.map.max() == (sizes >= least).sum()
    assert (np.bincount(found.map.ravel())[1:] >= least).all()
    for number, (label, box) in enumerate(zip(found.labels, found.boxes, strict=True), start=1):
        own = found.map == number
        top, left, bottom, right = box
        assert (classes[own] == label).all() and label != 0
        assert own[top:bottom, left:right].sum() == own.sum()
        for edge in (own[top], own[bottom - 1], own[:, left], own[:, right - 1]):
            assert edge.any()


def test_the_mask_of_one_object_gives_its_class_and_box():
    shapes = Shapes(6, seed=4)
    for mask, label, box in zip(shapes.masks, shapes.labels, shapes.boxes, strict=True):
        found = split_instances(mask * (1 + label), least=20)
        assert found.labels.tolist() == [1 + label]
        np.testing.assert_array_equal(found.boxes[0], box)
