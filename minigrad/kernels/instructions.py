"""The instructions that kernels are written with, by name.

Instructions are made with Numba, in the modules listed here, but kernels can be called without it.
So ``from minigrad.kernels.instructions import multiply_tile`` brings a name, whose meaning is found
when a kernel is compiled.
"""

from __future__ import annotations

import importlib
from typing import Any

MODULES = {
    "micro_kernel": (
        "dot_tile", "dot_tile_size", "interleave", "multiply_tile", "outer_tile",
    ),
    "vector": (
        "copy", "lanes_of", "load", "load_every_fourth", "spread", "store", "store_every_fourth",
    ),
    "lanes": (
        "beats", "equal", "every_other", "every_second", "greater", "load_filled", "load_numbers",
        "load_part", "power_of_two", "select", "square_root", "store_numbers", "store_part",
        "zipped_high", "zipped_low",
    ),
    "sliding": ("slide_factors", "slide_rows"),
}  # fmt: skip
_MODULE = {name: module for module, names in MODULES.items() for name in names}


class Instruction:
    """A name in one of the modules."""

    def __init__(self, name: str):
        self.name = name

    def found(self) -> Any:
        """What the name stands for."""
        return getattr(importlib.import_module(f"minigrad.kernels.{_MODULE[self.name]}"), self.name)


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"no instruction is called {name!r}; there are {', '.join(_MODULE)}")
    return Instruction(name)
