"""What holds for every attack: its budget, its bounds, its count of queries, an honest verdict."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from techniques import attacks

from .networks import Counted, images_of, model_of, predict


def epsilon_of(bounds):
    return 0.1 * (bounds[1] - bounds[0])


def within(name, **options):
    """An attack with a budget ε, a tenth of the range."""
    attack = getattr(attacks, name)
    return lambda model, images, labels, bounds, **more: attack(
        model, images, labels, epsilon_of(bounds), bounds=bounds, **options, **more
    )


def nearest(name, **options):
    """An attack that looks for a small change instead."""
    attack = getattr(attacks, name)
    return partial(attack, **options)


TRANSFER = model_of(77)
GRADIENT = {
    "fgsm": within("fgsm"),
    "bim": within("bim", steps=3),
    "mi_fgsm": within("mi_fgsm", steps=3),
    "transfer": lambda model, images, labels, bounds, **more: attacks.transfer(
        model, TRANSFER, images, labels, epsilon_of(bounds), bounds=bounds, **more
    ),
    "carlini_wagner": nearest("carlini_wagner", steps=15, step=0.1, binary_search_steps=3),
    "jsma": nearest("jsma", gamma=0.5),
}
SEEDED = {
    "pgd": within("pgd", steps=3, restarts=2),
    "pgd in L2": within("pgd", steps=3, norm="l2"),
    "nes": within("nes", queries=60, samples=10),
    "spsa": within("nes", queries=60, samples=10, directions="signs"),
    "simba": nearest("simba", epsilon=0.3, queries=20),
    "simba, dct": nearest("simba", epsilon=0.3, queries=20, basis="dct"),
    "square": within("square", queries=30),
    "boundary": nearest("boundary", queries=80),
    "hop_skip_jump": nearest("hop_skip_jump", queries=120, samples=10),
    "one_pixel": nearest("one_pixel", population=8, generations=3),
}
ALL = GRADIENT | SEEDED
LIMITS = {"nes": 60, "spsa": 60, "simba": 20, "simba, dct": 20, "square": 30, "boundary": 80,
          "hop_skip_jump": 120, "one_pixel": 4 * 8 + 2}  # fmt: skip
BUDGETED = {"fgsm", "bim", "mi_fgsm", "transfer", "pgd", "pgd in L2", "nes", "spsa", "square"}
GRADIENT_FREE = [name for name in SEEDED if "pgd" not in name]


def run(name, *arguments, seed=0, **options):
    return ALL[name](*arguments, **options, **({"rng": seed} if name in SEEDED else {}))


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=12)
@given(
    seed=st.integers(0, 10**6),
    bounds=st.sampled_from([(0, 1), (-1, 1), (0, 255), (-2.5, 3)]),
    dtype=st.sampled_from([np.float32, np.float64]),
    targeted=st.booleans(),
)
def test_budget_bounds_and_verdict(name, seed, bounds, dtype, targeted):
    images = images_of(seed, bounds=bounds, dtype=dtype)
    model = model_of(seed)
    labels = np.random.default_rng(seed).integers(4, size=len(images))
    result = run(name, model, images, labels, seed=seed, bounds=bounds, targeted=targeted)
    assert result.images.dtype == dtype and result.images.shape == images.shape
    assert result.images.min() >= bounds[0] and result.images.max() <= bounds[1]
    change = (result.images.astype(np.float64) - images).reshape(len(images), -1)
    assert np.array_equal(result.distances.linf, np.abs(change).max(axis=1))
    assert np.allclose(result.distances.l2, np.linalg.norm(change, axis=1))
    if name in BUDGETED:
        assert (result.distance <= epsilon_of(bounds) + 1e-6).all()
    before, after = predict(model, images), predict(model, result.images)
    already = before == labels if targeted else before != labels
    reached = after == labels if targeted else after != labels
    assert np.array_equal(result.already_misclassified, already)
    assert np.array_equal(result.success, reached & ~already)
    assert (result.queries <= LIMITS.get(name, np.inf)).all()


@pytest.mark.parametrize("name", ALL)
def test_queries_are_what_the_model_was_asked(name):
    model, images = Counted(model_of(3)), images_of(3, count=6)
    labels = predict(model.model, images)
    result = run(name, model, images, labels, bounds=(0, 1))
    assert result.queries.sum() == model.images
    assert (result.queries >= 2).all()


@pytest.mark.parametrize("name", SEEDED)
def test_the_seed_decides(name):
    model, images = model_of(3), images_of(3, count=6)
    labels = predict(model, images)
    first, again, other = (
        run(name, model, images, labels, bounds=(0, 1), seed=seed).images for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


# But for Carlini and Wagner's, which ends when the sum of all losses stops to fall.
@pytest.mark.parametrize("name", sorted(GRADIENT.keys() - {"carlini_wagner"}))
def test_images_do_not_see_each_other(name):
    model, images, labels = model_of(5), images_of(5), [0, 1, 2, 3]
    together = run(name, model, images, labels, bounds=(0, 1)).images
    for i in range(4):
        alone = run(name, model, images[i : i + 1], labels[i], bounds=(0, 1)).images
        assert np.allclose(alone[0], together[i])


@pytest.mark.parametrize("name", GRADIENT_FREE)
def test_black_box_attacks_need_no_gradient(name):
    model, images = model_of(3), images_of(3, count=6)
    labels = predict(model, images)
    opaque = run(name, lambda x: mg.Tensor(model(x).data), images, labels, bounds=(0, 1))
    assert np.array_equal(opaque.images, run(name, model, images, labels, bounds=(0, 1)).images)


@pytest.mark.parametrize("name", [*GRADIENT_FREE, "carlini_wagner", "jsma"])
def test_a_search_leaves_alone_what_was_wrong_before(name):
    model, images = model_of(3), images_of(3)
    labels = (predict(model, images) + 1) % 4
    result = run(name, model, images, labels, bounds=(0, 1))
    assert result.already_misclassified.all() and not result.success.any()
    assert np.array_equal(result.images, images)
    assert (result.queries == 2).all()


@pytest.mark.parametrize("name", ALL)
def test_an_empty_batch_stays_empty(name):
    images = images_of(0, count=0)
    assert run(name, model_of(0), images, 0, bounds=(0, 1)).images.shape == (0, 3, 2, 2)


@pytest.mark.parametrize("name", ALL)
def test_half_precision_works_and_a_single_class_is_refused(name):
    images = images_of(1, dtype=np.float16)
    with np.errstate(all="raise", under="ignore"):
        result = run(name, model_of(1), images, [0, 1, 2, 3], bounds=(0, 1))
    assert result.images.dtype == np.float16
    if name in BUDGETED:
        assert (result.distance <= 0.1 + 1e-6).all()
    with pytest.raises(ValueError, match="single class"):
        run(name, lambda x: x.sum(axis=(1, 2, 3)).reshape(-1, 1), images, 0, bounds=(0, 1))


@pytest.mark.parametrize(
    ("attack", "options", "message"),
    [
        ("pgd", {"epsilon": -1}, "epsilon must be"),
        ("pgd", {"epsilon": 0.1, "norm": "l1"}, 'norm must be "linf" or "l2"'),
        ("pgd", {"epsilon": 0.1, "steps": 0}, "steps must be a whole number of at least 1"),
        ("pgd", {"epsilon": 0.1, "step": np.nan}, "step must be one number"),
        ("carlini_wagner", {"initial_constant": 0}, "initial_constant must be positive"),
        ("jsma", {"gamma": 2}, "gamma a share"),
        ("nes", {"epsilon": 0.1, "samples": 3}, "samples come in pairs"),
        ("nes", {"epsilon": 0.1, "directions": "up"}, "directions must be"),
        ("simba", {"basis": "wavelet"}, 'basis must be "pixel" or "dct"'),
        ("square", {"epsilon": 0.1, "p": 0}, "p is the share"),
        ("boundary", {"forward": 1}, "forward is a share"),
        ("boundary", {"starts": np.zeros((1, 3, 2, 2))}, "one for each image"),
        ("hop_skip_jump", {"queries": 1}, "queries must be a whole number of at least 2"),
        ("one_pixel", {"population": 3}, "population must be a whole number of at least 4"),
        ("deepfool", {"candidates": 1}, "candidates must be a whole number of at least 2"),
    ],
)
def test_bad_settings_are_named(attack, options, message):
    with pytest.raises(ValueError, match=message):
        getattr(attacks, attack)(model_of(0), images_of(0), 0, **options)
