"""What a section of the tour hands to the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure as Drawing


@dataclass(frozen=True)
class Panel:
    """One drawing of a figure.

    Attributes
    ----------
    drawing : matplotlib.figure.Figure
    alt : str
        What it shows, for those who cannot see it.
    title, note : str
        Short texts above and below it.
    before : str
        An operator between the panel before and this one, such as "+".
    """

    drawing: Drawing
    alt: str
    title: str = ""
    note: str = ""
    before: str = ""


@dataclass(frozen=True)
class Figure:
    """Panels side by side, with a caption.

    Attributes
    ----------
    panels : tuple of Panel
    caption : str
    columns, narrow_columns : int
        How many panels stand in a row, on a wide screen and on a narrow one.
    share : float
        How much of the page's width the figure takes on a wide screen.
    """

    panels: tuple[Panel, ...]
    caption: str
    columns: int = 4
    narrow_columns: int = 2
    share: float = 1.0

    @property
    def operators(self) -> bool:
        """Whether operators stand between the panels."""
        return any(panel.before for panel in self.panels)


@dataclass(frozen=True)
class Table:
    """Rows of text under a header; all but the first column are set as numbers."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str


@dataclass(frozen=True)
class Number:
    """A measured value, already formatted, and what it measures."""

    label: str
    value: str
    unit: str = ""


@dataclass(frozen=True)
class Part:
    """Figures, tables and numbers on one kind of picture, under a heading of their own."""

    heading: str
    blocks: tuple[Figure | Table, ...]
    numbers: tuple[Number, ...] = ()


@dataclass(frozen=True)
class Section:
    """A section of the tour.

    Attributes
    ----------
    question : str
        What it asks.
    parts : tuple of Part
    see : tuple of str
        What to see in the figures: first the answer, in one short sentence, then the rest.
    code : tuple of callable
        The functions that made them; the page shows their source.
    """

    question: str
    parts: tuple[Part, ...]
    see: tuple[str, ...]
    code: tuple[Callable[..., object], ...]


def chart_figure(drawing: Drawing, alt: str, caption: str) -> Figure:
    """Return a figure of one chart, as wide as all charts of the page."""
    return Figure((Panel(drawing, alt),), caption, columns=1, narrow_columns=1, share=0.6)


def percent(share: float) -> str:
    """Return a share as text, with one decimal."""
    return f"{100 * share:.1f}"
