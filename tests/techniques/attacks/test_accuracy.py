"""Accuracy against the strength of an attack."""

import numpy as np
import pytest

from techniques.attacks import accuracy_against_epsilon, fgsm

WEIGHT = np.random.default_rng(0).normal(size=(12, 3))
IMAGES = np.random.default_rng(1).uniform(size=(30, 3, 2, 2))


def model(x):
    return x.reshape(len(x), 12) @ WEIGHT


def test_it_counts_what_is_right_before_and_after_whatever_the_batches():
    labels = (IMAGES.reshape(30, 12) @ WEIGHT).argmax(axis=1)
    labels[:6] = (labels[:6] + 1) % 3
    epsilons = [0, 0.01, 0.1, 0.5]
    curve = accuracy_against_epsilon(model, IMAGES, labels, epsilons, batch_size=7)
    assert curve.accuracy[0] == 24 / 30
    for epsilon, accuracy in zip(epsilons, curve.accuracy, strict=True):
        result = fgsm(model, IMAGES, labels, epsilon)
        right = (result.predictions == labels) & (result.original_predictions == labels)
        assert accuracy == right.mean()
    assert (np.diff(curve.accuracy) <= 0).all() and curve.accuracy[-1] < 0.5


def test_it_draws_the_curve():
    curve = accuracy_against_epsilon(model, IMAGES, np.zeros(30, int), [0.0, 0.1])
    (line,) = curve.plot().lines
    assert np.array_equal(line.get_xydata(), np.stack([curve.epsilons, curve.accuracy], axis=1))
    assert "fgsm" in curve.variant


def test_labels_must_match_the_images():
    with pytest.raises(ValueError, match=r"30 images and labels of shape \(29,\)"):
        accuracy_against_epsilon(model, IMAGES, np.zeros(29, int), [0.1])
