"""The whole evaluation: it resumes, it is honest about its settings, and the page has it all."""

import json

import numpy as np
import pytest
from PIL import Image

from techniques.pretrained import RECIPES, Info, PictureNetwork
from techniques.robustness import STEPS, Subject, evaluate, evaluation, subject, write_report
from techniques.robustness.report import page


@pytest.fixture
def tested():
    rng = np.random.default_rng(0)
    model = PictureNetwork([4], [1], 10, rng=0).eval()
    images = rng.random((4, 3, 16, 16)).astype(np.float32)
    labels = np.array([0, 1, 2, 3])
    settings = {"network": "shapes", "data": None, "count": 4, "seed": 0, "baseline": "shapes"}
    return Subject(model, Info("shapes", RECIPES["shapes"], 0.9), images, labels, model, settings)


def canned(tested):
    """Results as the steps give them."""
    errors = [0.1, 0.2, 0.3, 0.4, 0.5]
    curve = {"epsilons": [0.0, 4 / 255], "accuracy": [0.9, 0.25]}
    cleaned = {"clean": 0.9, "unaware": 0.7, "aware": 0.123}
    corruption = {"errors": errors, "clean": 0.05, "baseline": errors, "baseline_clean": 0.05}
    results = dict.fromkeys(STEPS, corruption)
    results |= dict.fromkeys(("fgsm", "pgd", "square", "nes"), curve)
    results |= dict.fromkeys(("jpeg", "bit_depth", "median"), cleaned)
    return results | {
        "clean": {"accuracy": 0.9},
        "deepfool": {"found": 3, "median_distance": 0.5},
        "smoothing": {"sigma": 0.1, "radii": [0.0], "certified": [0.8], "abstained": 0.0},
    }


def test_a_network_without_a_baseline_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no network to compare it with"):
        subject("cue_shape", tmp_path)


def test_the_page_has_every_number_and_every_corruption(tested):
    html = page(tested, canned(tested))
    for expected in ("90.0 %", "25.0 %", "12.3 %", "80.0 %", "100.0", "0.500"):
        assert expected in html
    assert all(name.replace("_", " ") in html for name in ("glass_blur", "saturate"))
    assert "minigrad robustness --network shapes --count 4" in html
    assert "could not be made" not in html


@pytest.mark.parametrize("name", ["clean", "fgsm", "deepfool", "bit_depth", "contrast"])
def test_a_step_gives_what_json_can_keep(tested, name):
    result = STEPS[name](tested)
    assert json.loads(json.dumps(result)) == result


def test_an_interrupted_run_goes_on_and_other_settings_begin_anew(tested, tmp_path, monkeypatch):
    taken = []

    def step(name, fails=False):
        def take(subject):
            if fails and taken.count(name) == 0:
                taken.append(name)
                raise KeyboardInterrupt
            taken.append(name)
            return {"value": name}

        return take

    steps = {"a": step("a"), "b": step("b", fails=True), "c": step("c")}
    monkeypatch.setattr(evaluation, "STEPS", steps)
    with pytest.raises(KeyboardInterrupt):
        evaluate(tested, tmp_path)
    results = evaluate(tested, tmp_path)
    assert taken == ["a", "b", "b", "c"] and list(results) == ["a", "b", "c"]
    assert evaluate(tested, tmp_path) == results and len(taken) == 4
    tested.settings["seed"] = 1
    evaluate(tested, tmp_path)
    assert len(taken) == 7


def test_pictures_in_folders_are_drawn_by_seed_and_must_be_of_the_networks_classes(tmp_path):
    for name in RECIPES["shapes"].classes:
        (tmp_path / "right" / name).mkdir(parents=True)
        for i in range(2):
            Image.new("RGB", (70, 64), (i * 90, 0, 0)).save(tmp_path / "right" / name / f"{i}.png")
    first, again = (subject("shapes", tmp_path / "right", count=5, seed=3) for _ in range(2))
    assert first.images.shape == (5, 3, 64, 64) and np.array_equal(first.images, again.images)
    assert np.array_equal(first.labels, again.labels) and first.labels.max() < 10
    (tmp_path / "wrong" / "cat").mkdir(parents=True)
    Image.new("RGB", (64, 64)).save(tmp_path / "wrong" / "cat" / "0.png")
    with pytest.raises(ValueError, match="name their folders"):
        subject("shapes", tmp_path / "wrong")


def test_the_command_writes_a_page_and_its_numbers(tested, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("techniques.robustness.report.subject", lambda *settings: tested)
    monkeypatch.setattr("techniques.robustness.report.evaluate", lambda t, out: canned(t))
    assert write_report(tmp_path / "out") == 0
    assert (tmp_path / "out" / "index.html").read_text("utf-8").startswith("<!doctype html>")
    assert "index.html" in capsys.readouterr().out
    with pytest.raises(ValueError, match="is a file"):
        write_report(tmp_path / "out" / "index.html")
