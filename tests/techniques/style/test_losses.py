"""Gram matrices and the losses: the lecture's definitions, and what they cannot see."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minigrad as mg
from minigrad.testing import gradcheck
from techniques import content_loss, gram_matrix, style_loss
from techniques.style import total_variation

maps = hnp.arrays(np.float64, hnp.array_shapes(min_dims=3, max_dims=4, max_side=5),
                  elements=st.floats(-3, 3))  # fmt: skip


@given(maps)
def test_gram_is_the_sum_over_places(features):
    expected = np.einsum("...ihw,...jhw->...ij", features, features)
    np.testing.assert_allclose(gram_matrix(features), expected, atol=1e-12)


@given(maps, st.randoms(use_true_random=False))
def test_gram_does_not_know_where_anything_was(features, random):
    flat = features.reshape(*features.shape[:-2], -1)
    order = random.sample(range(flat.shape[-1]), flat.shape[-1])
    moved = flat[..., order].reshape(features.shape)
    np.testing.assert_allclose(gram_matrix(moved), gram_matrix(features), atol=1e-12)


@given(maps, st.floats(0.1, 100))
def test_the_divisor_divides(features, divisor):
    divided = gram_matrix(features, divisor)
    np.testing.assert_allclose(divided * divisor, gram_matrix(features), atol=1e-12)


def test_the_style_loss_sums_squares_and_the_content_loss_takes_their_mean():
    features, target = np.full((2, 3, 3), 2.0), np.ones((2, 3, 3))
    assert content_loss(features, target) == 1
    assert style_loss(features, target) == 4 * (36 - 9) ** 2
    assert style_loss([features] * 2, [target] * 2, weights=[1, 0.5], divisor=9) == 1.5 * 4 * 9


@given(maps)
def test_a_style_may_be_given_as_its_gram_matrix(features):
    other = features[..., ::-1, :] + 1
    np.testing.assert_allclose(
        style_loss(features, gram_matrix(other, 7), divisor=7),
        style_loss(features, other, divisor=7),
    )


def test_a_style_may_have_another_size():
    assert style_loss(np.ones((2, 4, 4)), np.ones((2, 2, 8))) == 0


def test_losses_have_gradients():
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(2, 3, 4, 4)), rng.normal(size=(2, 3, 4, 4))
    for loss in (
        lambda x: content_loss(x, target),
        lambda x: style_loss([x, x[:, :2]], [target, target[:, :2]], [1, 3], 5),
        total_variation,
    ):
        assert gradcheck(loss, x).ok


@given(hnp.arrays(np.float64, (3, 4, 5), elements=st.floats(-3, 3)), st.floats(-2, 2))
def test_total_variation_knows_no_offset_and_squares_contrast(image, contrast):
    value = total_variation(image)
    np.testing.assert_allclose(total_variation(image + 7), value, atol=1e-12)
    np.testing.assert_allclose(total_variation(contrast * image), contrast**2 * value, atol=1e-12)


def test_a_flat_image_has_no_variation_and_a_line_counts_in_one_direction():
    assert total_variation(np.ones((1, 1, 4, 4))) == 0
    assert total_variation(np.array([[0.0, 1.0, 3.0]])) == 2.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gram_matrix(np.ones(3)), "maps"),
        (lambda: gram_matrix(np.ones((1, 2, 2)), 0), "divisor"),
        (lambda: content_loss(np.ones((1, 2, 2)), np.ones((1, 2, 3))), "same size"),
        (lambda: content_loss([np.ones((1, 2, 2))], []), "one target a layer"),
        (lambda: content_loss([np.ones((1, 2, 2))], np.ones((1, 2, 2))), "both"),
        (lambda: style_loss(np.ones((2, 2, 2)), np.ones((3, 2, 2))), "same layer"),
        (lambda: style_loss(np.ones((2, 2, 2)), np.ones((2, 2, 2)), [1, 2]), "2 weights"),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_losses_of_tensors_stay_on_the_tape():
    x = mg.Tensor(np.ones((2, 3, 3)), requires_grad=True)
    assert mg.grad(style_loss(x, np.zeros((2, 2))), x)[0].shape == x.shape
