"""The lecture's homework: eight assignments, each a folder with solution, starter and cases.

``minigrad grade NAME FOLDER`` grades a class, ``minigrad grade start NAME DIR`` gives a student
what to begin with.
"""

from pathlib import Path

from minigrad.grading import Assignment, load

FOLDER = Path(__file__).parent
NAMES = tuple(sorted(file.parent.name for file in FOLDER.glob("*/assignment.py")))
"""The assignments that come with minigrad."""


def find(name: str) -> Assignment:
    """The assignment of that name, or of a folder.

    Raises
    ------
    ValueError
        If there is none.
    """
    if name in NAMES:
        return load(FOLDER / name)
    if not Path(name).exists():
        raise ValueError(f"there is no assignment {name!r}; there are {', '.join(NAMES)}")
    return load(name)
