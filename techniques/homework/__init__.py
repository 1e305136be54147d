"""The lecture's homework: eight assignments, each a folder with solution, starter and cases.

``minigrad grade NAME FOLDER`` grades a class, ``minigrad grade start NAME DIR`` gives a student
what to begin with.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
NAMES = tuple(sorted(file.parent.name for file in FOLDER.glob("*/assignment.py")))
"""The assignments that come with minigrad."""
