"""Named networks beside the same ones built from torch.nn: keys, outputs, input gradients."""

from collections import OrderedDict

import numpy as np
import pytest

import layers
import minigrad as mg

torch = pytest.importorskip("torch")
nn = torch.nn


class Fire(nn.Module):
    def __init__(self, before, squeezed, expanded):
        super().__init__()
        self.squeeze = nn.Conv2d(before, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x):
        x = self.squeeze(x).relu()
        return torch.cat([self.expand1x1(x).relu(), self.expand3x3(x).relu()], 1)


class Bottleneck(nn.Module):
    def __init__(self, before, channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, channels, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv3 = nn.Conv2d(channels, 4 * channels, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * channels)
        self.downsample = None
        if stride > 1 or before != 4 * channels:
            shortcut = nn.Conv2d(before, 4 * channels, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(4 * channels))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        y = self.bn1(self.conv1(x)).relu()
        y = self.bn2(self.conv2(y)).relu()
        return (self.bn3(self.conv3(y)) + shortcut).relu()


class InvertedResidual(nn.Module):
    def __init__(self, before, channels, stride, widening):
        super().__init__()
        wide = before * widening
        steps = [] if widening == 1 else [unit(before, wide, 1, 1, 1)]
        steps += [unit(wide, wide, 3, stride, wide), nn.Conv2d(wide, channels, 1, bias=False)]
        self.conv = nn.Sequential(*steps, nn.BatchNorm2d(channels))
        self.adds_input = stride == 1 and before == channels

    def forward(self, x):
        return x + self.conv(x) if self.adds_input else self.conv(x)


def unit(before, channels, kernel, stride, groups):
    convolution = nn.Conv2d(before, channels, kernel, stride, kernel // 2, 1, groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(channels), nn.ReLU6())


def squeezenet():
    def pool():
        return nn.MaxPool2d(3, 2, ceil_mode=True)

    features = nn.Sequential(
        nn.Conv2d(3, 64, 3, 2), nn.ReLU(), pool(),
        Fire(64, 16, 64), Fire(128, 16, 64), pool(),
        Fire(128, 32, 128), Fire(256, 32, 128), pool(),
        Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256),
    )  # fmt: skip
    head = nn.Sequential(nn.Dropout(), nn.Conv2d(512, 7, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
    return nn.Sequential(dict_of(features=features, classifier=head, flatten=nn.Flatten()))


def resnet50():
    parts = dict_of(
        conv1=nn.Conv2d(3, 64, 7, 2, 3, bias=False), bn1=nn.BatchNorm2d(64), relu=nn.ReLU(),
        maxpool=nn.MaxPool2d(3, 2, 1),
    )  # fmt: skip
    before = 64
    for stage, (channels, count) in enumerate([(64, 3), (128, 4), (256, 6), (512, 3)], start=1):
        blocks = []
        for i in range(count):
            blocks.append(Bottleneck(before, channels, 2 if stage > 1 and i == 0 else 1))
            before = 4 * channels
        parts[f"layer{stage}"] = nn.Sequential(*blocks)
    parts |= dict_of(avgpool=nn.AdaptiveAvgPool2d(1), flat=nn.Flatten(), fc=nn.Linear(2048, 7))
    return nn.Sequential(parts)


def mobilenet_v2():
    features, before = [unit(3, 32, 3, 2, 1)], 32
    table = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
             (6, 160, 3, 2), (6, 320, 1, 1)]  # fmt: skip
    for widening, channels, count, stride in table:
        for i in range(count):
            block = InvertedResidual(before, channels, stride if i == 0 else 1, widening)
            features.append(block)
            before = channels
    features += [unit(320, 1280, 1, 1, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(
        dict_of(
            features=nn.Sequential(*features),
            classifier=nn.Sequential(nn.Dropout(), nn.Linear(1280, 7)),
        )
    )


def alexnet():
    features = nn.Sequential(
        nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(64, 192, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(192, 384, 3, 1, 1), nn.ReLU(), nn.Conv2d(384, 256, 3, 1, 1), nn.ReLU(),
        nn.Conv2d(256, 256, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(3, 2),
    )  # fmt: skip
    head = nn.Sequential(
        nn.Dropout(), nn.Linear(9216, 4096), nn.ReLU(),
        nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 7),
    )  # fmt: skip
    avgpool = nn.AdaptiveAvgPool2d(6)
    return nn.Sequential(
        dict_of(features=features, avgpool=avgpool, flatten=nn.Flatten(), classifier=head)
    )


def dict_of(**parts):
    return OrderedDict(parts)


NETWORKS = {
    "alexnet": (alexnet, lambda: layers.models.AlexNet(7)),
    "squeezenet1_1": (squeezenet, lambda: layers.models.SqueezeNet("1_1", 7)),
    "resnet50": (resnet50, lambda: layers.models.ResNet(50, 7)),
    "mobilenet_v2": (mobilenet_v2, lambda: layers.models.MobileNet("v2", 7)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_file_of_pytorch_gives_the_same_network(name, tmp_path):
    build_theirs, build_ours = NETWORKS[name]
    torch.manual_seed(0)
    theirs = build_theirs()
    images = torch.rand(2, 3, 97, 83)
    with torch.no_grad():
        theirs.train()(images)  # running statistics that differ from their first values
    theirs.eval()
    torch.save(theirs.state_dict(), tmp_path / "weights.pth")

    with layers.init.skip():
        ours = build_ours().eval()
    arrays = layers.load(tmp_path / "weights.pth")
    assert list(arrays) == list(ours.state_dict())
    ours.load_state_dict(arrays)

    expected = theirs(images).detach().numpy()
    assert abs(ours(images.numpy()).data - expected).max() <= 1e-5 * abs(expected).max()
    # In float32 the rounding of either decides ties of relu and max-pooling, and with them whole
    # gradients: PyTorch's own are then 10 % off for SqueezeNet.
    ours.double()
    theirs.double()
    x_torch = images.double().requires_grad_()
    x = mg.Tensor(x_torch.detach().numpy(), requires_grad=True)
    y, y_torch = ours(x), theirs(x_torch)
    weights = np.random.default_rng(0).standard_normal(y.shape)
    mg.sum(y * weights).backward()
    (y_torch * torch.from_numpy(weights)).sum().backward()
    for actual, expected in ((y.data, y_torch.detach().numpy()), (x.grad, x_torch.grad.numpy())):
        scale = abs(expected).max()
        assert scale > 0 and abs(actual - expected).max() <= 1e-10 * scale
