"""What single layers refuse, draw, count and leave alone."""

import copy

import numpy as np
import pytest

import layers
import minigrad as mg

IMAGES = np.random.default_rng(0).normal(size=(2, 4, 6, 5)).astype(np.float32)

BAD_ARGUMENTS = [
    (lambda: layers.Conv2d(0, 2, 3), "in_channels must be at least 1"),
    (lambda: layers.Conv2d(3, 4, 3, groups=2), "in_channels must be a multiple of groups"),
    (lambda: layers.Conv2d(4, 3, 3, groups=2), "out_channels must be a multiple of groups"),
    (lambda: layers.Conv2d(1, 1, 3, stride=0), "stride must be at least 1"),
    (lambda: layers.Conv2d(1, 1, (3, 3, 3)), "kernel_size must be an integer or two"),
    (lambda: layers.Conv2d(1, 1, 3, padding=-1), "padding must be at least 0"),
    (lambda: layers.Conv2d(1, 1, 3, padding="full"), "'same' or 'valid', not 'full'"),
    (lambda: layers.Conv2d(1, 1, 3, stride=2, padding="same"), "needs stride 1"),
    (lambda: layers.Conv2d(1, 1, 3, padding_mode="mirror"), "'mirror'"),
    (lambda: layers.ConvTranspose2d(1, 1, 3, padding_mode="reflect"), "padding_mode"),
    (lambda: layers.MaxPool2d(2, padding=2), "at most half"),
    (lambda: layers.Upsample(), "either size or scale_factor"),
    (lambda: layers.Upsample(2, 2.0), "either size or scale_factor"),
    (lambda: layers.Upsample(2, mode="cubic"), "'cubic'"),
    (lambda: layers.Upsample(2, align_corners=True), "align_corners"),
    (lambda: layers.GroupNorm(3, 4), "multiple of num_groups"),
    (lambda: layers.Dropout(1.5), "probability"),
    (lambda: layers.GELU("erf"), "'erf'"),
    (lambda: layers.MSELoss("average"), "'average'"),
    (lambda: layers.Linear(2, -1), "out_features must be at least 0"),
]


@pytest.mark.parametrize(("make", "message"), BAD_ARGUMENTS)
def test_a_bad_argument_is_refused_when_the_layer_is_made(make, message):
    with pytest.raises(ValueError, match=message):
        make()


BAD_INPUTS = [
    (layers.Linear(3, 2), (5, 4), r"not \(5, 4\) and \(2, 3\)"),
    (layers.Linear(3, 2), (2, 3, 8, 8), "flatten images first"),
    (layers.Conv2d(3, 2, 3), (1, 4, 8, 8), r"\(N, 3, H, W\), not \(1, 4, 8, 8\)"),
    (layers.Conv2d(3, 2, 3), (3, 8, 8), "add the batch axis"),
    (layers.BatchNorm2d(3), (2, 4, 5, 5), r"\(N, 3, H, W\), not"),
    (layers.BatchNorm1d(3), (2, 3, 5, 5), r"\(N, 3\) or \(N, 3, L\), not"),
    (layers.GroupNorm(1, 3), (2, 4), r"takes \(N, 3, \.\.\.\), not"),
    (layers.Dropout2d(), (2, 4), r"\(N, C, H, W\), not \(2, 4\)"),
    (layers.InstanceNorm2d(3), (2, 3, 1, 1), "images of one pixel"),
    (layers.Flatten(2), (2, 4), "no axes to join"),
]


@pytest.mark.parametrize(("layer", "shape", "message"), BAD_INPUTS)
def test_an_input_of_the_wrong_shape_is_refused(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer(np.ones(shape, np.float32))


@pytest.mark.parametrize("make", [layers.ReLU, layers.ReLU6, layers.ELU, layers.SiLU])
def test_inplace_is_accepted_and_overwrites_nothing(make):
    images = IMAGES.copy()
    make(inplace=True)(mg.Tensor(images))
    assert np.array_equal(images, IMAGES)


def test_parameters_and_outputs_are_float32_by_default():
    model = layers.Sequential(
        layers.Conv2d(4, 2, 3), layers.BatchNorm2d(2), layers.ReLU6(), layers.Dropout(0.5),
        layers.Dropout2d(0.5), layers.Flatten(), layers.LayerNorm(24), layers.Linear(24, 3),
    )  # fmt: skip
    y = model(IMAGES)
    y.sum().backward()
    assert y.dtype == np.float32
    assert {p.grad.dtype for p in model.parameters()} == {np.dtype(np.float32)}
    assert layers.Linear(2, 2, dtype=np.float64).weight.dtype == np.float64


def test_guided_rules_reach_the_relu_module_and_no_other_activation():
    x = mg.Tensor([1.0, 2.0], requires_grad=True)
    for layer, expected in [(layers.ReLU(), [0, 1]), (layers.ReLU6(), [-1, 1])]:
        y = (layer(x) * np.array([-1.0, 1.0])).sum()
        with mg.backward_rules(relu=lambda g, y: np.maximum(g, 0) * (y > 0)):
            (gradient,) = mg.grad(y, [x])
        assert gradient.data.tolist() == expected


def test_an_empty_batch_passes_through_a_network():
    assert layers.models.LeNet(rng=0)(np.zeros((0, 1, 28, 28), np.float32)).shape == (0, 10)


# ---- batch normalisation ----------------------------------------------------------------------


def test_batch_norm_changes_its_statistics_in_training_only():
    layer = layers.BatchNorm2d(4)
    layer.eval()(IMAGES)
    assert layer.num_batches_tracked == 0 and not layer.running_mean.any()
    layer.train()(IMAGES)
    assert layer.num_batches_tracked == 1
    assert np.allclose(layer.running_mean, 0.1 * IMAGES.mean((0, 2, 3)))


def test_batch_norm_without_momentum_averages_over_all_batches():
    layer = layers.BatchNorm2d(4, momentum=None)
    batches = [IMAGES, 2 * IMAGES + 1, IMAGES - 3]
    for batch in batches:
        layer(batch)
    expected = np.mean([batch.mean((0, 2, 3)) for batch in batches], axis=0)
    assert np.allclose(layer.running_mean, expected, atol=1e-6)


def test_training_on_after_an_evaluation_does_not_change_its_gradient():
    layer = layers.BatchNorm2d(4).eval()
    x = mg.Tensor(IMAGES, requires_grad=True)
    y = layer(x).sum()
    layer.train()(IMAGES * 100)
    y.backward()
    assert np.allclose(x.grad, 1 / np.sqrt(1 + 1e-5))


@pytest.mark.parametrize("make", [layers.BatchNorm2d, layers.InstanceNorm2d])
def test_an_empty_batch_leaves_running_statistics_finite(make):
    layer = make(4, track_running_stats=True)
    assert layer(IMAGES[:0]).shape == (0, 4, 6, 5)
    assert np.isfinite(layer.running_mean).all() and np.isfinite(layer.running_var).all()


# ---- dropout ----------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [layers.Dropout, layers.Dropout2d])
def test_dropout_is_reproducible_and_changes_from_call_to_call(make):
    first, second = make(0.5, rng=3), make(0.5, rng=3)
    y = first(IMAGES)
    assert np.array_equal(y, second(IMAGES))
    assert not np.array_equal(first(IMAGES), y)
    twin = copy.deepcopy(first)
    assert np.array_equal(twin(IMAGES), first(IMAGES))


def test_dropout2d_drops_whole_channels_and_keeps_the_mean():
    y = layers.Dropout2d(0.25, rng=0)(np.ones((100, 40, 3, 3), np.float32))
    kept = y.mean((2, 3))
    assert set(np.unique(kept)) == {np.float32(0), np.float32(1 / 0.75)}
    assert abs(kept.mean() - 1) < 0.02


def test_dropout_of_everything_is_zero_and_in_evaluation_nothing_happens():
    for make in (layers.Dropout, layers.Dropout2d):
        assert not make(1.0)(IMAGES).any()
        assert np.array_equal(make(1.0).eval()(IMAGES), IMAGES)


# ---- summary ----------------------------------------------------------------------------------


def test_the_summary_of_lenet_counts_by_hand():
    model = layers.models.LeNet(rng=0)
    table = layers.summary(model, (1, 1, 28, 28))
    rows = {row.name: row for row in table.rows}
    assert rows["conv1"].output_shape == (1, 6, 28, 28)
    assert rows["conv1"].parameters == 6 * 25 + 6
    assert rows["conv1"].multiply_adds == 28 * 28 * 6 * 25
    assert rows["conv2"].multiply_adds == 10 * 10 * 16 * 6 * 25
    assert rows["fc1"].multiply_adds == 400 * 120
    assert table.parameters == sum(p.size for p in model.parameters()) == 61706
    assert "61,706" in str(table) and model.training


def test_the_summary_leaves_the_model_as_it_was():
    model = layers.Sequential(layers.BatchNorm2d(4), layers.Dropout(0.5, rng=0)).train()
    model[1].eval()
    before = copy.deepcopy(model)
    layers.summary(model, (2, 4, 3, 3))
    assert model.training and model[0].training and not model[1].training
    assert model[0].num_batches_tracked == 0
    assert np.array_equal(model.train()(IMAGES).data, before.train()(IMAGES).data)


def test_the_summary_counts_shared_parameters_once_and_their_work_twice():
    shared = layers.Linear(3, 3, bias=False)
    table = layers.summary(layers.Sequential(shared, shared), (5, 3))
    assert table.parameters == 9 and table.multiply_adds == 2 * 5 * 9


def test_the_summary_shows_the_first_of_several_outputs_and_single_numbers():
    class Total(layers.Module):
        def forward(self, outputs):
            return outputs[0].sum()

    pool = layers.MaxPool2d(2, return_indices=True)
    rows = layers.summary(layers.Sequential(pool, Total()), (1, 2, 4, 4)).rows
    assert [row.output_shape for row in rows] == [(), (1, 2, 2, 2), ()]


def test_a_transposed_convolution_works_as_hard_as_its_adjoint():
    down = layers.summary(layers.Conv2d(4, 6, 3, stride=2, padding=1), (1, 4, 9, 9))
    up = layers.summary(layers.ConvTranspose2d(6, 4, 3, stride=2, padding=1), (1, 6, 5, 5))
    assert down.multiply_adds == up.multiply_adds


# ---- LeNet ------------------------------------------------------------------------------------


def test_lenet_has_the_keys_of_an_ordinary_implementation():
    shapes = {k: v.shape for k, v in layers.models.LeNet().state_dict().items()}
    assert shapes == {
        "conv1.weight": (6, 1, 5, 5), "conv1.bias": (6,),
        "conv2.weight": (16, 6, 5, 5), "conv2.bias": (16,),
        "fc1.weight": (120, 400), "fc1.bias": (120,),
        "fc2.weight": (84, 120), "fc2.bias": (84,),
        "fc3.weight": (10, 84), "fc3.bias": (10,),
    }  # fmt: skip


def test_lenet_learns_a_batch_by_heart():
    rng = np.random.default_rng(0)
    images = rng.normal(size=(16, 1, 28, 28)).astype(np.float32)
    labels = rng.integers(0, 10, 16)
    model, loss = layers.models.LeNet(rng=0), layers.CrossEntropyLoss()
    optimizer = layers.optim.Adam(model.parameters(), lr=2e-3)
    for _ in range(40):
        optimizer.zero_grad()
        loss(model(images), labels).backward()
        optimizer.step()
    assert (model(images).argmax(axis=1) == labels).all()
