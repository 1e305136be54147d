"""Photographs of every kind are loaded, or the file and the fix are named."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from techniques.data import find, load_image

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def halves(width=40, height=20, left=RED, right=BLUE):
    picture = Image.new("RGB", (width, height), right)
    picture.paste(left, (0, 0, width // 2, height))
    return picture


def saved(folder, picture, name="picture.png", **options):
    path = folder / name
    picture.save(path, **options)
    return path


@given(pixels=st.binary(min_size=36, max_size=36))
def test_pixels_come_back(tmp_path_factory, pixels):
    array = np.frombuffer(pixels, np.uint8).reshape(3, 4, 3)
    image = load_image(saved(tmp_path_factory.mktemp("image"), Image.fromarray(array)))
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image, array.transpose(2, 0, 1) / np.float32(255))


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "YCbCr", "I;16", "I"])
def test_every_mode_becomes_rgb(tmp_path, mode):
    if mode.startswith("I"):
        grey = np.full((4, 6), 65535, np.uint16 if mode == "I;16" else np.int32)
        picture = Image.fromarray(grey)
    else:
        picture = Image.new("RGB", (6, 4), WHITE).convert(mode)
    suffix = "tif" if mode in ("CMYK", "YCbCr", "I") else "png"
    path = saved(tmp_path, picture, f"picture.{suffix}")
    np.testing.assert_allclose(load_image(path), np.ones((3, 4, 6)), atol=0.01)


def test_16_bit_grey_keeps_its_values(tmp_path):
    grey = np.array([[0, 257, 32896, 65535]], np.uint16)
    image = load_image(saved(tmp_path, Image.fromarray(grey)))
    np.testing.assert_allclose(image[0, 0] * 255, [0, 1, 128, 255], rtol=1e-6)


def test_transparency_lies_over_white(tmp_path):
    half = Image.new("RGBA", (1, 1), (255, 0, 0, 51))
    np.testing.assert_allclose(
        load_image(saved(tmp_path, half)).ravel(), [1, 0.8, 0.8], atol=0.005
    )
    palette = halves().convert("P")
    path = saved(tmp_path, palette, transparency=palette.getpixel((0, 0)))
    image = load_image(path)
    np.testing.assert_array_equal(image[:, 0, 0], [1, 1, 1])
    np.testing.assert_array_equal(image[:, 0, -1], [0, 0, 1])


def test_the_camera_orientation_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    image = load_image(saved(tmp_path, halves(), exif=exif))
    assert image.shape == (3, 40, 20)
    np.testing.assert_array_equal(image[:, 0, 0], [1, 0, 0])
    np.testing.assert_array_equal(image[:, -1, 0], [0, 0, 1])


@pytest.mark.parametrize("name", ["moving.gif", "moving.png", "moving.webp", "pages.tif"])
def test_an_animation_gives_its_first_frame(tmp_path, name):
    frames = [Image.new("RGB", (4, 4), colour) for colour in (RED, BLUE)]
    options = {"lossless": True} if name.endswith("webp") else {}
    path = saved(tmp_path, frames[0], name, save_all=True, append_images=frames[1:], **options)
    np.testing.assert_array_equal(load_image(path)[:, 0, 0], [1, 0, 0])


@settings(max_examples=25, deadline=None)
@given(width=st.integers(1, 90), height=st.integers(1, 90), size=st.integers(1, 50))
def test_size_scales_the_shorter_side(tmp_path_factory, width, height, size):
    path = saved(tmp_path_factory.mktemp("image"), Image.new("RGB", (width, height), RED))
    assert load_image(path, size).shape == (3, size, size)
    full = load_image(path, size, crop=False)
    assert min(full.shape[1:]) == size
    assert abs(max(full.shape[1:]) - size * max(width, height) / min(width, height)) <= 0.5
    np.testing.assert_array_equal(full[0], np.ones(full.shape[1:]))


def test_the_crop_is_central(tmp_path):
    image = load_image(saved(tmp_path, halves(40, 10)), 10)
    np.testing.assert_array_equal(image[0, 0], [1] * 5 + [0] * 5)


def test_shrinking_is_antialiased(tmp_path):
    stripes = Image.fromarray(np.tile([[0, 255]], (64, 32)).astype(np.uint8))
    np.testing.assert_allclose(load_image(saved(tmp_path, stripes), 8), 0.5, atol=0.1)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"gone\.png: there is no such file"):
        load_image(tmp_path / "gone.png")
    with pytest.raises(ValueError, match="not a folder"):
        load_image(tmp_path)


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"


@pytest.mark.parametrize("raw", [b"", b"hello", EPS])
def test_what_is_no_image_is_named(tmp_path, raw):
    path = tmp_path / "notes.jpg"
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=r"notes\.jpg is not an image .* give one of JPEG"):
        load_image(path)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.gif", "a.bmp", "a.webp", "a.tif", "a.ppm"])
def test_truncated_files_are_named(tmp_path, name):
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3)).astype(np.uint8)
    path = saved(tmp_path, Image.fromarray(noise), name)
    raw = path.read_bytes()
    for length in (len(raw) // 3, len(raw) * 2 // 3):
        path.write_bytes(raw[:length])
        with pytest.raises(ValueError, match=name):
            load_image(path)


def png_header(width, height):
    """A PNG that promises a size and has next to no pixels."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes(100))),
        (b"IEND", b""),
    ]
    body = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


@pytest.mark.parametrize("size", [(8001, 8000), (9500, 9500), (60000, 60000), (2**31 - 1, 1)])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_huge_pictures_are_refused_by_their_header(tmp_path, size):
    path = tmp_path / "huge.png"
    path.write_bytes(png_header(*size))
    with pytest.raises(ValueError, match=r"huge\.png has .* pixels, the limit is 64000000"):
        load_image(path)


def test_a_thin_picture_does_not_become_huge(tmp_path):
    path = saved(tmp_path, Image.new("L", (60_000, 1)))
    assert load_image(path, 224).shape == (3, 224, 224)
    with pytest.raises(ValueError, match="after resizing 13440000 × 224"):
        load_image(path, 224, crop=False)


@pytest.mark.parametrize("size", [0, -3, 2.5, "big"])
def test_a_bad_size_is_named(tmp_path, size):
    with pytest.raises(ValueError, match="size must be a positive integer"):
        load_image(saved(tmp_path, halves()), size)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), kind=st.sampled_from(["PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP"]))
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_damaged_file_is_an_image_or_a_value_error(tmp_path_factory, data, kind):
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 3
    halves().save(stream, kind, exif=exif)
    raw = bytearray(stream.getvalue())
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("image") / "damaged"
    path.write_bytes(raw)
    try:
        image = load_image(path, 8)
    except ValueError as error:
        assert str(path) in str(error)
    else:
        assert image.shape == (3, 8, 8) and 0 <= image.min() <= image.max() <= 1


def test_the_real_photographs(real_data):
    for path in sorted(find("images", real_data).glob("*.jpg")):
        image = load_image(path, 96)
        assert image.shape == (3, 96, 96) and image.std() > 0.05
