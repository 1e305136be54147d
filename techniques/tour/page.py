"""The page: sections through a template into one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

import minigrad
from techniques.tour import drawing, listing
from techniques.tour.section import Section

_FOLDER = Path(__file__).parent
TITLE = "What a trained network has learned"
_SHORT = 4  # lines of code up to which a function is shown unfolded


@dataclass(frozen=True)
class Stop:
    """A section on the page, or the error that prevented it."""

    name: str
    heading: str
    section: Section | None = None
    error: str = ""


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
        command=command,
        version=minigrad.__version__,
        css=Markup((_FOLDER / "page.css").read_text(encoding="utf-8")),
        draw=lambda figure, name: Markup(drawing.svg(figure, name)),
        listing=lambda function: listing.highlighted(listing.source(function)),
        is_short=lambda function: listing.source(function).count("\n") < _SHORT,
        name_of=listing.name,
    )
