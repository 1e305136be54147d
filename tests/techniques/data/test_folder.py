"""Images in folders by class, on disk or in a zip file."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from techniques.data import load_folder


def png(grey, width=6, height=4):
    stream = io.BytesIO()
    Image.new("L", (width, height), grey).save(stream, "PNG")
    return stream.getvalue()


FILES = {
    "dog/2.png": png(40),
    "dog/10.PNG": png(30),
    "cat/b.png": png(20),
    "cat/a.png": png(10),
    "cat/notes.txt": b"not an image",
    "cat/.hidden.png": b"not an image either",
    "empty/readme.md": b"",
}


def write(root, files, packed):
    """Write the files in a folder or a zip file and return its path."""
    if packed:
        with zipfile.ZipFile(root / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, raw in files.items():
                archive.writestr(name, raw)
        return root / "set.zip"
    for name, raw in files.items():
        (root / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "set" / name).write_bytes(raw)
    return root / "set"


@pytest.mark.parametrize("packed", [False, True])
def test_classes_and_images_in_the_order_of_their_names(tmp_path, packed):
    dataset = load_folder(write(tmp_path, FILES, packed))
    assert dataset.classes == ("cat", "dog") and len(dataset) == 4
    assert dataset.labels.tolist() == [0, 0, 1, 1] and dataset.labels.dtype == np.int64
    assert dataset.images.shape == (4, 3, 4, 6) and dataset.images.dtype == np.float32
    np.testing.assert_allclose(dataset.images[:, 1, 2, 3] * 255, [10, 20, 30, 40], rtol=1e-6)


def test_folders_around_the_classes_in_a_zip(tmp_path):
    files = {"set/train/cat/a.png": png(0), "__MACOSX/set/train/cat/a.png": b"", "set/x.txt": b""}
    assert load_folder(write(tmp_path, files, True)).classes == ("cat",)


@pytest.mark.parametrize("packed", [False, True])
def test_images_of_different_sizes_need_a_size(tmp_path, packed):
    path = write(tmp_path, FILES | {"dog/3.png": png(50, 8, 12)}, packed)
    with pytest.raises(ValueError, match=r"3\.png is 12 × 8, but .*a\.png 4 × 6 .* give a size"):
        load_folder(path)
    assert load_folder(path, size=5).images.shape == (5, 3, 5, 5)


@pytest.mark.parametrize("packed", [False, True])
def test_a_damaged_image_is_named(tmp_path, packed):
    path = write(tmp_path, FILES | {"cat/c.png": png(9)[:-30]}, packed)
    with pytest.raises(ValueError, match=r"cat/c\.png is truncated or damaged"):
        load_folder(path)


@pytest.mark.parametrize("packed", [False, True])
def test_nothing_to_load(tmp_path, packed):
    with pytest.raises(ValueError, match="holds no images in folders by class"):
        load_folder(write(tmp_path, {"cat/a.txt": b""}, packed))
    with pytest.raises(FileNotFoundError, match="no such folder or zip"):
        load_folder(tmp_path / "gone")


@pytest.mark.parametrize("name", ["../cat/a.png", "/cat/a.png", "a.png"])
def test_zip_entries_outside_a_class_are_refused(tmp_path, name):
    with pytest.raises(ValueError, match="lies in no folder of a class"):
        load_folder(write(tmp_path, {name: png(0)}, True))


def test_a_zip_bomb_is_refused_unread(tmp_path):
    path = write(tmp_path, {"cat/a.png": bytes(2**26 + 1)}, True)
    assert path.stat().st_size < 2**18
    with pytest.raises(ValueError, match="larger than 64 MiB"):
        load_folder(path)


def test_damaged_zips_are_explained(tmp_path):
    path = write(tmp_path, FILES, True)
    raw = path.read_bytes()
    position = raw.index(b"cat/a.png") + 12  # within the compressed bytes of the first image
    damaged = raw[:position] + bytes([raw[position] ^ 255]) + raw[position + 1 :]
    for content in (raw[:-40], b"no zip", damaged):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"set\.zip"):
            load_folder(path)


def test_images_that_together_take_too_much_memory_are_refused_early(tmp_path):
    large = png(0, 4000, 4000)
    path = write(tmp_path, {f"cat/{number}.png": large for number in range(23)}, True)
    with pytest.raises(ValueError, match="more than 4 GiB: give a size"):
        load_folder(path)
