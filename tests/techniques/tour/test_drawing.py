"""The visual language."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from techniques.tour.drawing import (
    chart,
    diverging,
    grids,
    heat,
    name_lines,
    overlay,
    picture,
    svg,
)


def test_a_grid_writes_every_number_but_nan():
    values = np.array([[1.0, -2.5], [np.nan, 0.0]])
    text = svg(grids((values, np.zeros((2, 2), bool), "")), "grid")
    assert re.findall(r"<text[^>]*>([^<]*)<", text) == ["1", "−2.5", "0"]


def test_the_same_drawing_gives_the_same_text():
    image = np.random.default_rng(0).random((8, 8, 3))
    assert svg(picture(image), "a") == svg(picture(image), "a")


def test_ids_are_prefixed_wherever_they_are_used():
    mask = np.eye(8, dtype=bool)
    text = svg(picture(np.zeros((8, 8, 3)), mask), "here")
    used = re.findall(r'(?: id="|url\(#|xlink:href="#)([^")]*)', text)
    assert used
    assert all(name.startswith("here-") for name in used)


def test_the_outline_of_an_object_at_the_border_is_closed():
    mask = np.zeros((6, 6), bool)
    mask[:3, :3] = True
    drawing = picture(np.zeros((6, 6, 3)), mask)
    (axes,) = drawing.axes
    for contour in axes.collections:
        (path,) = contour.get_paths()
        np.testing.assert_allclose(path.vertices[0], path.vertices[-1])


@pytest.mark.parametrize("values", [np.zeros((3, 4)), np.eye(3)])
def test_maps_become_colours_in_range_even_when_they_are_zero(values):
    image = np.random.default_rng(0).random((*values.shape, 3))
    for colours in (heat(values), overlay(image, values), diverging(values)):
        assert colours.shape == (*values.shape, 3)
        assert np.isfinite(colours).all() and colours.min() >= 0 and colours.max() <= 1


def test_where_the_map_is_zero_an_overlay_shows_the_picture_in_grey():
    image = np.random.default_rng(0).random((3, 3, 3))
    shown = overlay(image, np.zeros((3, 3)))
    np.testing.assert_allclose(shown, 0.9 * image.mean(axis=2, keepdims=True) * np.ones(3))


def test_weights_of_either_sign_have_their_own_colour():
    (negative, zero, positive), = diverging(np.array([[-1.0, 0.0, 1.0]]))
    assert negative[0] > negative[2] and positive[2] > positive[0]
    assert np.ptp(zero) < 0.02


def test_the_page_shows_through_where_a_picture_is_missing():
    image = np.ones((2, 2, 3))
    image[0, 1] = np.nan
    (axes,) = picture(image).axes
    (drawn,) = axes.images
    np.testing.assert_array_equal(drawn.get_array()[..., 3], [[1, 0], [1, 1]])


@given(st.lists(st.floats(0, 100), min_size=1, max_size=8))
def test_the_names_of_lines_stand_apart_and_in_the_order_of_their_ends(ends):
    _, axes = chart()
    name_lines(axes, {str(i): end for i, end in enumerate(ends)}, x=0, apart=8)
    heights = np.array([text.xy[1] for text in axes.texts])
    assert all(np.diff(heights) >= 8 - 1e-9)
    assert all(heights >= [ends[int(text.get_text())] for text in axes.texts])
