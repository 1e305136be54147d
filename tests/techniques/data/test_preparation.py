"""Photographs as a batch, and names of classes from files."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from techniques.data import load_batch, read_class_names


def test_the_centre_is_cut_out_of_the_resized_picture(tmp_path):
    pixels = np.zeros((64, 128, 3), np.uint8)
    pixels[8:56, 40:88, 0] = 255  # the central 3/4 of the central square
    Image.fromarray(pixels).save(tmp_path / "a.png")
    batch = load_batch([tmp_path / "a.png"] * 2, size=48, resize=64)
    assert batch.shape == (2, 3, 48, 48) and batch.dtype == np.float32
    assert batch[:, 0].min() == 1 and batch[:, 1:].max() == 0


def test_sizes_default_to_256_and_224(tmp_path):
    Image.new("RGB", (300, 280)).save(tmp_path / "a.png")
    assert load_batch([tmp_path / "a.png"]).shape == (1, 3, 224, 224)


def test_bad_sizes_and_no_pictures_are_refused():
    with pytest.raises(ValueError, match="size must be from 1 to resize = 32"):
        load_batch(["a.png"], size=33, resize=32)
    with pytest.raises(ValueError, match="no pictures"):
        load_batch([])


NAMES = st.lists(
    st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1), min_size=1, max_size=12
)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("names")


@given(NAMES)
def test_every_form_gives_the_same_names(file, names):
    (file / "a.txt").write_text("\n".join(names) + "\n\n", encoding="utf-8")
    (file / "b.json").write_text(json.dumps(names))
    (file / "c.json").write_text(json.dumps({str(i): ["id", n] for i, n in enumerate(names)}))
    for name in ("a.txt", "b.json", "c.json"):
        assert read_class_names(file / name, len(names)) == tuple(names)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.txt", "cat\ndog\n", "names 2 classes, and 3 are needed"),
        ("a.txt", "\n", "names 0 classes"),
        ("a.txt", b"\xff\xfe\x00", "no names of classes"),
        ("a.json", "{", "no names of classes"),
        ("a.json", "3", "neither a list nor an object"),
        ("a.json", '{"1": "cat"}', "numbers from 0 to 0"),
        ("a.json", "[[]]", "is no name"),
    ],
)
def test_a_file_of_another_kind_is_named(tmp_path, name, text, message):
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=f"{name}.*{message}"):
        read_class_names(tmp_path / name, 3)
