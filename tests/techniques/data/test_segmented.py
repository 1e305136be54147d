"""Masks say their classes as indices, in a palette, in colours, or in black and white."""

import numpy as np
import pytest
from PIL import Image

from techniques.data import load_camvid, load_segmented, load_voc

MASK = np.array([[0, 1, 2], [2, 1, 0]], np.uint8)


def written(folder, *masks, size=None):
    """A folder of pictures and one of these masks, arrays or Pillow images."""
    (folder / "images").mkdir()
    (folder / "masks").mkdir()
    for number, mask in enumerate(masks):
        mask = mask if isinstance(mask, Image.Image) else Image.fromarray(mask)
        mask.save(folder / "masks" / f"{number}.png")
        Image.new("RGB", size or mask.size, "red").save(folder / "images" / f"{number}.png")
    return folder / "images", folder / "masks"


def test_grey_values_are_indices(tmp_path):
    data = load_segmented(*written(tmp_path, MASK, MASK[::-1]), classes="abc")
    assert data.images.shape == (2, 3, 2, 3) and data.images[0, 0].min() == 1
    np.testing.assert_array_equal(data.masks, [MASK, MASK[::-1]])


def test_a_palette_gives_its_indices_not_its_colours(tmp_path):
    picture = Image.fromarray(MASK, mode="P")
    picture.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
    data = load_segmented(*written(tmp_path, picture), classes="abc")
    np.testing.assert_array_equal(data.masks[0], MASK)


def test_black_and_white_are_two_classes(tmp_path):
    data = load_segmented(*written(tmp_path, (MASK == 1) * np.uint8(255)), classes=["no", "yes"])
    np.testing.assert_array_equal(data.masks[0], MASK == 1)


def test_colours_are_looked_up_and_others_ignored_if_that_is_asked_for(tmp_path):
    colours = np.array([[0, 0, 0], [255, 0, 0], [1, 2, 3]], np.uint8)
    folders = written(tmp_path, colours[MASK])
    data = load_segmented(*folders, classes="abc", colours=colours.tolist())
    np.testing.assert_array_equal(data.masks[0], MASK)
    with pytest.raises(ValueError, match=r"0.png holds the colour \(1, 2, 3\)"):
        load_segmented(*folders, classes="ab", colours=colours[:2].tolist())
    data = load_segmented(*folders, classes="ab", colours=colours[:2].tolist(), ignore_index=255)
    np.testing.assert_array_equal(data.masks[0], np.where(MASK == 2, 255, MASK))


def test_resizing_keeps_whole_classes(tmp_path):
    mask = np.kron(MASK, np.ones((20, 20), np.uint8))
    data = load_segmented(*written(tmp_path, mask), classes="abc", size=10)
    assert data.images.shape == (1, 3, 10, 10)
    assert set(np.unique(data.masks)) <= {0, 1, 2} and data.masks.shape == (1, 10, 10)


@pytest.mark.parametrize(("mask", "classes", "reason"), [
    (MASK * 100, "abc", r"0.png holds 100.*name all classes"),
    ((MASK == 1) * np.uint8(255), "abc", r"255.*ignore_index=255.*black and white"),
    (np.zeros((2, 3, 3), np.uint8), "abc", "mode RGB: give `colours`"),
    (np.arange(0, 256, 5, np.uint8).reshape(4, 13), "ab", "52 values in the masks.*shades"),
])  # fmt: skip
def test_masks_that_say_no_class_are_refused_with_advice(tmp_path, mask, classes, reason):
    with pytest.raises(ValueError, match=reason):
        load_segmented(*written(tmp_path, mask), classes=classes)


@pytest.mark.parametrize("colours", [
    [(0, 0, 0), (0, 0, 0)], [(0, 0, 0), (0, 0, 256)], [(0, 0, 0), (1, 1)], [(0, 0, 0), (-1, 0, 0)],
])  # fmt: skip
def test_colours_that_cannot_be_told_apart_are_refused(tmp_path, colours):
    with pytest.raises(ValueError, match=r"different .*from 0 to 255"):
        load_segmented(*written(tmp_path, MASK), classes="ab", colours=colours)


def test_a_compressed_mask_is_named_as_the_reason(tmp_path):
    images, masks = written(tmp_path, MASK)
    Image.fromarray(MASK).save(masks / "0.jpg")
    (masks / "0.png").unlink()
    with pytest.raises(ValueError, match=r"has no mask .*0\.jpg is compressed"):
        load_segmented(images, masks, "abc")


def test_pictures_and_masks_must_fit(tmp_path):
    images, masks = written(tmp_path, MASK, size=(5, 5))
    with pytest.raises(ValueError, match=r"is 5 × 5 and its mask .* 2 × 3"):
        load_segmented(images, masks, "abc")
    (masks / "0.png").unlink()
    with pytest.raises(ValueError, match="has no mask"):
        load_segmented(images, masks, "abc")
    with pytest.raises(FileNotFoundError, match="no folder"):
        load_segmented(images, tmp_path / "none", "abc")
    (masks / "0.png").write_text("no picture")
    with pytest.raises(ValueError, match=r"0.png is no mask that can be read"):
        load_segmented(images, masks, "abc")


def test_the_layouts_of_camvid_and_voc(tmp_path):
    camvid = tmp_path / "camvid"
    for name in ("val", "valannot"):
        (camvid / name).mkdir(parents=True)
    Image.fromarray(MASK + np.uint8(9)).save(camvid / "valannot" / "1.png")
    Image.new("RGB", (3, 2)).save(camvid / "val" / "1.png")
    data = load_camvid("val", tmp_path)
    np.testing.assert_array_equal(data.masks[0], MASK + 9)
    assert len(data.classes) == data.ignore_index == 11
    with pytest.raises(FileNotFoundError, match="no folder train"):
        load_camvid("train", tmp_path)

    voc = tmp_path / "VOC2012"
    for name in ("JPEGImages", "SegmentationClass", "ImageSets/Segmentation"):
        (voc / name).mkdir(parents=True)
    Image.fromarray(np.full((30, 40), 255, np.uint8)).save(voc / "SegmentationClass" / "a.png")
    Image.new("RGB", (40, 30)).save(voc / "JPEGImages" / "a.jpg")
    (voc / "ImageSets/Segmentation/val.txt").write_text("a\n")
    data = load_voc("val", 16, tmp_path)
    assert data.masks.shape == (1, 16, 16) and (data.masks == data.ignore_index).all()


def test_the_real_street_scenes_load():
    try:
        data = load_camvid("val")
    except FileNotFoundError as error:
        pytest.skip(str(error))
    assert data.images.shape == (101, 3, 180, 240)
    assert set(np.unique(data.masks)) == set(range(12))
