"""The names of a network's classes, from a file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

_LARGEST = 2**22


def read_class_names(path: str | os.PathLike[str], count: int | None = None) -> tuple[str, ...]:
    """Read the names of classes, in the order of the logits.

    Parameters
    ----------
    path : path
        A text file with a name a line; or a JSON file with a list of names, or with an object
        from indices to names or to ``[identifier, name]``, as it is common for ImageNet.
    count : int, optional
        How many there must be: the number of logits.

    Raises
    ------
    ValueError
        If the file is neither, an index is missing, or there are more or fewer names than `count`.
    OSError
        When the file cannot be read.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from techniques.data import read_class_names
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "classes.json")
    ...     _ = path.write_text('{"1": ["n01443537", "goldfish"], "0": ["n01440764", "tench"]}')
    ...     read_class_names(path, count=2)
    ('tench', 'goldfish')
    """
    path = Path(path)
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"{path} is larger than 4 MiB: it holds more than names of classes")
    try:
        text = path.read_text(encoding="utf-8-sig")
        names = _from_json(json.loads(text)) if path.suffix == ".json" else text.split("\n")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} holds no names of classes: {error}") from error
    names = [name.strip() for name in names]
    while names and not names[-1]:
        names.pop()
    if not names or (count is not None and len(names) != count):
        wanted = "at least one is" if count is None else f"{count} are"
        raise ValueError(f"{path} names {len(names)} classes, and {wanted} needed")
    return tuple(names)


def _from_json(value: Any) -> list[str]:
    if isinstance(value, dict):
        indices = {str(index) for index in range(len(value))}
        if value.keys() != indices:
            raise ValueError(f"its keys are not the numbers from 0 to {len(value) - 1}")
        value = [value[str(index)] for index in range(len(value))]
    if not isinstance(value, list):
        raise ValueError("it is neither a list nor an object")
    names = [each[-1] if isinstance(each, list) and each else each for each in value]
    for name in names:
        if not isinstance(name, str):
            raise ValueError(f"{name!r} is no name")
    return names
