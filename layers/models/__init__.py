"""Named networks, with torchvision's names for their parameters where it has the network."""

from .alexnet import AlexNet
from .lenet import LeNet
from .mobilenet import MobileNet
from .resnet import ResNet
from .squeezenet import SqueezeNet
from .vgg import VGG

__all__ = ["VGG", "AlexNet", "LeNet", "MobileNet", "ResNet", "SqueezeNet"]
