"""Where data is looked for, and in which order."""

import pytest

from techniques.data import data_folder, find


def test_argument_before_environment_before_the_neighbouring_folder(tmp_path, monkeypatch):
    beside, named, given = (tmp_path / "shared" / "data", tmp_path / "named", tmp_path / "given")
    for folder in (beside, named, given, tmp_path / "here"):
        folder.mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.delenv("MINIGRAD_DATA", raising=False)
    assert data_folder().resolve() == beside
    monkeypatch.setenv("MINIGRAD_DATA", str(named))
    assert data_folder() == named
    assert data_folder(given) == given


def test_a_wrong_name_is_an_error_and_no_other_folder_is_taken(tmp_path, monkeypatch):
    monkeypatch.setenv("MINIGRAD_DATA", str(tmp_path / "gone"))
    with pytest.raises(FileNotFoundError, match=r"gone \(MINIGRAD_DATA\)"):
        data_folder()
    with pytest.raises(FileNotFoundError, match=r"elsewhere \(the argument\)"):
        data_folder(tmp_path / "elsewhere")


def test_find(tmp_path):
    (tmp_path / "images").mkdir()
    assert find("images", tmp_path) == tmp_path / "images"
    with pytest.raises(FileNotFoundError, match="holds no camvid"):
        find("camvid", tmp_path)
