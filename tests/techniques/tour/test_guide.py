"""The walk through the sections: what is written, and what happens when something fails."""

import pytest
from PIL import Image

from techniques.data import CIFAR10_CLASSES
from techniques.tour import guide
from techniques.tour.visit import HELD_OUT, prepare


@pytest.fixture
def prepared(monkeypatch, visit):
    monkeypatch.setattr(guide, "prepare", lambda images, data: visit)


def test_the_page_is_written_and_its_place_is_printed(tmp_path, prepared, capsys):
    assert guide.write_tour(tmp_path / "new" / "folder", only=["decoder"]) == 0
    page = tmp_path / "new" / "folder" / "index.html"
    assert str(page) in capsys.readouterr().out
    assert page.read_text().startswith("<!doctype html>")
    assert [file.name for file in page.parent.iterdir()] == ["index.html"]


def test_only_keeps_the_order_of_the_lecture(tmp_path, prepared):
    guide.write_tour(tmp_path, only=["decoder", "weights"])
    html = (tmp_path / "index.html").read_text()
    assert 0 < html.index('id="weights"') < html.index('id="decoder"')
    assert 'id="saliency"' not in html


def test_the_page_says_how_to_make_it_again(tmp_path, prepared):
    guide.write_tour(tmp_path, images=["my cat.jpg"], only=["decoder"])
    html = (tmp_path / "index.html").read_text()
    assert "minigrad tour --image &#39;my cat.jpg&#39; --only decoder" in html


def test_a_section_that_fails_does_not_lose_the_others(tmp_path, prepared, monkeypatch, capsys):
    monkeypatch.setattr("techniques.tour.sections.weights.section", lambda visit: 1 / 0)
    assert guide.write_tour(tmp_path, only=["weights", "decoder"]) == 1
    html = (tmp_path / "index.html").read_text()
    assert "ZeroDivisionError: division by zero" in html
    assert "750" in html
    assert "weights failed" in capsys.readouterr().err


def test_ctrl_c_in_a_section_is_not_swallowed_and_the_old_page_stays(
    tmp_path, prepared, monkeypatch
):
    (tmp_path / "index.html").write_text("old")

    def interrupted(visit):
        raise KeyboardInterrupt

    monkeypatch.setattr("techniques.tour.sections.weights.section", interrupted)
    with pytest.raises(KeyboardInterrupt):
        guide.write_tour(tmp_path, only=["weights"])
    assert (tmp_path / "index.html").read_text() == "old"


def test_out_that_is_a_file_is_refused_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setattr(guide, "prepare", lambda images, data: pytest.fail("work was done"))
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ValueError, match="is a file"):
        guide.write_tour(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_without_photographs_the_tour_shows_shapes(untrained_networks):
    visit = prepare()
    (study,) = visit.studies
    assert study.heading == "Shapes"
    assert len(study.held_out) == HELD_OUT
    assert len({picture.name.split()[0] for picture in study.pictures}) == len(study.pictures)
    assert all(picture.mask.any() for picture in study.pictures)


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
def test_photographs_of_every_mode_are_shown_at_both_sizes(tmp_path, untrained_networks, mode):
    suffix = "jpg" if mode == "CMYK" else "png"
    Image.new(mode, (90, 40)).save(tmp_path / f"photo.{suffix}")
    photographs, _ = prepare([tmp_path / f"photo.{suffix}"]).studies
    (picture,) = photographs.pictures
    assert picture.name == f"photo.{suffix}"
    assert picture.image.shape == (3, 32, 32)
    height, width = picture.original.shape[1:]
    assert height == width > 32


def test_real_data_that_is_there_is_shown(tmp_path, untrained_networks):
    for label in CIFAR10_CLASSES:
        folder = tmp_path / "cifar10" / "test" / label
        folder.mkdir(parents=True)
        Image.new("RGB", (32, 32)).save(folder / "0.png")
    visit = prepare(data=tmp_path)
    assert [study.heading for study in visit.studies] == ["Shapes", "CIFAR-10 test pictures"]
    assert visit.digits is None
    assert len({picture.name for picture in visit.studies[1].pictures}) == 4


def test_a_data_folder_with_neither_set_is_named(tmp_path, untrained_networks):
    with pytest.raises(FileNotFoundError, match="neither cifar10 nor mnist"):
        prepare(data=tmp_path)
