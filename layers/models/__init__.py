"""Named networks."""

from .lenet import LeNet

__all__ = ["LeNet"]
