"""FGSM: its budget, its direction, and an honest verdict."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from techniques.attacks import fgsm


def model_of(seed, classes=4):
    rng = np.random.default_rng(seed)
    hidden, output = rng.normal(size=(12, 9)), rng.normal(size=(9, classes))
    return lambda x: mg.relu(x.reshape(len(x), 12) @ hidden) @ output


def images_of(seed, count=5, bounds=(0, 1), dtype=np.float64):
    low, high = bounds
    drawn = np.random.default_rng(seed + 1).uniform(low, high, size=(count, 3, 2, 2))
    return np.clip(drawn.astype(dtype), low, high)


def predict(model, images):
    return model(mg.Tensor(images)).data.argmax(axis=1)


@given(
    seed=st.integers(0, 10**6),
    epsilon=st.floats(0, 2),
    bounds=st.sampled_from([(0, 1), (-1, 1), (0, 255), (-2.5, 3)]),
    dtype=st.sampled_from([np.float32, np.float64]),
    targeted=st.booleans(),
)
def test_budget_and_bounds_hold(seed, epsilon, bounds, dtype, targeted):
    images = images_of(seed, bounds=bounds, dtype=dtype)
    result = fgsm(model_of(seed), images, 2, epsilon, targeted, bounds)
    change = result.images.astype(np.float64) - images
    assert np.abs(change).max() <= epsilon + 1e-12
    assert result.images.min() >= bounds[0] and result.images.max() <= bounds[1]
    assert result.images.dtype == dtype and result.norm == "linf"
    assert np.array_equal(result.distance, np.abs(change).max(axis=(1, 2, 3)))
    assert np.allclose(result.distances.l2, np.linalg.norm(change.reshape(5, -1), axis=1))
    assert np.array_equal(result.distances.l0, (change != 0).sum(axis=(1, 2, 3)))


@given(seed=st.integers(0, 10**6), targeted=st.booleans(), epsilon=st.floats(0.01, 1))
def test_verdict_is_that_of_predicting_the_returned_images(seed, targeted, epsilon):
    model, images = model_of(seed), images_of(seed)
    labels = np.random.default_rng(seed).integers(4, size=5)
    result = fgsm(model, images, labels, epsilon, targeted)
    before, after = predict(model, images), predict(model, result.images)
    assert np.array_equal(result.original_predictions, before)
    assert np.array_equal(result.predictions, after)
    already = before == labels if targeted else before != labels
    reached = after == labels if targeted else after != labels
    assert np.array_equal(result.already_misclassified, already)
    assert np.array_equal(result.success, reached & ~already)
    assert result.queries.tolist() == [2] * 5


@given(seed=st.integers(0, 10**6))
def test_step_follows_the_sign_of_the_gradient_of_the_loss(seed):
    model, images = model_of(seed), images_of(seed) * 0.5 + 0.25
    labels = np.random.default_rng(seed).integers(4, size=5)
    x = mg.Tensor(images, requires_grad=True)
    logits = model(x)
    loss = (np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(5), labels]).sum()
    loss.backward()
    result = fgsm(model, images, labels, 0.1)
    assert np.array_equal(result.gradient_sign, np.sign(x.grad))
    assert np.allclose(result.images, images + 0.1 * np.sign(x.grad))
    towards = fgsm(model, images, labels, 0.1, targeted=True)
    assert np.allclose(towards.images, images - 0.1 * np.sign(x.grad))


@given(seed=st.integers(0, 10**6))
def test_images_do_not_see_each_other(seed):
    model, images = model_of(seed), images_of(seed)
    together = fgsm(model, images, [0, 1, 2, 3, 0], 0.05)
    for i in range(5):
        alone = fgsm(model, images[i : i + 1], i % 4, 0.05)
        assert np.allclose(alone.images[0], together.images[i])


def test_confidences_are_probabilities_of_the_predictions():
    model, images = model_of(3), images_of(3)
    result = fgsm(model, images, 1, 0.1)
    for given_images, confidences in [
        (images, result.original_confidences),
        (result.images, result.confidences),
    ]:
        logits = model(mg.Tensor(given_images)).data
        exponentials = np.exp(logits)
        probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
        assert np.allclose(confidences, probabilities.max(axis=1))


def test_success_rate_leaves_out_what_was_wrong_before():
    model, images = model_of(5), images_of(5, count=40)
    result = fgsm(model, images, predict(model, images), 0.3)
    assert result.success_rate == result.success.mean() > 0
    hopeless = fgsm(model, images, (predict(model, images) + 1) % 4, 0.3)
    assert hopeless.already_misclassified.all() and not hopeless.success.any()
    assert np.isnan(hopeless.success_rate)
    assert "40 needed no attack" in hopeless.plot().get_title()


def test_bad_budgets_and_bounds_are_named():
    model, images = model_of(0), images_of(0)
    for epsilon in (-0.1, np.nan, np.inf, [0.1, 0.2], "0.1"):
        with pytest.raises(ValueError, match="epsilon must be"):
            fgsm(model, images, 0, epsilon)
    with pytest.raises(ValueError, match=r"values from .* outside of the bounds 0 to 1"):
        fgsm(model, images * 255, 0, 0.1)
    with pytest.raises(ValueError, match="low < high"):
        fgsm(model, images, 0, 0.1, bounds=(1, 0))
    with pytest.raises(ValueError, match="labels are needed"):
        fgsm(model, images, None, 0.1)
