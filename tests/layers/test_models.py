"""Named networks: the published sizes, torchvision's names, any image size, reproducible."""

import numpy as np
import pytest

import layers
import minigrad as mg
from layers import models

# The numbers of parameters that torchvision publishes (for MobileNet v1 the paper's 4.2 million).
PUBLISHED = [
    (models.AlexNet, (), 61_100_840),
    (models.VGG, (11,), 132_863_336),
    (models.VGG, (13,), 133_047_848),
    (models.VGG, (16,), 138_357_544),
    (models.VGG, (19,), 143_667_240),
    (models.VGG, (11, True), 132_868_840),
    (models.VGG, (13, True), 133_053_736),
    (models.VGG, (16, True), 138_365_992),
    (models.VGG, (19, True), 143_678_248),
    (models.SqueezeNet, ("1_0",), 1_248_424),
    (models.SqueezeNet, ("1_1",), 1_235_496),
    (models.ResNet, (18,), 11_689_512),
    (models.ResNet, (34,), 21_797_672),
    (models.ResNet, (50,), 25_557_032),
    (models.MobileNet, ("v1",), 4_231_976),
    (models.MobileNet, ("v2",), 3_504_872),
]
SMALL = {
    "alexnet": lambda rng: models.AlexNet(classes=5, rng=rng),
    "squeezenet": lambda rng: models.SqueezeNet("1_0", classes=5, rng=rng),
    "resnet50": lambda rng: models.ResNet(50, classes=5, rng=rng),
    "resnet20": lambda rng: models.ResNet(20, classes=5, rng=rng),
    "mobilenet_v1": lambda rng: models.MobileNet("v1", classes=5, rng=rng),
    "mobilenet_v2": lambda rng: models.MobileNet("v2", classes=5, rng=rng),
}


def zeros(network, *args, **kwargs):
    with layers.init.skip():
        return network(*args, **kwargs)


@pytest.mark.parametrize(
    ("network", "args", "parameters"), PUBLISHED, ids=lambda value: getattr(value, "__name__", None)
)
def test_a_network_has_as_many_parameters_as_published(network, args, parameters):
    assert sum(p.size for p in zeros(network, *args).parameters()) == parameters


def test_the_cifar_resnet_has_the_papers_size():
    sizes = [sum(p.size for p in zeros(models.ResNet, n, 10).parameters()) for n in (20, 56, 110)]
    assert [round(size / 1e6, 2) for size in sizes] == [0.27, 0.86, 1.73]


NORM = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]


def block(prefix, convolutions, shortcut=False):
    keys = []
    for i in range(1, convolutions + 1):
        keys += [f"{prefix}.conv{i}.weight", *(f"{prefix}.bn{i}.{name}" for name in NORM)]
    if shortcut:
        keys += [f"{prefix}.downsample.0.weight"]
        keys += [f"{prefix}.downsample.1.{name}" for name in NORM]
    return keys


def weight_and_bias(*names):
    return [f"{name}.{kind}" for name in names for kind in ("weight", "bias")]


def test_alexnets_keys_are_torchvisions():
    positions = [f"features.{i}" for i in (0, 3, 6, 8, 10)]
    positions += [f"classifier.{i}" for i in (1, 4, 6)]
    state = zeros(models.AlexNet).state_dict()
    assert list(state) == weight_and_bias(*positions)
    assert state["classifier.1.weight"].shape == (4096, 9216)


def test_vggs_keys_are_torchvisions():
    heads = ["classifier.0", "classifier.3", "classifier.6"]
    positions = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
    keys = list(zeros(models.VGG, 16).state_dict())
    assert keys == weight_and_bias(*[f"features.{i}" for i in positions], *heads)
    keys = list(zeros(models.VGG, 11, batch_norm=True).state_dict())
    expected = []
    for i in (0, 4, 8, 11, 15, 18, 22, 25):
        expected += weight_and_bias(f"features.{i}")
        expected += [f"features.{i + 1}.{name}" for name in NORM]
    assert keys == expected + weight_and_bias(*heads)


@pytest.mark.parametrize(
    ("version", "fires"),
    [("1_0", (3, 4, 5, 7, 8, 9, 10, 12)), ("1_1", (3, 4, 6, 7, 9, 10, 11, 12))],
)
def test_squeezenets_keys_are_torchvisions(version, fires):
    parts = ["squeeze", "expand1x1", "expand3x3"]
    names = ["features.0", *(f"features.{i}.{part}" for i in fires for part in parts)]
    state = zeros(models.SqueezeNet, version).state_dict()
    assert list(state) == weight_and_bias(*names, "classifier.1")
    assert state["features.0.weight"].shape == (
        (96, 3, 7, 7) if version == "1_0" else (64, 3, 3, 3)
    )
    assert state["features.12.expand3x3.weight"].shape == (256, 64, 3, 3)


@pytest.mark.parametrize(
    ("depth", "counts", "convolutions"),
    [(18, (2, 2, 2, 2), 2), (34, (3, 4, 6, 3), 2), (50, (3, 4, 6, 3), 3), (20, (3, 3, 3), 2)],
)
def test_resnets_keys_are_torchvisions(depth, counts, convolutions):
    expected = ["conv1.weight", *(f"bn1.{name}" for name in NORM)]
    for stage, count in enumerate(counts, start=1):
        for i in range(count):
            shortcut = i == 0 and (stage > 1 or convolutions == 3)
            expected += block(f"layer{stage}.{i}", convolutions, shortcut)
    state = zeros(models.ResNet, depth).state_dict()
    assert list(state) == [*expected, "fc.weight", "fc.bias"]
    if depth == 50:
        assert state["layer2.0.downsample.0.weight"].shape == (512, 256, 1, 1)
        assert state["layer4.2.conv3.weight"].shape == (2048, 512, 1, 1)


def test_mobilenet_v2s_keys_are_torchvisions():
    state = zeros(models.MobileNet, "v2").state_dict()

    def unit(name, norm):
        return [f"{name}.weight", *(f"{norm}.{key}" for key in NORM)]

    expected = unit("features.0.0", "features.0.1")
    expected += unit("features.1.conv.0.0", "features.1.conv.0.1")
    expected += unit("features.1.conv.1", "features.1.conv.2")
    for i in range(2, 18):
        for j in (0, 1):
            expected += unit(f"features.{i}.conv.{j}.0", f"features.{i}.conv.{j}.1")
        expected += unit(f"features.{i}.conv.2", f"features.{i}.conv.3")
    expected += unit("features.18.0", "features.18.1") + weight_and_bias("classifier.1")
    assert list(state) == expected
    assert state["features.2.conv.1.0.weight"].shape == (96, 1, 3, 3)
    assert state["features.17.conv.2.weight"].shape == (320, 960, 1, 1)


@pytest.mark.parametrize("name", SMALL)
def test_a_network_is_trained_and_evaluated(name):
    model = SMALL[name](rng=0)
    images = np.random.default_rng(0).random((2, 3, 65, 71), np.float32)
    loss = mg.cross_entropy(model(images), np.array([1, 3]))
    loss.backward()
    for key, parameter in model.named_parameters():
        assert parameter.grad is not None and np.isfinite(parameter.grad).all(), key
    model.eval()
    assert model(images).shape == (2, 5)
    assert np.array_equal(model(images).data, model(images).data)
    together, alone = model(images).data, model(images[:1]).data
    assert np.allclose(together[:1], alone, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "least"), [("alexnet", 63), ("squeezenet", 29), ("resnet50", 1), ("mobilenet_v1", 1)]
)
def test_the_smallest_image_is_as_documented(name, least):
    model = zeros(lambda: SMALL[name](rng=None)).eval()
    assert model(np.ones((1, 3, least, least), np.float32)).shape == (1, 5)
    if least > 1:
        with pytest.raises(ValueError, match="larger than the image"):
            model(np.ones((1, 3, least - 1, least - 1), np.float32))


def test_a_vgg_takes_small_images_and_shows_its_features():
    model = zeros(models.VGG, 11, batch_norm=True, classes=4).eval()
    with layers.capture(model, "features.3", "features") as activations:
        scores = model(np.ones((1, 3, 32, 40), np.float32))
    assert scores.shape == (1, 4)
    assert activations["features.3"].shape == (1, 64, 16, 20)
    assert activations["features"].shape == (1, 512, 1, 1)


@pytest.mark.parametrize("name", ["squeezenet", "resnet20", "mobilenet_v2"])
def test_the_seed_makes_the_network(name):
    first, same, other = (SMALL[name](rng=seed).state_dict() for seed in (1, 1, 2))
    assert all(np.array_equal(first[key], same[key]) for key in first)
    assert not all(np.array_equal(first[key], other[key]) for key in first)
    assert all(array.dtype == np.float32 for array in first.values() if array.dtype.kind == "f")


def assert_normal(array, std):
    assert abs(array.std() / std - 1) < 0.05 and abs(array.mean()) < 0.1 * std
    assert abs(array).max() > 2.5 * std  # a uniform distribution ends at 1.7


def test_the_initial_values_have_torchvisions_distributions():
    state = models.ResNet(18, classes=100, rng=0).state_dict()
    assert_normal(state["conv1.weight"], np.sqrt(2 / (64 * 49)))
    assert_normal(state["layer2.0.conv1.weight"], np.sqrt(2 / (128 * 9)))
    assert abs(abs(state["fc.weight"]).max() - 1 / np.sqrt(512)) < 1e-3
    assert (state["bn1.weight"] == 1).all()
    state = models.MobileNet("v2", rng=0).state_dict()
    assert_normal(state["features.17.conv.1.0.weight"], np.sqrt(2 / (960 * 9)))
    assert_normal(state["classifier.1.weight"], 0.01)
    assert (state["classifier.1.bias"] == 0).all()
    state = models.SqueezeNet("1_1", rng=0).state_dict()
    assert_normal(state["classifier.1.weight"], 0.01)
    bound = np.sqrt(6 / (64 * 9))
    assert 0.99 * bound < abs(state["features.12.expand3x3.weight"]).max() <= bound
    assert (state["features.12.expand3x3.bias"] == 0).all()


@pytest.mark.parametrize(
    ("network", "wrong", "known"),
    [
        (models.VGG, 12, "19"),
        (models.ResNet, 101, "50"),
        (models.SqueezeNet, "1.1", "1_1"),
        (models.MobileNet, "v3", "v2"),
    ],
)
def test_an_unknown_variant_is_refused_with_those_there_are(network, wrong, known):
    with pytest.raises(ValueError, match=f"{wrong}.*{known}"):
        network(wrong)


def test_skipping_the_draw_ends_with_the_with():
    with layers.init.skip():
        inside = layers.Linear(3, 2, rng=0)
    assert not inside.weight.data.any() and layers.Linear(3, 2, rng=0).weight.data.any()
