"""Losses: values worked out by hand, what is ignored, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg


def logits_and_target(seed=0, shape=(4, 3)):
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape), rng.integers(0, shape[1], shape[:1] + shape[2:])


# ---- cross entropy ----------------------------------------------------------------------------


@given(st.integers(0, 1000))
def test_cross_entropy_is_nll_of_log_softmax(seed):
    x, t = logits_and_target(seed, (2, 3, 2, 2))
    weight = np.array([1.0, 0.2, 3.0])
    for reduction in ("mean", "sum", "none"):
        np.testing.assert_allclose(
            mg.cross_entropy(x, t, weight, reduction=reduction),
            mg.nll_loss(mg.log_softmax(x, 1), t, weight, reduction=reduction),
        )


def test_the_gradient_is_softmax_minus_target():
    x, t = logits_and_target()
    logits = mg.Tensor(x, requires_grad=True)
    mg.cross_entropy(logits, t).backward()
    np.testing.assert_allclose(logits.grad, (mg.softmax(x) - np.eye(3)[t]) / 4)


@given(st.integers(0, 1000), st.floats(0, 1))
def test_classes_are_probabilities_of_one(seed, smoothing):
    x, t = logits_and_target(seed)
    np.testing.assert_allclose(
        mg.cross_entropy(x, t, label_smoothing=smoothing),
        mg.cross_entropy(x, np.eye(3)[t], label_smoothing=smoothing),
    )


@pytest.mark.parametrize("ignored", [-100, 2, 255])
def test_ignored_targets_cost_nothing_and_pull_nothing(ignored):
    x, t = logits_and_target()
    t[:] = [0, ignored, 1, ignored]
    logits = mg.Tensor(x, requires_grad=True)
    loss = mg.cross_entropy(logits, t, ignore_index=ignored)
    loss.backward()
    assert loss.item() == pytest.approx(mg.cross_entropy(x[::2], t[::2]))
    assert (logits.grad[1::2] == 0).all()
    assert (logits.grad[::2] != 0).all()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("loss", [mg.cross_entropy, mg.nll_loss])
@pytest.mark.parametrize("create_graph", [False, True])
def test_the_mean_over_ignored_targets_only_is_not_a_number_and_pulls_nothing(loss, create_graph):
    x, t = logits_and_target()
    for logits, target in ((x, np.full(4, -100)), (x[:0], t[:0])):
        logits = mg.Tensor(logits, requires_grad=True)
        mean = loss(logits, target)
        assert np.isnan(mean.item())
        (gradient,) = mg.grad(mean, logits, create_graph=create_graph)
        np.testing.assert_array_equal(gradient.data, np.zeros_like(logits.data))
        assert loss(logits, target, reduction="sum").item() == 0


@pytest.mark.filterwarnings("error")
def test_smoothed_targets_that_are_all_ignored_pull_nothing():
    logits = mg.Tensor(logits_and_target()[0], requires_grad=True)
    mean = mg.cross_entropy(logits, np.full(4, -100), label_smoothing=0.1)
    mean.backward()
    assert np.isnan(mean.item()) and not logits.grad.any()


@pytest.mark.filterwarnings("error")
def test_extreme_logits_have_finite_losses_and_gradients():
    logits = mg.Tensor(np.array([[1e4, -1e4], [1e4, -1e4]]), requires_grad=True)
    loss = mg.cross_entropy(logits, [0, 1], reduction="none")
    np.testing.assert_array_equal(loss.data, [0, 2e4])
    loss.sum().backward()
    np.testing.assert_array_equal(logits.grad, [[0, 0], [1, -1]])


def test_an_impossible_class_costs_nothing_unless_it_is_the_target():
    x = np.array([[0.0, 0.0, -np.inf]])
    assert mg.cross_entropy(x, [0]) == pytest.approx(np.log(2))
    assert mg.cross_entropy(x, [2]) == np.inf


def test_a_write_to_the_target_after_the_loss_changes_nothing():
    x, t = logits_and_target()
    logits = mg.Tensor(x, requires_grad=True)
    loss = mg.cross_entropy(logits, t)
    t[:] = (t + 1) % 3
    loss.backward()
    np.testing.assert_allclose(logits.grad, (mg.softmax(x) - np.eye(3)[(t - 1) % 3]) / 4)


def test_the_gradient_to_probabilities_reaches_both_sides():
    rng = np.random.default_rng(0)
    x = mg.Tensor(rng.normal(size=(3, 4)), requires_grad=True)
    t = mg.Tensor(mg.softmax(rng.normal(size=(3, 4))), requires_grad=True)
    mg.cross_entropy(x, t, reduction="sum").backward()
    np.testing.assert_allclose(t.grad, -mg.log_softmax(x.data))
    np.testing.assert_allclose(x.grad, mg.softmax(x.data) - t.data)


def test_a_class_out_of_range_is_named_with_its_place():
    x, t = logits_and_target(shape=(2, 3, 2, 2))
    t[1, 0, 1] = 3
    for loss in (mg.cross_entropy, mg.nll_loss, mg.dice_loss):
        with pytest.raises(ValueError, match=r"target\[1, 0, 1\] is class 3, and there are 3"):
            loss(x, t)
    with pytest.raises(ValueError, match="target is class -1"):
        mg.cross_entropy(x[0, :, 0, 0], -1)


@pytest.mark.parametrize("target, error, message", [
    (np.zeros((4, 1), int), ValueError, r"shape \(4,\).*not \(4, 1\)"),
    (np.zeros(4), TypeError, "integers, not float64"),
    (np.zeros((4, 3), int), ValueError, r"not \(4, 3\)"),
])  # fmt: skip
def test_targets_that_do_not_fit_are_refused(target, error, message):
    with pytest.raises(error, match=message):
        mg.cross_entropy(np.zeros((4, 3)), target)


@pytest.mark.parametrize("options, message", [
    ({"reduction": "average"}, "'mean', 'sum' or 'none', not 'average'"),
    ({"label_smoothing": 1.5}, "between 0 and 1, not 1.5"),
    ({"weight": np.ones(2)}, r"shape \(2,\): one number for each of 3"),
])  # fmt: skip
def test_settings_that_make_no_sense_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        mg.cross_entropy(np.zeros((4, 3)), np.zeros(4, int), **options)


# ---- the others -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "loss", [mg.mse_loss, mg.l1_loss, mg.binary_cross_entropy_with_logits]
)
def test_shapes_that_differ_are_refused_instead_of_broadcast(loss):
    with pytest.raises(ValueError, match=r"\(3, 1\) and \(3,\)"):
        loss(np.zeros((3, 1)), np.zeros(3))
    with pytest.raises(ValueError, match="reduction"):
        loss(np.zeros(3), np.zeros(3), reduction="max")


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss"])
def test_float32_stays(name):
    x = np.ones(3, np.float32)
    assert getattr(mg, name)(x, np.zeros(3, np.float32)).dtype == np.float32
    assert mg.cross_entropy(x, 0).dtype == np.float32
    assert mg.cross_entropy(x, 0, np.ones(3)).dtype == np.float32


@given(st.integers(0, 1000))
def test_one_logit_is_two_classes(seed):
    rng = np.random.default_rng(seed)
    x, t = rng.normal(size=5) * 10, rng.integers(0, 2, 5)
    np.testing.assert_allclose(
        mg.binary_cross_entropy_with_logits(x, t.astype(float)),
        mg.cross_entropy(np.stack([np.zeros(5), x], 1), t),
        atol=1e-12,
    )


def test_weights_must_broadcast_to_the_logits():
    with pytest.raises(ValueError, match=r"pos_weight of shape \(2, 3\)"):
        mg.binary_cross_entropy_with_logits(np.zeros(3), np.zeros(3), None, np.ones((2, 3)))


# ---- overlap ----------------------------------------------------------------------------------


def test_dice_of_a_sure_and_right_prediction_is_nearly_zero():
    t = np.random.default_rng(0).integers(0, 3, (2, 4, 5))
    right = np.moveaxis(np.eye(3)[t], -1, 1) * 200 - 100
    assert mg.dice_loss(right, t) == pytest.approx(0, abs=1e-12)
    assert mg.dice_loss(-right, t) > 0.5


def test_dice_by_hand():
    # Class 0: p = (½, ½), q = (1, 0): (2 · ½ + 1) / (1 + 1 + 1); class 1 the same.
    assert mg.dice_loss(np.zeros((1, 2, 2)), np.array([[0, 1]])) == pytest.approx(1 / 3)
    assert mg.dice_loss(np.zeros((1, 2, 2)), np.array([[0, 0]]), smooth=0) == pytest.approx(
        1 - (2 / 3 + 0) / 2
    )


def test_dice_of_one_channel_takes_a_mask_with_or_without_the_channel():
    x = np.random.default_rng(0).normal(size=(2, 1, 3, 3))
    mask = x[:, 0] > 0.5
    p = mg.sigmoid(x[:, 0])
    expected = 1 - (2 * p[mask].sum() + 1) / (p.sum() + mask.sum() + 1)
    assert mg.dice_loss(x, mask) == pytest.approx(expected)
    assert mg.dice_loss(x, mask[:, None]) == pytest.approx(expected)


def test_a_mask_of_integers_leaves_the_dice_loss_in_single_precision():
    logits, mask = np.ones((2, 1, 3, 3), np.float32), np.eye(3, dtype=int)[None].repeat(2, 0)
    assert mg.dice_loss(logits, mask).dtype == np.float32
