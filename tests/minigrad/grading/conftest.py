"""What the tests of grading share: one launcher, or the reason why there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from minigrad.grading import IsolationError, Launcher, load

SMALL = Path(__file__).parent / "small"


@pytest.fixture(scope="session")
def launcher():
    """A launcher with real isolation."""
    try:
        made = Launcher()
    except IsolationError as error:
        pytest.skip(str(error))
    with made:
        yield made


@pytest.fixture(scope="session")
def small():
    """The small assignment."""
    return load(SMALL)
