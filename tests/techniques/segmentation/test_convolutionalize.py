"""A classifier and its fully convolutional form have the same numbers."""

import numpy as np
import pytest

import layers
import minigrad as mg
from techniques.segmentation import convolutionalize


def classifier(*middle):
    """Convolutions without padding, of total stride 2, then whatever stands in the middle."""
    return layers.Sequential(
        layers.Conv2d(2, 4, 3, rng=0), layers.BatchNorm2d(4), layers.ReLU(), layers.MaxPool2d(2),
        layers.Conv2d(4, 6, 2, rng=1), *middle,
    ).eval()  # fmt: skip


HEADS = {
    "two linear layers": classifier(
        layers.Flatten(), layers.Linear(6 * 4 * 3, 8, rng=2), layers.ReLU(), layers.Dropout(0.5),
        layers.Linear(8, 5, bias=False, rng=3),
    ),
    "the mean over places": classifier(
        layers.AdaptiveAvgPool2d(1), layers.Flatten(), layers.Linear(6, 5, rng=2)
    ),
    "pooling to a fixed size": classifier(
        layers.AdaptiveAvgPool2d((2, 1)), layers.Flatten(), layers.Linear(12, 5, rng=2)
    ),
    "a model with features and classifier": layers.Sequential(
        {"features": classifier(), "classifier": layers.Sequential(
            layers.Flatten(), layers.Linear(72, 5, rng=2))}
    ).eval(),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADS)
def test_the_map_of_scores_is_the_classifier_at_every_offset(name):
    model, size = HEADS[name], (12, 10)
    network = convolutionalize(model, size)
    scene = np.random.default_rng(4).normal(size=(2, 2, 23, 17)).astype(np.float32)
    scores = network(scene).data
    rows, columns = scores.shape[2:]
    assert (rows, columns) == ((23 - 12) // 2 + 1, (17 - 10) // 2 + 1)
    for y, x in np.ndindex(rows, columns):
        window = np.ascontiguousarray(scene[:, :, 2 * y : 2 * y + 12, 2 * x : 2 * x + 10])
        np.testing.assert_allclose(scores[:, :, y, x], model(window).data, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("model", [
    layers.models.LeNet(rng=0),
    layers.models.ResNet(18, classes=7, rng=0), layers.models.MobileNet("v1", classes=7, rng=0),
], ids=lambda model: type(model).__name__)  # fmt: skip
def test_named_networks_give_the_same_scores_on_their_own_size(model):
    side = 28 if isinstance(model, layers.models.LeNet) else 224
    network = convolutionalize(model.eval(), side)
    channels = 1 if side == 28 else 3
    image = np.random.default_rng(0).random((1, channels, side, side), np.float32)
    scores = network(image).data
    assert scores.shape[2:] == (1, 1)
    np.testing.assert_allclose(scores[..., 0, 0], model(image).data, rtol=1e-3, atol=1e-4)
    larger = np.zeros((1, channels, side + 64, side + 32), np.float32)
    assert min(network(larger).shape[2:]) > 1


def test_the_new_kernels_are_views_of_the_models_weights():
    model = HEADS["the mean over places"]
    network = convolutionalize(model, (12, 10))
    assert np.shares_memory(network[-1].weight.data, model[-1].weight.data)


@pytest.mark.parametrize(("model", "size", "reason"), [
    (layers.Sequential(layers.Linear(3, 2)), 8, "no convolution"),
    (classifier(), 12, "no Flatten"),
    (classifier(layers.Flatten(), layers.BatchNorm1d(72), layers.Linear(72, 2)), (12, 10),
     "behind the Flatten cannot become a convolution"),
    (classifier(layers.AdaptiveAvgPool2d(3), layers.Flatten(), layers.Linear(54, 2)), (12, 10),
     "unequal windows of a 4 × 3 map"),
])  # fmt: skip
def test_what_cannot_become_a_convolution_is_named(model, size, reason):
    with pytest.raises(ValueError, match=reason):
        convolutionalize(model, size)


def test_a_forward_pass_of_its_own_is_refused():
    class Doubling(layers.Module):
        def __init__(self):
            super().__init__()
            self.parts = HEADS["two linear layers"]

        def forward(self, x):
            return 2 * self.parts(x)

    with pytest.raises(ValueError, match="not its modules one after the other"):
        convolutionalize(Doubling(), (12, 10))
    with pytest.raises(TypeError, match="function"):
        convolutionalize(lambda x: mg.relu(x), 8)
