"""The groups of cases: a file a group, each with a function `cases`."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

GROUPS = ("small", "convolution", "pooling", "training", "networks", "memory", "startup")


def cases(groups: Sequence[str], only: str = "") -> list[Any]:
    """The cases of these groups (of all if there are none) that have `only` in their name.

    Raises
    ------
    ValueError
        If there is no such group, or no such case.
    """
    for group in groups:
        if group not in GROUPS:
            raise ValueError(f"there is no group {group!r}; choose of {', '.join(GROUPS)}")
    modules = [importlib.import_module(f"benchmarks.groups.{name}") for name in groups or GROUPS]
    found = [case for module in modules for case in module.cases() if only in case.name]
    if not found:
        raise ValueError(f"no case of {', '.join(groups or GROUPS)} has {only!r} in its name")
    return found
