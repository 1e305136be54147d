"""``minigrad data``: list what can be had, and get it."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from ..arguments import unknown
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
        raise unknown("source", name, CATALOGUE)
    return CATALOGUE[name]


def catalogue_text() -> str:
    """Return the catalogue for the terminal: sizes, terms, addresses and published digests.

    Examples
    --------
    >>> from techniques.data.fetch import catalogue_text
    >>> for line in catalogue_text().splitlines()[:3]:
    ...     print(line)
    mnist: 70 000 handwritten digits of 28 × 28, 11.6 MB
        terms: CC BY-SA 3.0; see http://yann.lecun.com/exdb/mnist/
        https://ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz md5:f68b3c2d...
    """
    lines = []
    for name, source in CATALOGUE.items():
        lines.append(f"{name}: {source.description}, {source.megabytes:g} MB")
        lines.append(f"    terms: {source.licence}; see {source.page}")
        lines += [f"    {address} {digest}".rstrip() for address, digest in source.files]
    return "\n".join(lines)
