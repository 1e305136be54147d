"""The networks that ship: they load, they are as good as they say, and they can be made again."""

import dataclasses

import numpy as np
import pytest

import layers
import minigrad as mg
from techniques import pretrained
from techniques.attacks import pgd, square
from techniques.data import Dataset, Shapes, data_folder, load_cifar10
from techniques.pretrained import recipes, training


def accuracy(model, images, labels):
    return layers.evaluate(model, images, labels)


@pytest.mark.parametrize("name", sorted(pretrained.RECIPES))
def test_a_shipped_network_is_small_and_in_eval_mode(name):
    model, info = pretrained.load(name)
    assert not model.training
    assert sum(p.size for p in model.parameters()) <= 300_000
    assert info.recipe.weights.stat().st_size < 1_500_000
    logits = model(mg.Tensor(np.zeros((2, 3, info.size, info.size), np.float32)))
    assert logits.shape == (2, len(info.classes))


def test_shapes_is_right_on_pictures_that_it_was_not_trained_on():
    model, info = pretrained.load("shapes")
    held_out = Shapes(300, seed=12345)
    assert info.test_accuracy >= 0.97
    assert accuracy(model, held_out.images, held_out.labels) >= 0.95


def test_cifar10_reaches_its_stated_accuracy_on_the_real_test_pictures():
    try:
        data_folder()
    except FileNotFoundError as error:
        pytest.skip(str(error))
    model, info = pretrained.load("cifar10")
    test = load_cifar10("test")
    chosen = np.random.default_rng(0).permutation(len(test))[:1000]
    measured = accuracy(model, test.images[chosen], test.labels[chosen])
    assert info.test_accuracy >= 0.80
    assert abs(measured - info.test_accuracy) < 0.05


def test_an_unknown_network_is_refused_with_a_near_one():
    with pytest.raises(ValueError, match="cifar10"):
        pretrained.load("cifar")


def test_missing_weights_name_the_command_that_makes_them(tmp_path):
    with pytest.raises(FileNotFoundError, match="minigrad train shapes"):
        pretrained.load("shapes", tmp_path / "none.npz")


@pytest.fixture
def tiny_recipe(monkeypatch):
    """A recipe that trains in a second."""
    drawn = Shapes(64, seed=0, size=32)
    recipe = dataclasses.replace(
        recipes.RECIPES["shapes"],
        name="tiny",
        size=32,
        channels=(4, 8),
        pooled=(1, 2),
        shift=2,
        load=lambda split, data: Dataset(drawn.images, drawn.labels, drawn.classes),
        epochs=2,
    )
    monkeypatch.setitem(recipes.RECIPES, "tiny", recipe)
    return recipe


def test_training_writes_weights_that_load_with_their_accuracy(tiny_recipe, tmp_path):
    out = tmp_path / "tiny.npz"
    reached = training.train("tiny", out=out, progress=False)
    model, info = pretrained.load("tiny", out)
    drawn = tiny_recipe.load("test", None)
    assert info.test_accuracy == reached == accuracy(model, drawn.images, drawn.labels)
    assert list(tmp_path.iterdir()) == [out]  # the checkpoint is gone


@pytest.mark.parametrize("name", ["tiny", "tiny.txt", "folder.npz", "nowhere/tiny.npz"])
def test_an_out_that_cannot_be_saved_is_refused_before_the_training(tiny_recipe, tmp_path, name):
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(ValueError, match=r"must be a \.npz file"):
        training.train("tiny", out=tmp_path / name, progress=False)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.npz"]


def test_an_interrupted_training_resumes_to_the_same_weights(tiny_recipe, tmp_path, monkeypatch):
    training.train("tiny", out=tmp_path / "whole.npz", progress=False)
    real_vary, calls = training.vary, []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 2:  # in the second epoch: there is one batch an epoch
            raise KeyboardInterrupt
        return real_vary(*arguments)

    monkeypatch.setattr(training, "vary", interrupted)
    with pytest.raises(KeyboardInterrupt):
        training.train("tiny", out=tmp_path / "parts.npz", progress=False)
    assert not (tmp_path / "parts.npz").exists()
    training.train("tiny", out=tmp_path / "parts.npz", progress=False)
    whole, parts = (layers.load(tmp_path / f"{n}.npz") for n in ("whole", "parts"))
    assert whole.keys() == parts.keys()
    for name in whole:
        np.testing.assert_array_equal(whole[name], parts[name])


def test_variation_keeps_the_shape_and_is_seeded(tiny_recipe):
    images = np.random.default_rng(0).random((5, 3, 32, 32)).astype(np.float32)
    first = training.vary(images, tiny_recipe, np.random.default_rng(1))
    again = training.vary(images, tiny_recipe, np.random.default_rng(1))
    assert first.shape == images.shape and first.dtype == images.dtype
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, images)


def test_a_recipe_with_epsilon_trains_on_attacked_pictures_and_may_start_from_another(
    tiny_recipe, tmp_path, monkeypatch
):
    start = tiny_recipe.build()
    monkeypatch.setattr(training, "load", lambda name: (start, name))
    robust = dataclasses.replace(tiny_recipe, name="tiny_robust", epsilon=8 / 255, start="tiny")
    monkeypatch.setitem(recipes.RECIPES, "tiny_robust", robust)
    attacked = []
    real = training.pgd_adversary

    def adversary(epsilon, steps):
        def attack(model, images, labels, rng):
            result = real(epsilon, steps=steps)(model, images, labels, rng)
            attacked.append(np.abs(result - images).max())
            return result

        return attack

    monkeypatch.setattr(training, "pgd_adversary", adversary)
    training.train("tiny_robust", out=tmp_path / "tiny_robust.npz", epochs=1, progress=False)
    assert attacked and np.allclose(attacked, 8 / 255, atol=1e-3)
    trained = layers.load(tmp_path / "tiny_robust.npz")
    np.testing.assert_array_equal(
        trained["classifier.weight"], start.state_dict()["classifier.weight"]
    )


def test_the_robust_network_is_more_robust_and_does_not_only_hide_its_gradient():
    shapes = Shapes(40, seed=4321)
    epsilon = 4 / 255
    right = {}
    for name in ("shapes", "shapes_robust"):
        model, _ = pretrained.load(name)
        white = pgd(model, shapes.images, shapes.labels, epsilon, steps=10, restarts=2, rng=0)
        black = square(model, shapes.images, shapes.labels, epsilon, queries=100, rng=0)
        right[name] = [(r.predictions == shapes.labels).mean() for r in (white, black)]
    assert right["shapes_robust"][0] > right["shapes"][0] + 0.2
    # What no gradient is needed for must not succeed where the gradient fails.
    assert right["shapes_robust"][0] <= right["shapes_robust"][1] + 0.05
