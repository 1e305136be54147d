"""The benchmarks: all libraries do the same work, results are kept and shown, errors are clear."""

import dataclasses
import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import (
    __main__,
    architectures,
    bars,
    case,
    figure,
    groups,
    measurement,
    peers,
    table,
)
from benchmarks.groups import memory, startup
from benchmarks.report import MEDIAN, Report, Result
from techniques import cli

ROOT = Path(__file__).parents[2]
TIMED = [c for c in groups.cases(()) if isinstance(c, case.Case)]


def started(*arguments, before=""):
    """What starts the benchmarks in another process."""
    code = (
        f"{before}\nimport sys\nfrom benchmarks.__main__ import main\nsys.exit(main(sys.argv[1:]))"
    )
    return [sys.executable, "-c", code, *arguments]


def benchmarks(*arguments, before=""):
    return subprocess.run(
        started(*arguments, before=before), cwd=ROOT, capture_output=True, text=True
    )


# ---- the same work ----------------------------------------------------------------------------


def smaller(big):
    """The same case with smaller images, where their size is free."""
    arguments = dict(big.arguments)
    if big.group == "convolution":

        def cropped():
            arrays = big.arguments["arrays"]()
            return {**arrays, "x": np.ascontiguousarray(arrays["x"][:1, :, :18, :18])}

        arguments["arrays"] = cropped
    elif big.group == "networks" and "U-Net" not in big.name:
        arguments["images"] = (1, 3, 64, 64)
    return dataclasses.replace(big, arguments=arguments)


@pytest.mark.parametrize("big", TIMED, ids=lambda big: big.name)
@pytest.mark.parametrize("peer", peers.installed())
def test_both_sides_compute_the_same(big, peer):
    small, libraries = smaller(big), [peers.load(name) for name in ("minigrad", peer)]
    runs = small.checked(libraries)
    able = [library for library in libraries if library.can(small.task, small.arguments)]
    assert list(runs) == [library.name for library in able]


def test_different_numbers_are_not_timed_and_make_the_run_fail(capsys):
    class Wrong:
        name, startup = "Wrong", {}
        versions = staticmethod(dict)
        use_threads = can = staticmethod(lambda *anything: True)

        def __getattr__(self, task):
            return getattr(peers.load("minigrad"), task)

        def arrays(self, result):
            return [1.01 * array for array in peers.load("minigrad").arrays(result)]

    measuring = measurement.Measurement([peers.load("minigrad"), Wrong()], rounds=1)
    assert measuring.measure(groups.cases(["small"], "MLP"), [1]) == 1
    (failure,) = measuring.report.failures
    assert failure.startswith("MLP step") and "minigrad and Wrong lie 9.9e-03 apart" in failure
    assert failure in capsys.readouterr().out
    assert not measuring.report.results


@pytest.mark.parametrize("name", architectures.BUILDERS)
def test_minigrads_own_networks_are_those_of_the_peers(name):
    torch = pytest.importorskip("torch")
    with torch.device("meta"):
        theirs = architectures.BUILDERS[name](torch.nn, torch.cat).state_dict()
    ours = peers.load("minigrad").network(name).state_dict()
    assert {key: array.shape for key, array in ours.items()} == {
        key: tuple(tensor.shape) for key, tensor in theirs.items()
    }


def test_what_comes_before_a_call_comes_before_each():
    big = next(c for c in TIMED if "in training" in c.name)
    library = peers.load("minigrad")
    written = []
    library_write = library.write
    library.write = lambda tensor, array: (written.append(1), library_write(tensor, array))
    try:
        list(smaller(big).measure([library], threads=1, rounds=2))
    finally:
        del library.write
    assert len(written) > 4


# ---- processes --------------------------------------------------------------------------------


def test_memory_is_that_of_a_process_of_its_own():
    pytest.importorskip("torch")
    waste = np.ones(2**27, np.uint8)  # 128 MiB that only this process has
    (case_,) = (c for c in memory.cases() if "MLP" in c.name)
    peak, growth = case_.measure([peers.load("minigrad"), peers.load("torch")], 1, 1)
    assert 20 < peak.values["minigrad"][MEDIAN] < waste.nbytes / 2**20
    assert 0 < growth.values["minigrad"][MEDIAN] < peak.values["minigrad"][MEDIAN]
    assert peak.values["minigrad"][MEDIAN] < peak.values["PyTorch"][MEDIAN]


def test_start_is_timed_in_new_processes():
    for start in startup.cases():
        (result,) = start.measure([peers.load("minigrad")], threads=1, rounds=1)
        assert result.values["minigrad"][MEDIAN] > 1


# ---- results ----------------------------------------------------------------------------------


def a_report():
    def result(name, ratio, **more):
        values = {"minigrad": [ratio] * 5, "PyTorch": [1.0] * 5}
        ratios = {"PyTorch": [ratio * part for part in (0.5, 0.9, 1, 1.1, 2)]}
        return Result("pooling", name, 2, "ms", values, ratios, **more)

    report = Report.begin([peers.load("minigrad")])
    report.peaks["2"] = {"GFLOP/s": 200.0, "GB/s": 20.0}
    report.results = [
        result("fast", 0.25, bar=0.5, rate=50.0),
        result("slow", 1.0, bar=0.45, rate=5.0, rate_unit="GB/s"),
        result("slower", 4.0, bar=1.0),
    ]
    return report


def test_the_summary_tells_mean_and_misses():
    first, *missed = table.summary(a_report())
    assert "geometric mean of the 3 times over PyTorch's 1.00 (bar 0.60), 1 over 1.00" in first
    assert first.endswith("2 over their own bar")
    assert [text.split(":")[0].strip() for text in missed] == ["slow", "slower"]


def test_a_row_shows_ratio_bar_and_share_of_the_peak():
    report = a_report()
    fast, slow, _ = report.results
    row = table.cells(fast, ["PyTorch"], report.share_of_peak(fast))
    assert row == [
        "fast",
        "0.250 ms",
        "1.00 ms",
        "0.25",
        "0.23 to 0.28",
        "0.50",
        "50 GFLOP/s",
        "25%",
    ]
    assert len(row) == len(table.header(["PyTorch"]))
    assert "0.45 missed" in table.line(table.cells(slow, ["PyTorch"], None))


def test_a_report_reads_back_as_it_was_written(tmp_path):
    report = a_report()
    report.write(tmp_path / "times.json")
    assert Report.read(tmp_path / "times.json") == report


def test_the_figure_has_a_row_for_each_result():
    ratios, _ = figure.draw(a_report()).axes
    assert [label.get_text() for label in ratios.get_yticklabels()] == ["fast", "slow", "slower"]


def test_every_case_names_a_bar():
    assert {c.bar for c in TIMED} <= set(bars.BARS)
    assert len({(c.group, c.name) for c in TIMED}) == len(TIMED)


# ---- the command ------------------------------------------------------------------------------


def test_results_are_printed_written_and_drawn(tmp_path):
    pytest.importorskip("torch")
    options = ["--only", "MLP", "--rounds", "2", "--threads", "1,2", "--peers", "torch"]
    files = ["--json", str(tmp_path / "times.json"), "--plot", str(tmp_path / "times.png")]
    done = benchmarks("small", *options, *files)
    assert done.returncode == 0, done.stderr
    assert "small, 2 threads" in done.stdout
    report = Report.read(tmp_path / "times.json")
    assert [(r.group, r.threads) for r in report.results] == [("small", 1), ("small", 2)]
    for result in report.results:
        for spread in (*result.values.values(), *result.ratios.values()):
            assert spread[0] > 0 and spread == sorted(spread)
    assert (tmp_path / "times.png").stat().st_size > 1000


def test_minigrad_is_timed_alone_where_no_peer_is_installed():
    hide = "import sys; sys.modules.update(torch=None, jax=None)"
    done = benchmarks("small", "--only", "MLP", "--rounds", "1", before=hide)
    assert done.returncode == 0, done.stderr
    assert "no other library is installed" in done.stdout
    assert "MLP step" in done.stdout
    assert "geometric mean" not in done.stdout


def test_ctrl_c_keeps_what_is_finished(tmp_path):
    hide = "import sys; sys.modules.update(torch=None, jax=None)"
    arguments = started("small", "startup", "--json", str(tmp_path / "times.json"), before=hide)
    running = subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True, bufsize=1)
    for text in running.stdout:
        if text.startswith("1000 chained"):
            running.send_signal(signal.SIGINT)
            break
    rest = running.stdout.read()
    assert running.wait() == 130, rest
    assert "stopped" in rest
    written = json.loads((tmp_path / "times.json").read_text("utf-8"))
    assert written["results"][0]["case"].startswith("1000 chained")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["big"], "no group 'big'; choose of small, convolution"),
        (["small", "--only", "zebra"], "no case of small has 'zebra' in its name"),
        (["--peers", "tensorflow"], "there is no peer 'tensorflow'; installed here: "),
        (["--threads", "two"], "--threads takes whole numbers from 1 on, as 1,2, not 'two'"),
        (["--rounds", "0"], "--rounds must be at least 1, not 0"),
        (["--json", "nowhere/times.json"], "there is no folder nowhere"),
    ],
)
def test_a_bad_argument_is_named(arguments, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        __main__.main(arguments)
    assert message in capsys.readouterr().err
    assert cli.main(["bench", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_peer_that_is_not_installed_is_named(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "jax", None)
    assert cli.main(["bench", "--peers", "jax"]) == 2
    assert "jax is not installed; installed here: " in capsys.readouterr().err


def test_without_the_benchmarks_the_command_says_where_they_are(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "benchmarks.command")
    monkeypatch.setitem(sys.modules, "benchmarks", None)
    assert cli.main(["bench"]) == 2
    assert "python -m benchmarks" in capsys.readouterr().err
