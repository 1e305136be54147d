"""``minigrad data``: list what can be had, and get it."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from urllib.parse import urlsplit

from .catalogue import CATALOGUE, Source
from .download import Progress, check_digest, download


def get(
    name: str,
    to: str | os.PathLike[str],
    progress: Progress = lambda done, steps, text: None,
) -> list[tuple[Path, str]]:
    """Bring the files of a data set or a network's weights to the folder `to`/`name`.

    A file that is there already is checked and not brought again. Archives are not unpacked:
    `load_cifar10` and `load_mnist` read them as they are.

    Parameters
    ----------
    name : str
        Of `CATALOGUE`.
    to : path
        A folder, made if it does not exist.
    progress : callable
        Told how many bytes of how many of a file have come.

    Returns
    -------
    list of (Path, str)
        The files, and the SHA-256 of each.

    Raises
    ------
    ValueError
        If there is no such name, or a file is not what was published.
    OSError
        When the network, the server or the disk fails.
    """
    source = find_source(name)
    folder = Path(to) / name
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for address, digest in source.files:
        path = folder / Path(urlsplit(address).path).name
        if path.exists():
            found.append((path, check_digest(path, digest)))
            continue
        limit = int(source.megabytes * 1.5e6) + 1_000_000
        found.append((path, download(address, path, digest, limit, progress)))
    return found


def find_source(name: str) -> Source:
    """Return the entry of the catalogue; a ``ValueError`` that lists near names otherwise."""
    if name not in CATALOGUE:
        near = difflib.get_close_matches(name, CATALOGUE, 3) or list(CATALOGUE)
        raise ValueError(f"there is no source {name!r}; did you mean {', '.join(near)}?")
    return CATALOGUE[name]


def catalogue_text() -> str:
    """Return the catalogue as a table for the terminal.

    Examples
    --------
    >>> from techniques.data.fetch import catalogue_text
    >>> print(catalogue_text().splitlines()[0])
    mnist              11.6 MB  70 000 handwritten digits of 28 × 28 (CC BY-SA 3.0)
    """
    return "\n".join(
        f"{name:14} {source.megabytes:8.1f} MB  {source.description} ({source.licence})"
        for name, source in CATALOGUE.items()
    )
