"""The pytest fixture `gradcheck`, registered when minigrad is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def gradcheck() -> Callable[..., Any]:
    """Check the gradients of a function on Tensors, and fail with the report if one is wrong.

    As `minigrad.testing.assert_gradients`, which is imported when the fixture is first used.

    Examples
    --------
    ::

        def test_my_layer(gradcheck):
            gradcheck(my_layer, np.ones((2, 3)))
    """
    from minigrad.testing import assert_gradients

    return assert_gradients
