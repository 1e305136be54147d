"""Walk through the sections and write the page."""

from __future__ import annotations

import importlib
import os
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from minigrad.kernels import warm_up
from techniques.progress import progress_bar
from techniques.tour.page import Stop, render
from techniques.tour.route import ROUTE
from techniques.tour.visit import Visit, prepare

# What the sections need: forward passes, and gradients to the images.
KERNELS = ("winograd", "convolution", "max_pooling", "activation", "resampling")

LEAD = (
    "A network is a function one can differentiate. Every figure on this page was computed a "
    "moment ago, on this machine, by following gradients through a trained convolutional network: "
    "to its weights, to its output maps, to the pixels, and back up again."
)


def write_tour(
    out: str | os.PathLike[str],
    images: Sequence[str | os.PathLike[str]] = (),
    data: str | os.PathLike[str] | None = None,
    only: Sequence[str] | None = None,
) -> int:
    """Write the page to `out`/index.html, say where it is, and return the exit status.

    Parameters
    ----------
    out : path
        A folder, made if it does not exist. A page that is there is replaced.
    images : sequence of path
        Photographs to look at.
    data : path, optional
        A folder with `cifar10` or `mnist`.
    only : sequence of str, optional
        Names of sections, as in `ROUTE`; all by default.

    Returns
    -------
    int
        1 when a section failed, else 0. Its error is on the page, the other sections are whole.

    Raises
    ------
    FileNotFoundError, ValueError
        When a photograph or the data folder is missing or damaged, or `out` is a file.
    OSError
        When `out` cannot be written.
    """
    folder = _prepared_folder(Path(out))
    names = [name for name in ROUTE if only is None or name in only]
    with progress_bar() as show:
        steps = len(names) + 1
        show(0, steps, "networks and pictures")
        visit = prepare(images, data)  # first, so that nobody waits only to hear of a bad picture
        warm_up(progress=show, only=KERNELS)
        stops = []
        for done, name in enumerate(names, start=1):
            show(done, steps, ROUTE[name])
            stops.append(stop(name, visit))
    page = folder / "index.html"
    _replace(page, render(stops, LEAD, _command(images, data, only)))
    print(f"The tour is in {page}")
    failed = [each for each in stops if each.section is None]
    for each in failed:
        print(f"minigrad: the section {each.name} failed: {each.error}", file=sys.stderr)
    return 1 if failed else 0


def stop(name: str, visit: Visit) -> Stop:
    """Make one section, or note why it could not be made."""
    try:
        module = importlib.import_module(f"techniques.tour.sections.{name.replace('-', '_')}")
        return Stop(name, ROUTE[name], module.section(visit))
    except Exception as error:  # whatever it is, the other sections shall be shown
        return Stop(name, ROUTE[name], error=f"{type(error).__name__}: {error}")


def _prepared_folder(folder: Path) -> Path:
    """Make the folder and try to write there now, not after the work."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"--out {folder} is a file: name a folder")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        return folder


def _replace(path: Path, text: str) -> None:
    """Write a file as a whole: an interruption leaves the old one."""
    new = path.with_name(path.name + ".new")
    try:
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _command(
    images: Sequence[str | os.PathLike[str]],
    data: str | os.PathLike[str] | None,
    only: Sequence[str] | None,
) -> str:
    """The command line that makes this page again."""
    words = ["minigrad", "tour"]
    words += ["--image", *[os.fspath(image) for image in images]] if images else []
    words += ["--data", os.fspath(data)] if data is not None else []
    words += ["--only", *only] if only else []
    return shlex.join(words)
