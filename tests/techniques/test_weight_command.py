"""`minigrad weights show` and `convert`."""

import json

import numpy as np
import pytest

import layers
from techniques.cli import main


def run(*arguments):
    return main(["weights", *map(str, arguments)])


def test_show_lists_every_array_on_a_line_that_steers_no_terminal(tmp_path, capsys):
    arrays = {"a\x1b[2Jb": np.ones((2, 3), np.float32), "nan": np.array(np.nan), "none": np.ones(0)}
    layers.save(arrays, tmp_path / "w.npz")
    assert run("show", tmp_path / "w.npz") == 0
    first, second, third, last = capsys.readouterr().out.splitlines()
    assert "\x1b" not in first and "float32" in first and "(2, 3)" in first and "1 to 1" in first
    assert "not finite" in second and "(0,)" in third and last == "3 arrays, 7 numbers"


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_conversions_are_exact(tmp_path, suffix):
    arrays = layers.models.LeNet(rng=0).state_dict()
    other = {".npz": ".safetensors", ".safetensors": ".npz"}[suffix]
    layers.save(arrays, tmp_path / f"a{suffix}")
    assert run("convert", tmp_path / f"a{suffix}", tmp_path / f"b{other}") == 0
    found = layers.load(tmp_path / f"b{other}")
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


def test_keras_weights_are_converted_by_a_mapping(tmp_path):
    lenet = layers.models.LeNet(rng=0).state_dict()
    names, arrays = {}, {}
    for name in ("conv1", "conv2", "fc1", "fc2", "fc3"):
        weight = lenet[f"{name}.weight"]
        names[name] = name
        if name == "fc1":  # behind the flattening, where the order is another
            names[name] = [name, [5, 5]]
            weight = weight.reshape(-1, 16, 5, 5).transpose(0, 2, 3, 1).reshape(weight.shape)
        kernel = weight.T if weight.ndim == 2 else weight.transpose(2, 3, 1, 0)
        arrays |= {f"{name}/kernel": kernel, f"{name}/bias": lenet[f"{name}.bias"]}
    layers.save(arrays, tmp_path / "keras.npz")
    (tmp_path / "names.json").write_text(json.dumps(names))
    more = "--network", "lenet", "--names", tmp_path / "names.json"
    assert run("convert", tmp_path / "keras.npz", tmp_path / "ours.npz", *more) == 0
    for name, array in layers.load(tmp_path / "ours.npz").items():
        np.testing.assert_array_equal(array, lenet[name])


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--network", "lenet"], "both"),
        (["--network", "lanet", "--names", "names.json"], "lanet"),
        (["--network", "lenet", "--names", "names.json"], "no JSON"),
        (["--network", "lenet", "--names", "list.json"], "an object"),
    ],
)
def test_a_bad_option_is_one_line_and_2(tmp_path, monkeypatch, capsys, more, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "names.json").write_text("{")
    (tmp_path / "list.json").write_text("[]")
    layers.save({"a": np.ones(1)}, "w.npz")
    assert run("convert", "w.npz", "out.npz", *more) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert not (tmp_path / "out.npz").exists()


def test_a_file_that_is_no_weight_file_is_one_line_and_2(tmp_path, capsys):
    (tmp_path / "w.pth").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    assert run("show", tmp_path / "w.pth") == 2
    assert "not a readable weight file" in capsys.readouterr().err
