"""Named networks, with torchvision's names for their parameters where it has the network."""

from .alexnet import AlexNet
from .lenet import LeNet
from .mobilenet import MobileNet
from .preparation import Normalize, Normalized
from .recognition import NETWORKS, recognize
from .resnet import ResNet
from .squeezenet import SqueezeNet
from .vgg import VGG

__all__ = [
    "NETWORKS", "VGG", "AlexNet", "LeNet", "MobileNet", "Normalize", "Normalized", "ResNet",
    "SqueezeNet", "recognize",
]  # fmt: skip
