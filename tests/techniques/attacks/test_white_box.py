"""What each attack with the gradient does that the others do not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import layers
import minigrad as mg
from techniques.attacks import (
    bim,
    carlini_wagner,
    deepfool,
    fgsm,
    jsma,
    logit_shift,
    mi_fgsm,
    pgd,
    shift_against_dimension,
    train_substitute,
    transfer,
    universal,
)
from techniques.attacks.ball import BALLS
from techniques.attacks.jsma import best_pair
from techniques.pretrained import PictureNetwork

from .networks import images_of, linear_of, model_of, predict


def loss_of(model, images, labels):
    return mg.cross_entropy(model(mg.Tensor(images)), labels, reduction="none").data


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), norm=st.sampled_from(["linf", "l2"]))
def test_pgd_finds_the_worst_image_of_a_linear_model_with_two_classes(seed, norm):
    model, weight = linear_of(seed, classes=2)
    images, epsilon = images_of(seed), 0.01
    labels = predict(model, images)
    options = {"norm": norm, "random_start": norm == "linf", "bounds": (-1, 2), "rng": seed}
    result = pgd(model, images, labels, epsilon, **options)
    uphill = np.where(labels[:, None] == 0, 1, -1) * (weight[:, 1] - weight[:, 0])
    step = np.sign(uphill) if norm == "linf" else uphill / np.linalg.norm(uphill[0])
    worst = images + epsilon * step.reshape(images.shape)
    assert np.allclose(loss_of(model, result.images, labels), loss_of(model, worst, labels))


@given(seed=st.integers(0, 10**6), norm=st.sampled_from(["linf", "l2"]))
def test_projection_is_idempotent_and_keeps_what_is_inside(seed, norm):
    rng, ball = np.random.default_rng(seed), BALLS[norm]
    images = rng.uniform(size=(3, 2, 4, 4)).astype(rng.choice([np.float32, np.float64]))
    far = ball.project(images + rng.normal(size=images.shape), images, 0.3, (0, 1))
    assert np.allclose(ball.project(far, images, 0.3, (0, 1)), far, atol=1e-7)
    near = np.clip(images + 1e-3 * rng.uniform(-1, 1, images.shape), 0, 1)
    assert np.allclose(ball.project(near, images, 0.3, (0, 1)), near, atol=1e-7)
    start = images + 0.3 * ball.random(rng, images.shape)
    assert np.allclose(ball.project(start, images, 0.3, (-9, 9)), start, atol=1e-6)


def test_one_step_of_bim_and_of_mi_fgsm_is_fgsm():
    model, images = model_of(1), images_of(1)
    once = fgsm(model, images, 1, 0.05).images
    assert np.allclose(bim(model, images, 1, 0.05, step=0.05, steps=1).images, once)
    assert np.allclose(mi_fgsm(model, images, 1, 0.05, steps=1).images, once)


def test_restarts_only_add_successes():
    model, images = model_of(8), images_of(8, count=60)
    labels = predict(model, images)
    options = {"steps": 2, "rng": 0}
    once = pgd(model, images, labels, 0.1, **options)
    often = pgd(model, images, labels, 0.1, restarts=5, **options)
    assert 0 < once.success.sum() < often.success.sum()
    assert not (once.success & ~often.success).any()


@given(seed=st.integers(0, 10**6))
def test_deepfool_goes_to_the_nearest_border_of_a_linear_model(seed):
    model, weight = linear_of(seed)
    images = images_of(seed)
    result = deepfool(model, images, overshoot=0.02, bounds=(-99, 99))
    scores = images.reshape(len(images), -1) @ weight
    for i, label in enumerate(scores.argmax(axis=1)):
        others = [k for k in range(4) if k != label]
        away = [(scores[i, label] - scores[i, k]) / np.linalg.norm(weight[:, label] - weight[:, k])
                for k in others]  # fmt: skip
        assert result.predictions[i] == others[int(np.argmin(away))]
        assert np.isclose(result.distance[i], 1.02 * min(away), rtol=1e-3, atol=1e-5)
    assert result.success.all()


def test_deepfool_needs_less_than_fgsm():
    model, images = model_of(2), images_of(2, count=30)
    found = deepfool(model, images)
    assert found.success.mean() > 0.9
    epsilons = np.linspace(0, 1, 101)
    labels = predict(model, images)
    needed = np.min([
        np.where(r.success, r.distances.l2, np.inf)
        for r in (fgsm(model, images, labels, e) for e in epsilons)
    ], axis=0)  # fmt: skip
    assert np.median(found.distance[found.success]) < np.median(needed[found.success])


def test_carlini_wagner_is_nearer_than_deepfool_and_reaches_the_asked_confidence():
    model, images = model_of(4), images_of(4, count=8)
    labels = predict(model, images)
    options = {"steps": 100, "step": 0.03, "binary_search_steps": 5, "initial_constant": 0.1}
    near = carlini_wagner(model, images, labels, **options)
    other = deepfool(model, images, labels)
    both = near.success & other.success
    assert both.sum() >= 6
    assert near.distance[both].mean() <= 1.05 * other.distance[both].mean()
    sure = carlini_wagner(model, images, labels, confidence=1, **options)
    scores = model(mg.Tensor(sure.images)).data
    lead = scores.max(axis=1) - scores[np.arange(8), labels]
    assert sure.success.any() and (lead[sure.success] >= 1 - 1e-6).all()


def test_carlini_wagner_works_on_black_and_white_and_on_shifted_logits():
    weight = np.array([[1.0, -1.0], [-1.0, 1.0]])
    images = np.array([[[[0.0, 1.0]]], [[[1.0, 0.0]]]])
    result = carlini_wagner(
        lambda x: x.reshape(len(x), 2) @ weight - 500, images, [1, 0], steps=300, step=0.05,
        initial_constant=10,
    )  # fmt: skip
    assert result.success.all()


@given(st.lists(st.tuples(st.integers(-6, 6), st.integers(-6, 6)), max_size=12))
def test_the_best_pair_is_the_best_of_all_pairs(values):
    alpha, beta = np.array(values, float).reshape(-1, 2).T
    worth = {
        (p, q): -(alpha[p] + alpha[q]) * (beta[p] + beta[q])
        for p in range(len(alpha))
        for q in range(p)
        if alpha[p] + alpha[q] > 0 > beta[p] + beta[q]
    }
    pair = best_pair(alpha, beta)
    assert (pair is None) == (not worth)
    if pair is not None:
        p, q = pair
        assert worth[max(pair), min(pair)] == max(worth.values()) and p != q


def test_jsma_changes_at_most_gamma_of_the_values_and_only_upwards():
    model, images = model_of(6), images_of(6, count=20) * 0.9
    targets = (predict(model, images) + 1) % 4
    result = jsma(model, images, targets, gamma=0.5, targeted=True)
    assert result.norm == "l0" and (result.distance <= 6).all()
    assert (result.images >= images).all() and result.success.any()
    lowered = jsma(model, images, targets, theta=-1, gamma=0.5, targeted=True)
    assert (lowered.images <= images).all() and lowered.success.any()


def test_a_universal_perturbation_is_one_for_all_images():
    model, images = model_of(9), images_of(9, count=30)
    result = universal(model, images, 0.3, target_rate=0.5, rng=0)
    assert np.abs(result.perturbation).max() <= 0.3 + 1e-9
    attacked = np.clip(images + result.perturbation, 0, 1)
    assert np.allclose(result.images, attacked)
    assert result.rate == (predict(model, attacked) != predict(model, images)).mean() >= 0.5
    assert result.success.mean() == result.rate


def test_the_victim_of_a_transfer_is_asked_twice_and_judges():
    victim, substitute = model_of(1), model_of(1)
    images = images_of(1)
    labels = predict(victim, images)
    assert np.array_equal(
        transfer(victim, substitute, images, labels, 0.1).images,
        fgsm(victim, images, labels, 0.1).images,
    )
    other = transfer(victim, model_of(2), images, labels, 0.1)
    assert np.array_equal(other.predictions, predict(victim, other.images))
    assert other.queries.tolist() == [2] * 4


def test_a_substitute_learns_from_answers_alone_and_the_set_doubles():
    rng = np.random.default_rng(0)
    images = rng.random((16, 3, 8, 8)).astype(np.float32)

    def victim(x):
        means = x.data.mean(axis=(2, 3))
        return mg.Tensor(means)  # the brightest colour; no gradient

    made = train_substitute(
        victim, PictureNetwork([6], [1], 3, rng=0), images, rounds=4, epochs=8,
        learning_rate=0.02, rng=0,
    )  # fmt: skip
    assert made.queries == 16 * 2**3
    assert made.agreement > 0.8
    with pytest.raises(ValueError, match="rounds"):
        train_substitute(victim, made.model, images, rounds=0)


@given(seed=st.integers(0, 10**6))
def test_the_logit_of_a_linear_model_falls_by_epsilon_times_the_sum_of_its_weights(seed):
    model, weight = linear_of(seed)
    images = images_of(seed) * 0.5 + 0.25
    result = logit_shift(model, images, None, 0.1)
    expected = 0.1 * np.abs(weight).sum(axis=0)[predict(model, images)]
    assert np.allclose(result.shift, expected) and np.allclose(result.predicted, expected)
    assert result.dimension == 12


@pytest.mark.parametrize(
    ("head", "growth"),
    [
        (lambda side: [layers.Flatten(), layers.Linear(8 * side**2, 4, rng=1)], 0.5),
        (lambda side: [layers.AdaptiveAvgPool2d(1), layers.Flatten(), layers.Linear(8, 4, rng=1)],
         0),
    ],
)  # fmt: skip
def test_the_shift_grows_as_the_root_of_the_dimension_unless_places_are_averaged(head, growth):
    sides = (8, 16, 32)
    networks = [
        layers.Sequential(layers.Conv2d(3, 8, 3, padding=1, rng=0), layers.ReLU(), *head(side))
        for side in sides
    ]
    rng = np.random.default_rng(0)
    batches = [rng.uniform(0.3, 0.7, (20, 3, side, side)) for side in sides]
    curve = shift_against_dimension(networks, batches, 0.01)
    assert list(curve.dimensions) == [3 * side**2 for side in sides]
    assert (curve.shift <= curve.predicted * 1.2).all()
    assert abs(curve.growth - growth) < 0.1
    assert len(curve.plot().lines) == 2


def test_every_size_needs_its_model():
    model, _ = linear_of(0)
    with pytest.raises(ValueError, match="2 models and 1 batches"):
        shift_against_dimension([model, model], [images_of(0)], 0.1)
