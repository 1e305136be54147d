"""A classifier and its fully convolutional form have the same numbers."""

import numpy as np
import pytest

import layers
import minigrad as mg
from techniques import pretrained
from techniques.segmentation import convolutionalize, without_padding


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
    "dropout before, batch norm and softmax behind": classifier(
        layers.Dropout(0.5), layers.Flatten(), layers.Linear(72, 8, rng=2), layers.BatchNorm1d(8),
        layers.Linear(8, 5, rng=3), layers.Softmax(dim=-1),
    ),
    "a classifier behind a normalisation": layers.models.Normalized(
        layers.Sequential({"nested": layers.Sequential(classifier()), "flat": layers.Flatten(),
                           "head": layers.Linear(72, 5, rng=2)}), (0.1, 0.2), (0.5, 0.25),
    ).eval(),
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


@pytest.mark.parametrize(("model", "side"), [
    (layers.models.LeNet(rng=0), 28),
    (layers.models.SqueezeNet(classes=7, rng=0), 224),
    (layers.models.ResNet(18, classes=7, rng=0), 224),
    (layers.models.Normalized(layers.models.MobileNet("v1", classes=7, rng=0)), 224),
    (pretrained.load("shapes")[0], 64),
], ids=["LeNet", "SqueezeNet", "ResNet", "MobileNet", "shapes"])  # fmt: skip
def test_named_networks_give_the_same_scores_on_their_own_size(model, side):
    network = convolutionalize(model.eval(), side)
    channels = next(p for p in model.parameters() if p.ndim == 4).shape[1]
    image = np.random.default_rng(0).random((1, channels, side, side), np.float32)
    scores = network(image).data
    assert scores.shape[2:] == (1, 1)
    np.testing.assert_allclose(scores[..., 0, 0], model(image).data, rtol=1e-3, atol=1e-4)
    larger = np.zeros((1, channels, side + 64, side + 32), np.float32)
    assert min(network(larger).shape[2:]) > 1


def test_without_padding_a_named_network_is_itself_at_every_offset():
    model, side = without_padding(layers.models.LeNet(rng=0)), 32
    scene = np.random.default_rng(0).random((1, 1, 41, 36), np.float32)
    scores = convolutionalize(model, side)(scene).data
    assert scores.shape[2:] == (3, 2)
    for y, x in np.ndindex(3, 2):
        window = np.ascontiguousarray(scene[:, :, 4 * y :, 4 * x :][:, :, :side, :side])
        np.testing.assert_allclose(scores[:, :, y, x], model(window).data, rtol=1e-4, atol=1e-5)


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
    (classifier(layers.Flatten(2), layers.Linear(12, 2)), (12, 10), "leaves 3 axes"),
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
