"""The libraries that are measured: a file a library, named as its package."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

PEERS = ("torch", "jax")


def installed() -> list[str]:
    """The peers whose package is installed here."""
    return [name for name in PEERS if importlib.util.find_spec(name)]


def chosen(text: str | None) -> list[str]:
    """The peers named in a list with commas; all that are installed if there is none.

    Raises
    ------
    ValueError
        If a name is unknown or its package is not installed.
    """
    here = installed()
    names = here if text is None else [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in here:
            fault = f"{name} is not installed" if name in PEERS else f"there is no peer {name!r}"
            raise ValueError(f"{fault}; installed here: {', '.join(here) or 'none'}")
    return names


def load(name: str) -> Any:
    """The peer of that name, or minigrad itself."""
    return importlib.import_module(f"benchmarks.peers.{name}").library
