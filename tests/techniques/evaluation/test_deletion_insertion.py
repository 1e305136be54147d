"""Deletion and insertion, step by step, and what they say of a right and of a wrong map."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from techniques.blur import gaussian_blur
from techniques.evaluation import deletion_insertion

WEIGHT = np.random.default_rng(0).normal(size=(3 * 4 * 5, 3))


def model(x):
    return x.reshape(len(x), 3 * 4 * 5) @ WEIGHT


def probability(image, label):
    scores = np.exp(model(mg.Tensor(image[None])).data[0])
    return scores[label] / scores.sum()


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), steps=st.integers(1, 25))
def test_pixels_go_and_come_in_the_order_of_the_map(seed, steps):
    rng = np.random.default_rng(seed)
    images, maps = rng.normal(size=(2, 3, 4, 5)), rng.normal(size=(2, 4, 5))
    result = deletion_insertion(model, images, maps, [2, 0], steps, baseline=0.25)
    for n, label in enumerate([2, 0]):
        order = sorted(np.ndindex(4, 5), key=lambda place: -maps[n][place])
        blurred = gaussian_blur(images[n], sigma=5, radius=5)
        curves = [], []
        for step in range(steps + 1):
            deleted, inserted = images[n].copy(), blurred.copy()
            for row, column in order[: round(20 * step / steps)]:
                deleted[:, row, column] = 0.25
                inserted[:, row, column] = images[n][:, row, column]
            curves[0].append(probability(deleted, label))
            curves[1].append(probability(inserted, label))
        np.testing.assert_allclose(result.deletion_curve[n], curves[0])
        np.testing.assert_allclose(result.insertion_curve[n], curves[1])
        np.testing.assert_allclose(result.deletion[n], np.trapezoid(curves[0]) / steps)
        np.testing.assert_allclose(result.insertion[n], np.trapezoid(curves[1]) / steps)


def test_the_class_is_that_of_the_whole_image():
    images = np.random.default_rng(1).normal(size=(2, 3, 4, 5))
    result = deletion_insertion(model, images, images[:, 0])
    assert (result.target == model(mg.Tensor(images)).data.argmax(axis=1)).all()


def test_the_right_map_deletes_fast_and_inserts_fast():
    images = np.random.default_rng(2).normal(size=(8, 3, 4, 5))
    target = model(mg.Tensor(images)).data.argmax(axis=1)
    contributions = images * WEIGHT.T[target].reshape(images.shape)
    right = deletion_insertion(model, images, contributions.sum(axis=1))
    wrong = deletion_insertion(model, images, -contributions.sum(axis=1))
    assert (right.deletion < wrong.deletion).all() and (right.insertion > wrong.insertion).all()
    assert len(right.plot().lines) == 2


def test_maps_of_another_shape_and_no_steps_are_named():
    with pytest.raises(ValueError, match=r"maps has shape \(1, 5, 4\)"):
        deletion_insertion(model, np.zeros((1, 3, 4, 5)), np.zeros((1, 5, 4)))
    with pytest.raises(ValueError, match="steps must be a positive integer"):
        deletion_insertion(model, np.zeros((1, 3, 4, 5)), np.zeros((1, 4, 5)), steps=0)
