"""Every primitive in the table keeps every promise; deliberately wrong ones are caught."""

from __future__ import annotations

import numpy as np
import pytest

import minigrad as mg

from . import conformance
from .conformance import CHECKS, Case

PRIMITIVES = sorted(name for name, p in mg.primitives().items() if "minigrad" in p.__module__)


def cases(primitive):
    """One case a sample."""
    assert primitive.sample is not None, f"{primitive.name} declares no sample to be tested with"
    for seed, (inputs, options) in enumerate(primitive.sample(np.random.default_rng(0))):
        yield Case(primitive, inputs, options, seed)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", PRIMITIVES)
def test_primitive_keeps_its_promise(name, check):
    for case in cases(mg.primitives()[name]):
        check(case)
