"""Every layer beside its namesake in PyTorch: keys, shapes, outputs, gradients."""

import numpy as np
import pytest

import layers
import minigrad as mg

from .agreement import seeds

torch = pytest.importorskip("torch")
nn = torch.nn

IMAGES = (2, 4, 7, 6)
# name, arguments, keyword arguments, input shape
CASES = [
    ("Linear", (4, 3), {}, (5, 4)),
    ("Linear", (4, 3, False), {}, (2, 5, 4)),
    ("Conv2d", (4, 6, 3), {}, IMAGES),
    ("Conv2d", (4, 6, (3, 2)), {"stride": (2, 1), "padding": (1, 0), "dilation": 2}, IMAGES),
    ("Conv2d", (4, 6, 3), {"groups": 2, "bias": False}, IMAGES),
    ("Conv2d", (4, 8, 3, 1, 1), {"groups": 4}, IMAGES),
    ("Conv2d", (4, 2, (4, 3)), {"padding": "same", "dilation": (1, 2)}, IMAGES),
    ("Conv2d", (4, 2, 3), {"padding": "valid"}, IMAGES),
    ("Conv2d", (4, 2, (4, 3)), {"padding": "same", "padding_mode": "circular"}, IMAGES),
    ("Conv2d", (4, 2, 3, 2, (2, 1)), {"padding_mode": "reflect"}, IMAGES),
    ("Conv2d", (4, 2, 3, 2, (2, 1)), {"padding_mode": "replicate"}, IMAGES),
    ("Conv2d", (4, 2, 3, 1, (2, 1)), {"padding_mode": "circular"}, IMAGES),
    ("ConvTranspose2d", (4, 6, 3), {}, IMAGES),
    ("ConvTranspose2d", (4, 6, (3, 4), (2, 3), (1, 0), (1, 2), 2), {"dilation": 2}, IMAGES),
    ("ConvTranspose2d", (4, 2, 2, 2), {"bias": False}, IMAGES),
    ("MaxPool2d", (2,), {}, IMAGES),
    ("MaxPool2d", ((3, 2), (2, 1), 1), {"ceil_mode": True}, IMAGES),
    ("MaxPool2d", (2, 1), {"dilation": 2}, IMAGES),
    ("AvgPool2d", (2,), {}, IMAGES),
    ("AvgPool2d", (3, 2, 1), {"ceil_mode": True, "count_include_pad": False}, IMAGES),
    ("AvgPool2d", (3, 2, 1), {"ceil_mode": True}, IMAGES),
    ("AdaptiveAvgPool2d", (1,), {}, IMAGES),
    ("AdaptiveAvgPool2d", ((3, None),), {}, IMAGES),
    ("Upsample", (), {"scale_factor": 2}, IMAGES),
    ("Upsample", ((5, 9),), {"mode": "bilinear"}, IMAGES),
    ("Upsample", (), {"scale_factor": 1.5, "mode": "bilinear", "align_corners": True}, IMAGES),
    ("BatchNorm1d", (4,), {}, (5, 4)),
    ("BatchNorm1d", (4,), {"eps": 0.1}, (5, 4, 3)),
    ("BatchNorm2d", (4,), {}, IMAGES),
    ("BatchNorm2d", (4,), {"affine": False}, IMAGES),
    ("BatchNorm2d", (4,), {"momentum": None}, IMAGES),
    ("BatchNorm2d", (4,), {"track_running_stats": False}, IMAGES),
    ("LayerNorm", (6,), {}, IMAGES),
    ("LayerNorm", ((7, 6),), {"bias": False, "eps": 0.01}, IMAGES),
    ("LayerNorm", ((4, 7, 6),), {"elementwise_affine": False}, IMAGES),
    ("GroupNorm", (2, 4), {}, IMAGES),
    ("GroupNorm", (4, 4), {"affine": False}, IMAGES),
    ("InstanceNorm2d", (4,), {}, IMAGES),
    ("InstanceNorm2d", (4,), {"affine": True, "track_running_stats": True}, IMAGES),
    ("ReLU", (), {}, IMAGES),
    ("ReLU6", (), {}, IMAGES),
    ("LeakyReLU", (0.2,), {}, IMAGES),
    ("ELU", (1.5,), {}, IMAGES),
    ("GELU", (), {}, IMAGES),
    ("GELU", ("tanh",), {}, IMAGES),
    ("SiLU", (), {}, IMAGES),
    ("Sigmoid", (), {}, IMAGES),
    ("Tanh", (), {}, IMAGES),
    ("Softmax", (1,), {}, IMAGES),
    ("Softmax", (-1,), {}, IMAGES),
    ("Dropout", (0.0,), {}, IMAGES),
    ("Dropout2d", (0.0,), {}, IMAGES),
    ("Flatten", (), {}, IMAGES),
    ("Flatten", (-3, 2), {}, IMAGES),
    ("Identity", (1, 2), {"anything": 3}, IMAGES),
]
LOSSES = [
    ("CrossEntropyLoss", {}, (6, 4), "classes"),
    ("CrossEntropyLoss", {"weight": [1, 2, 0.5, 3], "ignore_index": 1}, IMAGES, "classes"),
    ("CrossEntropyLoss", {"label_smoothing": 0.2, "reduction": "sum"}, (6, 4), "classes"),
    ("CrossEntropyLoss", {"reduction": "none"}, IMAGES, "classes"),
    ("NLLLoss", {"weight": [1, 2, 0.5, 3], "ignore_index": 2}, (6, 4), "classes"),
    ("MSELoss", {}, (6, 4), "values"),
    ("MSELoss", {"reduction": "none"}, (6, 4), "values"),
    ("L1Loss", {"reduction": "sum"}, (6, 4), "values"),
    ("BCEWithLogitsLoss", {}, (6, 4), "bits"),
    ("BCEWithLogitsLoss", {"weight": [1, 2, 3, 4], "pos_weight": [1, 3, 1, 2]}, (6, 4), "bits"),
]  # fmt: skip


def names(cases):
    return [f"{case[0]}-{i}" for i, case in enumerate(cases)]


def pair(name, args, kwargs):
    """Our layer and PyTorch's with the same random values, in float64."""
    rng = np.random.default_rng(0)
    theirs = getattr(nn, name)(*args, **kwargs).double()
    ours = getattr(layers, name)(*args, **kwargs).double()
    state = {
        key: rng.uniform(0.5, 1.5, value.shape) if value.dtype.is_floating_point else value.numpy()
        for key, value in theirs.state_dict().items()
    }
    assert list(ours.state_dict()) == list(state)
    ours.load_state_dict(state)
    theirs.load_state_dict({key: torch.tensor(value) for key, value in state.items()})
    return ours, theirs


def assert_same(ours, theirs, x):
    """The same outputs, input gradients, parameter gradients and buffers."""
    mine = mg.Tensor(x, requires_grad=True)
    other = torch.tensor(x, requires_grad=True)
    y, z = ours(mine), theirs(other)
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-9, atol=1e-9)
    cotangent = np.random.default_rng(2).normal(size=z.shape)
    y.backward(cotangent)
    z.backward(torch.tensor(cotangent))
    np.testing.assert_allclose(mine.grad, other.grad.numpy(), rtol=1e-8, atol=1e-9)
    gradients = {n: p.grad for n, p in ours.named_parameters()}
    for key, parameter in theirs.named_parameters():
        np.testing.assert_allclose(gradients[key], parameter.grad.numpy(), rtol=1e-8, atol=1e-9)
    buffers = dict(theirs.named_buffers())
    for key, buffer in ours.named_buffers():
        np.testing.assert_allclose(buffer, buffers[key].numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("name", "args", "kwargs", "shape"), CASES, ids=names(CASES))
def test_a_layer_computes_what_torch_computes(name, args, kwargs, shape):
    ours, theirs = pair(name, args, kwargs)
    rng = np.random.default_rng(1)
    # Twice, since running statistics go on; then in evaluation.
    for _ in range(2):
        assert_same(ours, theirs, rng.normal(size=shape) * 3)
        ours.zero_grad()
        theirs.zero_grad()
    assert_same(ours.eval(), theirs.eval(), rng.normal(size=shape) * 3)


@seeds(150)
def test_networks_of_random_layers_compute_what_torch_computes(draw):
    shape = 3, draw.integer(1, 5), draw.integer(3, 9), draw.integer(3, 9)
    ours, theirs, x = [], nn.Sequential(), torch.zeros(shape)
    for _ in range(draw.integer(1, 5)):
        name, args, kwargs = draw.note(random_layer(draw, *x.shape[1:]))
        ours.append(getattr(layers, name)(*args, **kwargs))
        theirs.append(getattr(nn, name)(*args, **kwargs))
        x = theirs[-1](x)
    ours, theirs = layers.Sequential(*ours).double(), theirs.double()
    ours.load_state_dict({key: value.numpy() for key, value in theirs.state_dict().items()})
    for training in (True, True, False):
        ours.train(training).zero_grad()
        theirs.train(training).zero_grad()
        assert_same(ours, theirs, draw.rng.normal(size=shape))


def random_layer(draw, channels, rows, columns):
    """Name and arguments of a layer for images of this shape.

    None has a kink: other layers may make values equal but for their rounding.
    """
    kernel = draw.integer(1, min(rows, 3)), draw.integer(1, min(columns, 3))
    stride, size, yes = draw.integer(1, 2), draw.integer(1, 3), draw.choice(True, False)
    groups = draw.choice(1, channels)
    filters, mode = groups * size, draw.choice("circular", "replicate", "zeros")
    moving, resized = {"groups": groups, "bias": yes}, draw.choice("nearest", "bilinear")
    some = [
        ("Conv2d", (channels, filters, kernel, stride, draw.integer(0, 2)), moving),
        ("Conv2d", (channels, size, (3, 2), 1, "same"), {"padding_mode": mode}),
        ("ConvTranspose2d", (channels, filters, kernel, stride, 0, stride - 1), moving),
        ("AvgPool2d", (kernel, stride), {"ceil_mode": yes}),
        ("AdaptiveAvgPool2d", (size,), {}),
        ("Upsample", (), {"scale_factor": size, "mode": resized}),
        (draw.choice("ELU", "GELU", "SiLU", "Sigmoid", "Tanh"), (), {}),
    ]
    if rows * columns > 1:
        some += [
            ("BatchNorm2d", (channels,), {"momentum": draw.choice(None, 0.3)}),
            ("GroupNorm", (groups, channels), {}),
            ("LayerNorm", ((channels, rows, columns),), {"bias": yes}),
            ("InstanceNorm2d", (channels,), {"affine": yes}),
        ]
    return draw.choice(*some)


@pytest.mark.parametrize(("name", "args", "kwargs", "shape"), CASES, ids=names(CASES))
def test_a_layer_has_the_keys_shapes_and_dtypes_of_torch(name, args, kwargs, shape):
    theirs = getattr(nn, name)(*args, **kwargs).state_dict()
    ours = getattr(layers, name)(*args, **kwargs).state_dict()
    described = [(key, array.shape, str(array.dtype)) for key, array in ours.items()]
    assert described == [
        (key, tuple(value.shape), str(value.dtype).removeprefix("torch."))
        for key, value in theirs.items()
    ]


def test_relu6_has_torchs_derivative_at_its_kinks():
    x = np.array([-1.0, 0.0, 3.0, 6.0, 7.0, np.nan])
    ours, theirs = pair("ReLU6", (), {})
    assert_same(ours, theirs, x[:-1])
    assert np.isnan(ours(mg.Tensor(x)).data[-1])


@pytest.mark.parametrize(("name", "kwargs", "shape", "kind"), LOSSES, ids=names(LOSSES))
def test_a_loss_computes_what_torch_computes(name, kwargs, shape, kind):
    rng = np.random.default_rng(3)
    target = {
        "classes": lambda: rng.integers(0, shape[1], (shape[0], *shape[2:])),
        "values": lambda: rng.normal(size=shape),
        "bits": lambda: rng.integers(0, 2, shape).astype(float),
    }[kind]()
    weights = {k: np.array(v, float) for k, v in kwargs.items() if isinstance(v, list)}
    ours = getattr(layers, name)(**(kwargs | weights))
    theirs = getattr(nn, name)(**(kwargs | {k: torch.tensor(w) for k, w in weights.items()}))
    assert list(ours.state_dict()) == list(theirs.state_dict())
    x = rng.normal(size=shape)
    mine, other = mg.Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, z = ours(mine, target), theirs(other, torch.tensor(target))
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-10)
    y.sum().backward()
    z.sum().backward()
    np.testing.assert_allclose(mine.grad, other.grad.numpy(), rtol=1e-8, atol=1e-12)


def test_max_unpooling_puts_values_where_torch_puts_them():
    x = np.random.default_rng(0).permutation(2 * 3 * 7 * 6).astype(float).reshape(2, 3, 7, 6)
    values, indices = layers.MaxPool2d(2, return_indices=True)(x)
    pooled, places = nn.MaxPool2d(2, return_indices=True)(torch.tensor(x))
    assert np.array_equal(indices, places.numpy())
    ours = layers.MaxUnpool2d(2)(values, indices, output_size=(7, 6))
    theirs = nn.MaxUnpool2d(2)(pooled, places, output_size=(7, 6))
    assert np.array_equal(ours, theirs.numpy())


@pytest.mark.parametrize("size", [(13, 11), (14, 11), (14, 12)])
def test_a_transposed_convolution_reaches_the_output_size_asked_for(size):
    ours, theirs = pair("ConvTranspose2d", (4, 3, 3, 2, 1), {})
    x = np.random.default_rng(0).normal(size=IMAGES)
    expected = theirs(torch.tensor(x), output_size=size).detach().numpy()
    np.testing.assert_allclose(ours(x, output_size=size).data, expected, rtol=1e-9)


INITIALISED = [
    ("Linear", (300, 200), {}),
    ("Conv2d", (32, 48, 5), {"groups": 2}),
    ("ConvTranspose2d", (32, 48, (3, 5)), {"groups": 2}),
]


@pytest.mark.parametrize(("name", "args", "kwargs"), INITIALISED)
def test_initial_values_have_torchs_distribution(name, args, kwargs):
    ours = getattr(layers, name)(*args, **kwargs, rng=0).state_dict()
    for key, theirs in getattr(nn, name)(*args, **kwargs).state_dict().items():
        bound = np.abs(theirs.numpy()).max()
        assert np.isclose(np.abs(ours[key]).max(), bound, rtol=0.1)
        if key == "weight":
            assert np.isclose(ours[key].std(), theirs.numpy().std(), rtol=0.03)
            assert abs(ours[key].mean()) < 0.02 * bound


@pytest.mark.parametrize("nonlinearity", ["linear", "conv2d", "sigmoid", "tanh", "relu", "selu"])
def test_gains_are_torchs(nonlinearity):
    assert layers.init.calculate_gain(nonlinearity) == nn.init.calculate_gain(nonlinearity)
    slope = 0.3
    assert layers.init.calculate_gain("leaky_relu", slope) == nn.init.calculate_gain(
        "leaky_relu", slope
    )


def test_a_network_written_for_torch_has_the_same_keys():
    def network(nn):
        return nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(inplace=True),
            nn.Sequential(nn.MaxPool2d(2), nn.Dropout(0.3), nn.Flatten()), nn.Linear(128, 10),
        )  # fmt: skip

    ours, theirs = network(layers), network(nn)
    expected = {k: tuple(v.shape) for k, v in theirs.state_dict().items()}
    assert {k: v.shape for k, v in ours.state_dict().items()} == expected
    assert list(ours.state_dict()) == list(expected)


def residual_block(nn):
    class Residual(nn.Module):
        def __init__(self, channels, out_channels, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(channels, out_channels, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(out_channels)
            self.relu = nn.ReLU(inplace=False)
            self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(out_channels)
            self.downsample = None
            if stride != 1 or channels != out_channels:
                self.downsample = nn.Sequential(
                    nn.Conv2d(channels, out_channels, 1, stride, bias=False),
                    nn.BatchNorm2d(out_channels),
                )

        def forward(self, x):
            identity = x if self.downsample is None else self.downsample(x)
            y = self.relu(self.bn1(self.conv1(x)))
            return self.relu(self.bn2(self.conv2(y)) + identity)

    return nn.Sequential(
        Residual(3, 4, 1), Residual(4, 4, 1), Residual(4, 8, 2), nn.AdaptiveAvgPool2d(1),
        nn.Flatten(), nn.Linear(8, 5),
    )  # fmt: skip


def u_net(nn):
    cat = (lambda maps: torch.cat(maps, 1)) if nn is torch.nn else (lambda m: np.concatenate(m, 1))

    def block(channels, out_channels):
        return nn.Sequential(
            nn.Conv2d(channels, out_channels, 3, padding=1), nn.GroupNorm(2, out_channels),
            nn.LeakyReLU(0.1),
        )  # fmt: skip

    class UNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.down = nn.ModuleList([block(3, 4), block(4, 8)])
            self.pool = nn.MaxPool2d(2)
            self.bottom = block(8, 8)
            self.up = nn.ModuleDict(
                {"0": nn.ConvTranspose2d(8, 8, 2, 2), "1": nn.Upsample(None, 2, "bilinear")}
            )
            self.merge = nn.ModuleList([block(16, 8), block(12, 4)])
            self.head = nn.Conv2d(4, 3, 1)

        def forward(self, x):
            skips = []
            for stage in self.down:
                skips.append(stage(x))
                x = self.pool(skips[-1])
            x = self.bottom(x)
            for i, merge in enumerate(self.merge):
                x = merge(cat([self.up[str(i)](x), skips.pop()]))
            return self.head(x)

    return UNet()


@pytest.mark.parametrize("network", [residual_block, u_net])
def test_a_network_written_for_torch_trains_as_it_does_there(network):
    theirs, ours = network(nn).double(), network(layers).double()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict({key: value.numpy() for key, value in theirs.state_dict().items()})
    optimizers = [
        layers.optim.SGD(ours.parameters(), lr=0.1, momentum=0.9),
        torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9),
    ]
    rng = np.random.default_rng(0)
    for _ in range(3):
        images = rng.normal(size=(2, 3, 8, 8))
        logits = ours(images)
        target = rng.integers(0, 3, (2, *logits.shape[2:]))
        loss = layers.CrossEntropyLoss()(logits, target)
        expected = nn.CrossEntropyLoss()(theirs(torch.tensor(images)), torch.tensor(target))
        np.testing.assert_allclose(loss.item(), expected.item(), rtol=1e-8)
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss.backward()
        expected.backward()
        for optimizer in optimizers:
            optimizer.step()
    state = ours.state_dict()
    for key, value in theirs.state_dict().items():
        np.testing.assert_allclose(state[key], value.numpy(), rtol=1e-6, atol=1e-8)
