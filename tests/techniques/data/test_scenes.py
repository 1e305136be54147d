"""Scenes: several objects, the front ones before the others, the truth for every pixel."""

import numpy as np
import pytest

from techniques.data import Scenes


def test_a_picture_depends_on_seed_and_index_alone():
    few, many = Scenes(3, seed=4), Scenes(6, seed=4)
    for name in ("images", "masks", "instances"):
        np.testing.assert_array_equal(getattr(few, name), getattr(many, name)[:3])
    assert not np.array_equal(few.images, Scenes(3, seed=5).images)


def test_each_instance_has_one_class_and_the_background_none():
    scenes = Scenes(30, seed=1)
    assert ((scenes.masks == 0) == (scenes.instances == 0)).all()
    for mask, instances in zip(scenes.masks, scenes.instances, strict=True):
        for number in np.unique(instances[instances > 0]):
            assert len(np.unique(mask[instances == number])) == 1
    counts = [len(np.unique(i)) - 1 for i in scenes.instances]
    assert set(counts) == {1, 2, 3}
    assert len(np.unique(scenes.masks)) == len(Scenes.classes)


def test_an_object_stands_out_from_what_is_around_it():
    scenes = Scenes(20, seed=2, most=1)
    for image, mask in zip(scenes.images, scenes.masks, strict=True):
        light = image.max(axis=0)
        assert abs(light[mask > 0].mean() - light[mask == 0].mean()) > 0.05


def test_the_same_scene_at_another_size():
    small, large = Scenes(5, seed=3, size=32), Scenes(5, seed=3, size=64)
    assert (small.masks == large.masks[:, ::2, ::2]).mean() > 0.95


@pytest.mark.parametrize(
    "wrong", [{"count": -1}, {"seed": -1}, {"size": 8}, {"most": 0}, {"count": 1.5}]
)
def test_what_is_out_of_range_is_named(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be"):
        Scenes(**{"count": 1, **wrong})


def test_a_larger_scene_has_more_objects_of_the_same_size():
    small, large = Scenes(30, seed=1), Scenes(30, seed=1, size=192, extent=192, most=27)
    assert large.images.shape == (30, 3, 192, 192)

    def pixels_of_an_object(scenes):
        return np.mean([np.bincount(one.ravel())[1:].mean() for one in scenes.instances])

    assert pixels_of_an_object(large) == pytest.approx(pixels_of_an_object(small), rel=0.2)
    assert large.instances.max() > 20
