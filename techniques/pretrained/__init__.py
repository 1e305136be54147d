"""Small trained networks that ship with the package, and the recipes that made them.

>>> from techniques import pretrained
>>> model, info = pretrained.load("shapes")
>>> info.classes[:3]
('disc', 'ring', 'square')
"""

from .networks import PictureNetwork
from .recipes import RECIPES, Info, load

__all__ = ["RECIPES", "Info", "PictureNetwork", "load"]
