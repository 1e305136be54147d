"""The table over all methods."""

import numpy as np

import layers
from techniques import pretrained
from techniques.data import Shapes
from techniques.evaluation.__main__ import main
from techniques.evaluation.comparison import Row, compare, markdown
from techniques.methods import METHODS


def model(seed):
    return layers.Sequential(
        layers.Conv2d(3, 4, 3, padding=1, rng=seed), layers.ReLU(), layers.MaxPool2d(4),
        layers.Flatten(), layers.Linear(64, 10, rng=seed),
    )  # fmt: skip


def test_every_method_has_its_row_and_every_score_is_a_number():
    shapes = Shapes(3, size=16)
    network = model(0)
    labels = np.array([network(image[None]).data.argmax() for image in shapes.images])
    labels[2] = (labels[2] + 1) % 10  # one is not classified right, and left out
    rows = compare(network, shapes.images, labels, "1", shapes.masks, model(1), checked=2)
    assert [row.method for row in rows] == list(METHODS)
    values = np.array([[v for v in vars(row).values() if not isinstance(v, str)] for row in rows])
    assert np.isfinite(values).all() and np.abs(values).max() <= 1
    text = markdown(rows).splitlines()
    assert len(text) == 2 + len(METHODS) and text[2].startswith("| saliency |")


def test_a_column_without_truth_is_left_out():
    shapes = Shapes(2, size=16)
    network = model(0)
    labels = np.array([network(image[None]).data.argmax() for image in shapes.images])
    (row,) = compare(network, shapes.images, labels, "1", methods=["saliency"], checked=1)
    assert np.isnan(row.pointing) and np.isnan(row.random_labels)
    assert "pointing" not in markdown([row])


def test_the_command_writes_the_table_of_the_shipped_network(monkeypatch, tmp_path):
    seen = {}

    def compare(model, images, labels, layer, masks=None, random_labels=None):
        seen.update(count=len(images), layer=layer, judged=random_labels is not None)
        return [Row("saliency", *[0.5] * 8)]

    monkeypatch.setattr("techniques.evaluation.__main__.compare", compare)
    assert main(["--count", "3", "--out", str(tmp_path / "table.txt")]) == 0
    _, information = pretrained.load("shapes")
    assert seen == {"count": 3, "layer": information.last_convolution, "judged": True}
    assert "| saliency | 50 |" in (tmp_path / "table.txt").read_text("utf-8")
