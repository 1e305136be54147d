"""Small trained networks that ship with the package, and the recipes that made them.

Those to look at are ``shapes`` and ``cifar10``; ``shapes_robust`` withstands small attacks. Two
others are to compare with: an independent judge, ``shapes_second``, and ``shapes_random_labels``,
trained on labels that mean nothing. ``cue_texture``, ``cue_shape`` and ``cue_stylised`` differ in
what told the class in their training (see `techniques.shape_bias`). The weights of segmentation
networks lie here too; their recipes stand in ``techniques.segmentation.recipes``.

>>> from techniques import pretrained
>>> model, info = pretrained.load("shapes")
>>> info.classes[:3]
('disc', 'ring', 'square')
"""

from .networks import PictureNetwork
from .recipes import RECIPES, Info, load

__all__ = ["RECIPES", "Info", "PictureNetwork", "load"]
