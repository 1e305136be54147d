"""layers: modules with parameters, losses, optimizers, schedules, weight files, networks.

>>> import layers, minigrad as mg, numpy as np
>>> model = layers.Sequential(layers.Flatten(), layers.Linear(4, 3, rng=0))
>>> model(mg.Tensor(np.zeros((2, 1, 2, 2), np.float32))).shape
(2, 3)
"""

from . import init, models, optim, schedule
from .activation import ELU, GELU, LeakyReLU, ReLU, ReLU6, Sigmoid, SiLU, Softmax, Tanh
from .capture import capture
from .channels_last import from_channels_last
from .checkpoint import History
from .container import ModuleDict, ModuleList, Sequential
from .convolution import Conv2d, ConvTranspose2d
from .dropout import Dropout, Dropout2d
from .linear import Flatten, Identity, Linear
from .loss import BCEWithLogitsLoss, CrossEntropyLoss, DiceLoss, L1Loss, MSELoss, NLLLoss
from .module import Module
from .naming import naming
from .normalization import BatchNorm1d, BatchNorm2d, GroupNorm, InstanceNorm2d, LayerNorm
from .parameter import Parameter
from .pooling import AdaptiveAvgPool2d, AvgPool2d, MaxPool2d, MaxUnpool2d, Upsample
from .summary import summary
from .training import evaluate, fit
from .weights import load, save

__all__ = [
    "ELU", "GELU", "AdaptiveAvgPool2d", "AvgPool2d", "BCEWithLogitsLoss", "BatchNorm1d",
    "BatchNorm2d", "Conv2d", "ConvTranspose2d", "CrossEntropyLoss", "DiceLoss", "Dropout",
    "Dropout2d", "Flatten", "GroupNorm", "History", "Identity", "InstanceNorm2d", "L1Loss",
    "LayerNorm", "LeakyReLU", "Linear", "MSELoss", "MaxPool2d", "MaxUnpool2d", "Module",
    "ModuleDict", "ModuleList", "NLLLoss", "Parameter", "ReLU", "ReLU6", "Sequential", "SiLU",
    "Sigmoid", "Softmax", "Tanh", "Upsample", "capture", "evaluate", "fit", "from_channels_last",
    "init", "load", "models", "naming", "optim", "save", "schedule", "summary",
]  # fmt: skip
