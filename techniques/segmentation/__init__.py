"""Segmentation: from a classifier to a map, and networks whose decoder mirrors their encoder."""

from .augmentation import vary
from .bilinear import BilinearUpsampling, bilinear_kernel
from .convolutionalize import convolutionalize, without_padding
from .fcn import FCN
from .instances import Instances, connected_components, split_instances
from .losses import border_weights, focal_loss, weighted_cross_entropy
from .metrics import Metrics, boundary_f_score, metrics
from .restoration import Restorer, add_noise, psnr, take_colour, train_restoration
from .score_map import ScoreMap, score_map, sliding_window
from .segnet import EncoderDecoder, SegNet
from .tiled import tiled
from .training import predict, score, train, transfer
from .trunk import Trunk
from .unet import UNet

__all__ = [
    "FCN",
    "BilinearUpsampling",
    "EncoderDecoder",
    "Instances",
    "Metrics",
    "Restorer",
    "ScoreMap",
    "SegNet",
    "Trunk",
    "UNet",
    "add_noise",
    "bilinear_kernel",
    "border_weights",
    "boundary_f_score",
    "connected_components",
    "convolutionalize",
    "focal_loss",
    "metrics",
    "predict",
    "psnr",
    "score",
    "score_map",
    "sliding_window",
    "split_instances",
    "take_colour",
    "tiled",
    "train",
    "train_restoration",
    "transfer",
    "vary",
    "weighted_cross_entropy",
    "without_padding",
]
