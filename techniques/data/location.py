"""Where the data lies: an argument, MINIGRAD_DATA, or ../shared/data."""

from __future__ import annotations

import os
from pathlib import Path

_BESIDE = Path("..", "shared", "data")


def data_folder(data: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder that holds the data sets.

    Parameters
    ----------
    data : path, optional
        The folder. Without it, the environment variable MINIGRAD_DATA names it; without that, it is
        `../shared/data`, seen from the current directory or else from the repository.

    Raises
    ------
    FileNotFoundError
        When there is no such folder; the message says how to name one.

    Examples
    --------
    >>> from techniques.data import data_folder
    >>> data_folder("no/such/folder")
    Traceback (most recent call last):
    ...
    FileNotFoundError: the data folder no/such/folder (the argument) does not exist
    """
    origin = "MINIGRAD_DATA" if data is None else "the argument"
    named = os.environ.get("MINIGRAD_DATA") if data is None else data
    if named:
        if not Path(named).is_dir():
            raise FileNotFoundError(f"the data folder {named} ({origin}) does not exist")
        return Path(named)
    repository = Path(__file__).resolve().parents[2]
    for folder in (_BESIDE, repository / _BESIDE):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        "there is no data folder: pass one, name one in the environment variable MINIGRAD_DATA, "
        f"or make {_BESIDE.as_posix()}"
    )


def find(name: str, data: str | os.PathLike[str] | None = None) -> Path:
    """Return the path of a data set or file below the data folder.

    Parameters
    ----------
    name : str
        Such as "cifar10" or "images/kitten.jpg".
    data : path, optional
        The data folder, as in `data_folder`.

    Raises
    ------
    FileNotFoundError
        When there is no data folder, or nothing of that name in it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     find("camvid", folder)
    Traceback (most recent call last):
    ...
    FileNotFoundError: the data folder ... holds no camvid
    """
    folder = data_folder(data)
    path = folder / name
    if not path.exists():
        raise FileNotFoundError(f"the data folder {folder} holds no {name}")
    return path


def set_folder(name: str, data: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of a data set: below the data folder, or `data` itself if not in it."""
    if data is not None and not Path(data, name).exists():
        return Path(data)
    return find(name, data)
