"""Defences that train: against attacks, under noise, from another network's answers."""

import numpy as np
import pytest

import layers
import minigrad as mg
from techniques import pretrained
from techniques.attacks import pgd
from techniques.data import Shapes
from techniques.defenses import (
    adversarial_training,
    distillation,
    expected,
    fgsm_adversary,
    noise_training,
    pgd_adversary,
    randomized_smoothing,
    tempered,
)
from techniques.defenses.randomized_smoothing import lower_bound, votes


def linear(seed=0):
    return layers.Sequential(layers.Flatten(), layers.Linear(12, 2, rng=seed))


def pictures(count=200):
    """Two classes: one value that tells a lot and is small, eleven that tell little each."""
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=count)
    images = 0.5 + 0.05 * rng.normal(size=(count, 3, 2, 2))
    images += (0.06 * (2 * labels - 1))[:, None, None, None]
    return np.clip(images, 0, 1).astype(np.float32), labels


@pytest.mark.parametrize("ratio", [0, 0.5, 1])
def test_a_share_of_each_batch_is_attacked_in_evaluation_mode_and_the_data_stay(ratio):
    images, labels = pictures(64)
    before, seen, model = images.copy(), [], linear()

    def adversary(model, images, labels, rng):
        seen.append(len(images))
        return np.zeros_like(images)

    adversarial_training(
        model, (images, labels), adversary, ratio=ratio, batch_size=32, epochs=1, rng=0,
        optimizer=layers.optim.SGD(model.parameters(), lr=0.1), progress=False,
    )  # fmt: skip
    assert seen == [32 * ratio] * 2
    assert np.array_equal(images, before)


@pytest.mark.parametrize("adversary", [fgsm_adversary(0.05), pgd_adversary(0.05)])
def test_adversarial_training_learns_and_is_seeded(adversary):
    images, labels = pictures()
    weights = []
    for _ in range(2):
        model = linear()
        history = adversarial_training(
            model, (images, labels), adversary, epochs=5, rng=3, progress=False,
            optimizer=layers.optim.Adam(model.parameters(), lr=0.05),
        )  # fmt: skip
        weights.append(model.state_dict()["1.weight"])
    assert history.loss[-1] < history.loss[0]
    assert np.array_equal(*weights)
    with pytest.raises(ValueError, match="ratio"):
        adversarial_training(
            model, (images, labels), adversary, ratio=2, epochs=1,
            optimizer=layers.optim.SGD(model.parameters(), lr=0.1),
        )  # fmt: skip


def test_noise_training_sees_new_noise():
    images, labels = pictures(32)
    model, seen = linear(), []

    class Seeing(layers.Sequential):
        def forward(self, x):
            seen.append(x.data)
            return super().forward(x)

    seeing = Seeing(*model)
    noise_training(
        seeing, (images, labels), 0.3, epochs=2, batch_size=32, rng=0, progress=False,
        optimizer=layers.optim.SGD(seeing.parameters(), lr=0.1),
    )  # fmt: skip
    assert np.isclose(np.std(seen[0]), np.sqrt(0.3**2 + images.std() ** 2), rtol=0.15)
    assert seen[0].dtype == np.float32 and not np.array_equal(seen[0], seen[1])


def test_distillation_teaches_the_answers_at_that_temperature():
    images, labels = pictures()
    teacher, student = linear(0), linear(1)
    optimizer = layers.optim.Adam(teacher.parameters(), lr=1.0)
    layers.fit(teacher, (images, labels), optimizer=optimizer, epochs=20, rng=0,
               loss=tempered(20.0), progress=False)  # fmt: skip
    distillation(
        teacher, student, images, temperature=20.0, epochs=60, rng=0, progress=False,
        optimizer=layers.optim.Adam(student.parameters(), lr=1.0),
    )  # fmt: skip
    asked, said = (m(mg.Tensor(images)).data for m in (teacher, student))
    assert (asked.argmax(axis=1) == said.argmax(axis=1)).mean() > 0.95
    assert np.abs(mg.softmax(asked / 20) - mg.softmax(said / 20)).mean() < 0.05
    assert np.abs(mg.softmax(said / 20) - 0.5).mean() > 0.02


# ---- randomised smoothing ---------------------------------------------------------------------


@pytest.mark.parametrize(("trials", "successes"), [(10, 3), (50, 49), (200, 120), (1, 1)])
def test_the_bound_is_where_the_binomial_tail_has_alpha(trials, successes):
    from math import comb

    for alpha in (0.001, 0.05, 0.5):
        p = lower_bound(successes, trials, alpha)
        tail = sum(
            comb(trials, k) * p**k * (1 - p) ** (trials - k) for k in range(successes, trials + 1)
        )
        assert np.isclose(tail, alpha)
    assert lower_bound(0, trials, 0.05) == 0


def test_the_bound_is_exact_where_all_agree():
    assert np.isclose(lower_bound(1000, 1000, 0.001), 0.001 ** (1 / 1000))


def test_certificates_of_a_linear_model_never_exceed_its_distance_to_the_border():
    weight = np.random.default_rng(0).normal(size=12)

    def model(x):
        score = x.reshape(len(x), 12) @ weight
        return mg.stack([score, -score], axis=1)

    images = np.random.default_rng(1).normal(size=(30, 3, 2, 2)) * 0.3
    result = randomized_smoothing(model, images, 0.5, n=500, rng=0)
    score = images.reshape(30, 12) @ weight
    certain = result.prediction >= 0
    assert certain.sum() > 10 and (result.radius[~certain] == 0).all()
    assert np.array_equal(result.prediction[certain], (score < 0)[certain])
    # For a linear model the smoothed border is the border, so that this distance is the truth.
    assert (result.radius <= np.abs(score) / np.linalg.norm(weight)).all()
    again = randomized_smoothing(model, images, 0.5, n=500, rng=0)
    assert np.array_equal(result.radius, again.radius)


def test_no_attack_within_the_radius_changes_what_a_smoothed_network_says():
    model, _ = pretrained.load("shapes_second")
    images, sigma = Shapes(6, seed=99).images, 0.1
    certified = randomized_smoothing(model, images, sigma, n0=20, n=100, rng=0)
    sure = certified.prediction >= 0
    assert sure.sum() >= 4

    def noisy(images, rng):
        return images + rng.normal(0, sigma, images.shape).astype(images.dtype)

    def said_after_an_attack(times):
        """By a vote under noise, where the attack knows of the noise."""
        said = []
        for image, label, radius in zip(
            images[sure], certified.prediction[sure], certified.radius[sure], strict=True
        ):
            smoothed = expected(model, noisy, samples=4, rng=1)
            attacked = pgd(
                smoothed, image[None], label, times * radius, steps=6, norm="l2", rng=1,
                bounds=(-5, 6),
            )  # fmt: skip
            rng = np.random.default_rng(2)
            said.append(votes(model, attacked.images[0], sigma, 60, rng).argmax())
        return np.array(said)

    assert np.array_equal(said_after_an_attack(0.99), certified.prediction[sure])
    # The attack is a real one: with a longer reach it does change the answer.
    assert (said_after_an_attack(20) != certified.prediction[sure]).any()
