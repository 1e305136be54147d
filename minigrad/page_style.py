"""The type and the colours, in light and dark, that all of minigrad's pages share."""

from __future__ import annotations

import functools
import re
from pathlib import Path

_SHARED = Path(__file__).with_name("page_style.css")


def style_sheet(page: Path) -> str:
    """Return the shared style sheet, followed by a page's own."""
    return _SHARED.read_text(encoding="utf-8") + page.read_text(encoding="utf-8")


@functools.cache
def colours() -> dict[str, str]:
    """Return the colours by their names, as they are in light: for drawings.

    Examples
    --------
    >>> from minigrad.page_style import colours
    >>> sorted(colours())
    ['accent', 'ink', 'line', 'muted', 'paper', 'second', 'surface', 'tint', 'wash']
    """
    light, _ = _SHARED.read_text(encoding="utf-8").split("@media", 1)
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", light))
