"""The examples that come with `minigrad step`: short scripts, the lecture's two first."""

from __future__ import annotations

import ast
import difflib
from pathlib import Path

from ...settings import kernels
from ...tensor import Tensor

EXAMPLES = (
    "unpooling", "transposed", "scalar", "network", "convolution", "pooling", "skip", "loss",
)  # fmt: skip
"""Their names, in the order in which they are offered."""


def example_path(name: str) -> Path:
    """The script of an example.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    if name not in EXAMPLES:
        near = difflib.get_close_matches(name, EXAMPLES, 1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise ValueError(
            f"there is no example {name!r}: {hint}choose one of {', '.join(EXAMPLES)}, or give a "
            "script that ends in .py"
        )
    return Path(__file__).parent / f"{name}.py"


def shows(name: str) -> str:
    """What an example shows, in a line."""
    return str(ast.get_docstring(ast.parse(example_path(name).read_text(encoding="utf-8"))))


def example(name: str) -> Tensor:
    """Record an example and return the output that it goes backward from.

    Examples
    --------
    >>> print(example("scalar").item())
    2.735...
    """
    from ..script import tensor_at_backward

    with kernels("reference"):  # they are small, and nothing waits for a compiler
        return tensor_at_backward(example_path(name))[0]
