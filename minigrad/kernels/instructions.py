"""The instructions that kernels are written with, by name.

Instructions are made with Numba, in the modules listed here, but kernels can be called without it.
So ``from minigrad.kernels.instructions import multiply_tile`` brings a name, whose meaning is found
when a kernel is compiled.
"""

from __future__ import annotations

import importlib
from typing import Any

MODULES = ("micro_kernel", "vector", "lanes")


class Instruction:
    """A name in one of the modules."""

    def __init__(self, name: str):
        self.name = name

    def found(self) -> Any:
        """What the name stands for."""
        for module in MODULES:
            instructions = vars(importlib.import_module(f"minigrad.kernels.{module}"))
            if self.name in instructions:
                return instructions[self.name]
        raise ImportError(f"no instruction is called {self.name!r} in {', '.join(MODULES)}")


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return Instruction(name)
