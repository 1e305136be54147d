"""What the sections compute, and that all of them stand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg
from techniques.data import Scenes
from techniques.decoder import IMAGE, KERNEL, VALUES, conv_transpose_steps, max_unpool_steps
from techniques.segmentation import split_instances
from techniques.tour.route import ROUTE
from techniques.tour.section import Figure
from techniques.tour.sections.data import confusion
from techniques.tour.sections.decoder import written
from techniques.tour.sections.fgsm import smallest_steps
from techniques.tour.sections.output_maps import strongest
from techniques.tour.sections.segmentation import middle, telling
from techniques.tour.sections.weights import accuracy, linear_classifier, outlines
from techniques.tour.sections.which_part import on_their_own, side_by_side


@pytest.mark.parametrize("name", ROUTE)
def test_every_section_can_be_made(name, stops):
    stop = stops[list(ROUTE).index(name)]
    assert stop.error == ""
    assert stop.section.question.endswith("?")
    assert stop.section.see and stop.section.code


@pytest.mark.parametrize(
    "name", ["data", "output-maps", "saliency", "grad-cam", "fgsm", "corruptions"]
)
def test_each_kind_of_picture_has_its_part(name, stops, visit):
    section = stops[list(ROUTE).index(name)].section
    assert [part.heading for part in section.parts] == [study.heading for study in visit.studies]


def test_photographs_have_no_mask_and_no_scores(stops):
    photographs, shapes = stops[list(ROUTE).index("grad-cam")].section.parts
    assert photographs.numbers == ()
    assert len(shapes.numbers) == 3


def test_the_worked_examples_end_with_the_lectures_numbers(stops):
    _, unpooling, convolution = stops[list(ROUTE).index("decoder")].section.parts
    last = [part.blocks[0].panels[-1].alt for part in (unpooling, convolution)]
    assert last[0].endswith("0 750 0; 100 0 250; 0 0 0.")
    assert last[1].endswith("120 30 -30 -120; 340 10 0 -350; 225 -100 105 -230; 50 0 -30 -20.")


@pytest.mark.parametrize(
    "steps", [max_unpool_steps(VALUES, IMAGE, 2), conv_transpose_steps(IMAGE, KERNEL)]
)
def test_what_the_steps_write_adds_up_to_the_result(steps):
    total = sum(np.nan_to_num(written(step)) for step in steps)
    np.testing.assert_array_equal(total, steps[-1].output)


def test_panels_of_a_figure_fill_its_rows_or_less(stops):
    for stop in stops:
        for part in stop.section.parts:
            for block in part.blocks:
                if isinstance(block, Figure):
                    assert block.panels
                    assert 1 <= block.narrow_columns <= max(block.columns, 2)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=20))
def test_confusion_counts_every_prediction_once(pairs):
    labels, predicted = np.array(pairs, int).reshape(-1, 2).T
    counts = confusion(predicted, labels, 4)
    assert counts.sum() == len(pairs)
    for truth, said in np.ndindex(4, 4):
        assert counts[truth, said] == pairs.count((truth, said))


def test_strongest_orders_channels_by_their_mean():
    maps = np.array([1.0, 3.0, 2.0])[:, None, None] * np.ones((3, 2, 2))
    np.testing.assert_array_equal(strongest(maps, 2)[:, 0, 0], [3.0, 2.0])


def test_smallest_steps_are_the_first_that_cross_the_boundary():
    def model(x):  # the first class while the mean is above a half
        mean = x.reshape(len(x), -1).mean(axis=1, keepdims=True)
        return mg.concatenate([mean - 0.5, 0.5 - mean], axis=1)

    levels = np.array([0.5, 2.5, 3.5, 9.0]) / 255 + 0.5
    images = np.broadcast_to(levels[:, None, None, None], (4, 3, 2, 2)).astype(np.float32)
    np.testing.assert_array_equal(smallest_steps(model, images, (1, 2, 3, 4)), [1, 3, 4, np.inf])


def test_the_linear_classifier_learns_outlines_and_its_weights_are_pictures():
    images, labels = outlines(300, rng=0)
    weight = linear_classifier(images, labels, 10, steps=40)
    assert weight.shape == (10, 28, 28)
    assert accuracy(weight, *outlines(100, rng=1)) > 0.9


def test_outlines_are_the_same_for_the_same_seed():
    np.testing.assert_array_equal(outlines(5, rng=2)[0], outlines(5, rng=2)[0])


def test_pictures_are_joined_two_and_two():
    pictures = np.arange(4.0).reshape(4, 1, 1, 1) * np.ones((4, 3, 2, 2))
    assert side_by_side(pictures)[:, 0, 0].tolist() == [[0, 0, 1, 1], [2, 2, 3, 3]]


def test_maps_are_told_apart_when_each_has_more_on_its_own_object():
    masks = np.array([[[True, False, False, True]]] * 3)
    left = np.array([[[3.0, 9, 9, 1]], [[3.0, 9, 9, 1]], [[1.0, 0, 0, 2]]])
    right = np.array([[[1.0, 9, 9, 3]], [[3.0, 9, 9, 1]], [[1.0, 0, 0, 2]]])
    assert on_their_own(left, right, masks).tolist() == [True, False, False]


def test_four_tasks_are_shown_on_a_scene_with_two_objects_of_one_class():
    scenes = Scenes(40, seed=3)
    mask = scenes.masks[telling(scenes)]
    assert len(split_instances(mask, least=20).labels) == 3
    assert len(np.unique(mask)) == 3  # two classes and the background


def test_the_middle_of_a_region_lies_in_it_even_of_a_ring():
    ring = np.zeros((9, 9), bool)
    ring[2:7, 2:7] = True
    ring[3:6, 3:6] = False
    assert ring[middle(ring)]
