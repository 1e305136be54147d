"""Shape against texture: the measure, the pictures, and the experiment in small."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from techniques.shape_bias import cue_conflict, labelled_by, shape_bias

CLASS = st.integers(0, 3)


@given(st.lists(st.tuples(CLASS, CLASS, CLASS), min_size=1, max_size=30))
def test_the_bias_counts_decisions_for_one_of_two_differing_cues(items):
    said, shape, texture = np.array(items).T
    conflict = [(p, s, t) for p, s, t in items if s != t]
    if not conflict:
        with pytest.raises(ValueError, match="no conflict"):
            shape_bias(said, shape, texture)
        return
    by_shape = sum(p == s for p, s, t in conflict)
    by_texture = sum(p == t for p, s, t in conflict)
    result = shape_bias(said, shape, texture)
    assert np.isclose(result.shape_fraction + result.texture_fraction + result.neither, 1)
    assert np.isclose(result.shape_fraction, by_shape / len(conflict))
    if by_shape + by_texture:
        assert np.isclose(result.bias, by_shape / (by_shape + by_texture))
    else:
        assert np.isnan(result.bias)


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="one length"):
        shape_bias([0, 1], [0, 1], [1])


def test_cues_conflict_in_every_picture_and_all_classes_occur():
    conflict = cue_conflict(200, size=16)
    assert (conflict.shape_labels != conflict.texture_labels).all()
    assert set(conflict.shape_labels) == set(conflict.texture_labels) == set(range(6))


def test_the_label_is_that_of_the_cue_and_the_pictures_are_the_same():
    shape, texture = (labelled_by(cue, 100, size=16) for cue in ("shape", "texture"))
    assert np.array_equal(shape.images, texture.images)
    assert 0.05 < (shape.labels == texture.labels).mean() < 0.35
    with pytest.raises(ValueError, match="cue must be"):
        labelled_by("colour", 4)
