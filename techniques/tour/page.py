"""The page: sections through a template into one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import minigrad
from minigrad.page_style import style_sheet
from techniques.tour import drawing, listing
from techniques.tour.section import Number, Section

_FOLDER = Path(__file__).parent
TITLE = "What a trained network has learned"


@dataclass(frozen=True)
class Stop:
    """A section on the page, or the error that prevented it."""

    name: str
    heading: str
    section: Section | None = None
    error: str = ""


@dataclass(frozen=True)
class Headline:
    """A number for the table at the top, the stop it comes from, and what it was measured on."""

    stop: Stop
    on: str
    number: Number


def headlines(stops: Sequence[Stop]) -> list[Headline]:
    """Return the first number of each part that has numbers."""
    return [
        Headline(stop, part.heading, part.numbers[0])
        for stop in stops
        if stop.section
        for part in stop.section.parts
        if part.numbers
    ]


def render(stops: Sequence[Stop], lead: str, command: str, title: str = TITLE) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    stops : sequence of Stop
        In the order of the page.
    lead : str
        The paragraph under the title.
    command : str
        The command line that makes the page again.
    title : str
    """
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("page.html").render(
        title=title,
        lead=lead,
        stops=stops,
        headlines=headlines(stops),
        command=command,
        version=minigrad.__version__,
        css=Markup(style_sheet(_FOLDER / "page.css")),
        draw=lambda figure, name: Markup(drawing.svg(figure, name)),
        listing=lambda function: listing.highlighted(listing.source(function)),
        lines=lambda function: listing.source(function).count("\n") + 1,
        name_of=listing.name,
    )
