"""The command line: what it does, what it says, its exit status."""

import subprocess
import sys

import pytest
from PIL import Image

import minigrad
from techniques.cli import main


def run(arguments, capsys):
    """Return the exit status and what was printed, however the command ended."""
    try:
        status = main(arguments)
    except SystemExit as end:
        status = end.code
    return status, capsys.readouterr()


def test_version(capsys):
    status, printed = run(["--version"], capsys)
    assert status == 0
    assert printed.out.split() == ["minigrad", minigrad.__version__]


COMMANDS = (
    "", "tour", "explain", "step", "check", "train", "robustness", "style", "segment",
    "segment train", "segment run", "segment score", "data", "data get", "weights",
    "weights show", "weights convert", "warmup",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command, capsys):
    status, printed = run([*command.split(), "--help"], capsys)
    assert status == 0
    assert "example: minigrad " in printed.out


@pytest.mark.parametrize("arguments", [[], ["fly"], ["tour", "--only", "nowhere"], ["train"]])
def test_wrong_usage_exits_with_2(arguments, capsys):
    status, printed = run(arguments, capsys)
    assert status == 2
    assert printed.err.startswith("usage:")


class Size:
    size = 32


def compiled_too_early(progress):
    pytest.fail("kernels were compiled before the picture was read")


def huge(path):
    Image.new("1", (12_000, 9_000)).save(path)
    return path


def broken(path):
    path.write_bytes(b"\xff\xd8\xff\xe0 no picture")
    return path


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda folder: folder / "missing.jpg", "no such file"),
        (lambda folder: broken(folder / "broken.jpg"), "broken.jpg"),
        (lambda folder: huge(folder / "huge.png"), "make it smaller"),
        (lambda folder: folder, "not a file"),
    ],
)
def test_a_bad_picture_is_one_line_and_2(make, reason, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("techniques.tour.visit.load", lambda name: (None, Size))
    monkeypatch.setattr("techniques.tour.guide.warm_up", compiled_too_early)
    arguments = ["tour", "--image", str(make(tmp_path)), "--out", str(tmp_path / "out")]
    status, printed = run(arguments, capsys)
    assert status == 2
    assert printed.err.startswith("minigrad: error: ")
    assert printed.err.count("\n") == 1
    assert reason in printed.err


@pytest.mark.parametrize("beside", ["file", "file/below"])
def test_an_out_that_cannot_be_a_folder_is_one_line_and_2(beside, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    status, printed = run(["tour", "--out", str(tmp_path / beside)], capsys)
    assert status == 2
    assert printed.err.startswith("minigrad: error: ")
    assert printed.err.count("\n") == 1


def test_a_missing_data_folder_is_named(tmp_path, capsys):
    arguments = ["tour", "--data", str(tmp_path / "none"), "--out", str(tmp_path)]
    status, printed = run(arguments, capsys)
    assert status == 2
    assert "none" in printed.err


def test_ctrl_c_ends_with_130_and_a_sentence(monkeypatch, capsys):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("techniques.tour.guide.write_tour", interrupted)
    status, printed = run(["tour"], capsys)
    assert status == 130
    assert printed.err.count("\n") == 1


def test_an_interrupted_training_says_how_to_go_on(monkeypatch, capsys):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("techniques.pretrained.training.train", interrupted)
    status, printed = run(["train", "shapes"], capsys)
    assert status == 130
    assert "the same command goes on" in printed.err


def test_an_error_in_the_program_itself_keeps_its_traceback(monkeypatch):
    def wrong(*arguments, **options):
        raise ZeroDivisionError

    monkeypatch.setattr("techniques.tour.guide.write_tour", wrong)
    with pytest.raises(ZeroDivisionError):
        main(["tour"])


def test_tour_hands_on_its_options(monkeypatch):
    seen = {}

    def write_tour(out, **options):
        seen.update(options, out=out)
        return 1

    monkeypatch.setattr("techniques.tour.guide.write_tour", write_tour)
    status = main(["tour", "--image", "a.jpg", "b.jpg", "--image", "c.jpg", "--only", "data"])
    assert status == 1
    assert seen == {
        "out": "minigrad-tour", "images": ["a.jpg", "b.jpg", "c.jpg"], "data": None,
        "only": ["data"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "out", "data"),
    [([], "cifar10.npz", None), (["--data", "here", "--out", "w.npz"], "w.npz", "here")],
)
def test_train_says_where_the_weights_are_and_how_good(options, out, data, monkeypatch, capsys):
    seen = []

    def train(name, out, data):
        seen.append((name, out, data))
        return 0.8154

    monkeypatch.setattr("techniques.pretrained.training.train", train)
    status, printed = run(["train", "cifar10", *options], capsys)
    assert status == 0
    assert seen == [("cifar10", out, data)]
    assert out in printed.out and "81.5 %" in printed.out


def test_train_lists_the_networks_for_an_unknown_name(capsys):
    status, printed = run(["train", "imagenet"], capsys)
    assert status == 2
    assert "shapes" in printed.err


def test_warmup_compiles_for_the_asked_dtypes(monkeypatch, capsys):
    seen = []
    kernels = sys.modules["minigrad.kernels"]
    monkeypatch.setattr(kernels, "warm_up", lambda dtypes, progress: seen.append(dtypes))
    status, printed = run(["warmup", "--dtype", "float32", "float64"], capsys)
    assert status == 0
    assert seen == [("float32", "float64")]
    assert str(kernels.cache_folder()) in printed.out


def test_help_needs_none_of_the_heavy_packages():
    script = (
        "import sys\nfrom techniques.cli import main\n"
        "try:\n    main(['tour', '--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numba', 'matplotlib', 'rich', 'jinja2', 'PIL'} & set(sys.modules)\n"
        "print(heavy, file=sys.stderr)\nsys.exit(len(heavy))"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
