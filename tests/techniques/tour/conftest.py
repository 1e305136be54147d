"""A tour of untrained networks on a few pictures."""

from dataclasses import replace

import numpy as np
import pytest

from techniques.data import Dataset, Shapes
from techniques.pretrained import RECIPES, Info
from techniques.tour.guide import stop
from techniques.tour.page import render
from techniques.tour.route import ROUTE
from techniques.tour.visit import Picture, Study, Visit

HOSTILE = '"><script>alert(1)</script><b>.jpg'


def untrained(name):
    """A small network as `techniques.pretrained.load` returns it."""
    recipe = replace(RECIPES[name], channels=(4, 6), pooled=(1,))
    return recipe.build().eval(), Info(name, recipe, 0.5)


def small_visit():
    rng = np.random.default_rng(0)
    shapes = Shapes(24, seed=3, size=32)
    drawn = tuple(Picture(f"picture {i}", shapes.images[i], mask=shapes.masks[i]) for i in range(2))
    photograph = Picture(
        HOSTILE,
        rng.random((3, 32, 32), np.float32),
        original=rng.random((3, 48, 48), np.float32),
    )
    digits = Dataset(
        rng.random((30, 1, 28, 28), np.float32), np.arange(30) % 10, tuple("0123456789")
    )
    return Visit(
        (
            Study("Your photographs", *untrained("cifar10"), (photograph,)),
            Study("Shapes", *untrained("shapes"), drawn, shapes),
        ),
        digits,
    )


@pytest.fixture(scope="session")
def hostile():
    return HOSTILE


@pytest.fixture
def untrained_networks(monkeypatch):
    monkeypatch.setattr("techniques.tour.visit.load", untrained)


@pytest.fixture(scope="session")
def visit():
    return small_visit()


@pytest.fixture(scope="session")
def stops(visit):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("techniques.tour.sections.style._STEPS", 3)  # painting has its own tests
        patch.setattr("techniques.tour.sections.striding._SIDE", 80)  # and so has striding
        return [stop(name, visit) for name in ROUTE]


@pytest.fixture(scope="session")
def page(stops):
    return render(stops, "The lead.", "minigrad tour")
