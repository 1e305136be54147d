"""Data: the procedural set Shapes."""

from .shapes import Shapes

__all__ = ["Shapes"]
