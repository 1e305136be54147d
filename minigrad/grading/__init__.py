"""Grade homework: safely, with marks that cannot be forged and feedback that names the mistake.

A submission runs in a process that holds no expected value and is locked in; only the bytes of
arrays come back, and they are judged here.
"""

from .assignment import Assignment, Mistake, Problem, load
from .comparison import Arrays, Check, Gradients, Property, Score
from .course import Class, grade_all
from .marking import Result, grade
from .process import IsolationError, Launcher
from .sandbox.limits import Limits
from .submission import Submission

__all__ = [
    "Arrays", "Assignment", "Check", "Class", "Gradients", "IsolationError", "Launcher", "Limits",
    "Mistake", "Problem", "Property", "Result", "Score", "Submission", "grade",
    "grade_all", "load",
]  # fmt: skip
