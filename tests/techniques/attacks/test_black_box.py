"""What each attack without the gradient does that the others do not."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from techniques.attacks import boundary, deepfool, hop_skip_jump, nes, one_pixel, simba, square
from techniques.attacks.one_pixel import painted
from techniques.attacks.simba import cosines
from techniques.attacks.square import side_of_square

from .networks import images_of, linear_of, model_of, predict


@pytest.mark.parametrize("directions", ["gaussian", "signs"])
def test_nes_steps_along_the_gradient_of_a_linear_model(directions):
    model, weight = linear_of(0, classes=2)
    images = np.full((1, 3, 2, 2), 0.5)
    (label,) = predict(model, images)
    result = nes(
        model, images, label, 0.4, queries=403, samples=400, step=0.001, directions=directions,
        rng=0,
    )  # fmt: skip
    change = (result.images - images).reshape(-1)
    uphill = weight[:, 1 - label] - weight[:, label]
    assert (np.sign(change) == np.sign(uphill)).mean() > 0.8


@given(size=st.integers(1, 40))
def test_the_cosine_basis_is_orthonormal(size):
    basis = cosines(size)
    assert np.allclose(basis @ basis.T, np.eye(size))
    assert np.allclose(basis[0], basis[0, 0])


@pytest.mark.parametrize("basis", ["pixel", "dct"])
def test_simba_never_makes_the_label_more_probable(basis):
    model, images = model_of(3), images_of(3, count=20)
    labels = predict(model, images)
    before = simba(model, images, labels, queries=2, basis=basis, rng=0)
    assert np.array_equal(before.images, images)
    after = simba(model, images, labels, 0.3, queries=40, basis=basis, rng=0)
    still = ~after.success
    assert (after.confidences[still] <= after.original_confidences[still]).all()
    assert after.success.any()
    steps = after.queries - 2
    assert (after.distance <= 0.3 * np.sqrt(steps) + 1e-9).all()


@given(
    st.floats(0.01, 1), st.integers(1, 40), st.integers(1, 40), st.integers(3, 500)
)  # fmt: skip
def test_squares_fit_the_image_and_shrink(p, height, width, queries):
    sides = [side_of_square(p, turn, queries, height, width) for turn in range(1, queries)]
    assert all(1 <= side <= min(height, width) for side in sides)
    assert all(after <= before for before, after in itertools.pairwise(sides))


def test_square_values_lie_at_the_corners_of_the_budget():
    model, images = model_of(7), images_of(7) * 0.5 + 0.25
    result = square(model, images, predict(model, images), 0.1, queries=20, rng=0)
    assert np.allclose(np.abs(result.images - images), 0.1)


@pytest.mark.parametrize("attack", [boundary, hop_skip_jump])
def test_decisions_alone_lead_near_the_border(attack):
    model, images = model_of(11), images_of(11, count=6)
    labels = predict(model, images)
    few, many = (attack(model, images, labels, queries=q, rng=0) for q in (60, 1500))
    found = few.success & many.success
    assert found.sum() >= 3
    assert (many.distance[found] <= few.distance[found] + 1e-9).all()
    border = deepfool(model, images, labels, overshoot=0.001)
    both = found & border.success
    assert np.median(many.distance[both] / border.distance[both]) < 1.6


@pytest.mark.parametrize("attack", [boundary, hop_skip_jump])
def test_a_target_is_approached_from_a_picture_of_it(attack):
    model, images = model_of(11), images_of(12, count=40)
    classes = predict(model, images)
    one, other = np.unique(classes)[:2]
    image, start = images[classes == one][:1], images[classes == other][:1]
    result = attack(model, image, other, queries=400, starts=start, targeted=True, rng=0)
    assert result.success.all()
    assert result.distance[0] < np.linalg.norm(start - image)


@given(
    seed=st.integers(0, 10**6),
    pixels=st.sampled_from([1, 3, 5]),
)
def test_a_candidate_is_painted_on_its_pixels_alone(seed, pixels):
    rng = np.random.default_rng(seed)
    image = rng.random((3, 6, 5))
    genes = rng.uniform([0, 0, 0, 0, 0], [5, 4, 1, 1, 1], (7, pixels, 5))
    for picture, candidate in zip(painted(image, genes), genes, strict=True):
        changed = (picture != image).any(axis=0)
        assert 1 <= changed.sum() <= pixels
        row, column = np.rint(candidate[-1, :2]).astype(int)
        assert np.array_equal(picture[:, row, column], candidate[-1, 2:])


def test_more_pixels_fool_more():
    model, images = model_of(13), images_of(13, count=30)
    labels = predict(model, images)
    shares = []
    for pixels in (1, 3):
        result = one_pixel(model, images, labels, pixels, population=20, generations=10, rng=0)
        assert (result.distances.l0 <= 3 * pixels).all()
        shares.append(result.success.mean())
    assert shares[0] < shares[1]
