"""No submission gains a point, learns a secret, reaches out, leaves a trace or disturbs another."""

from __future__ import annotations

import os
import socket
from dataclasses import asdict
from pathlib import Path

import pytest

from minigrad.grading import IsolationError, Launcher, Submission, grade

from . import hostile

SECRET = "the-canary-sings-4711"
TRACES = ("/tmp", "/var/tmp", "/dev/shm", str(Path.home()), ".")


@pytest.fixture(scope="module", autouse=True)
def _secret_in_the_environment():
    os.environ["MINIGRAD_TEST_SECRET"] = SECRET
    yield
    del os.environ["MINIGRAD_TEST_SECRET"]


@pytest.fixture(scope="module")
def canary(tmp_path_factory):
    """A file that everybody may read, if nothing but file permissions stood before it."""
    path = tmp_path_factory.mktemp("canary") / "secret.txt"
    path.write_text(SECRET)
    path.chmod(0o666)
    for folder in path.parents:
        if folder.name.startswith(("canary", "pytest-")):
            folder.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def listeners():
    """A TCP and a UDP listener on one port of this machine."""
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        udp.bind(tcp.getsockname())
        tcp.setblocking(False)
        udp.setblocking(False)
        yield tcp, udp


@pytest.fixture(scope="module")
def neighbour(small, launcher):
    """Another submission, and what it gets when nobody disturbs it."""
    text = small.solution_text.replace("x @ weight", "2 * x @ weight")
    submission = Submission("a.py", {"a.py": text})
    return submission, outcome(grade(small, submission, "neighbour", launcher=launcher))


def outcome(result):
    """What does not depend on the time it took."""
    return [(p.name, p.earned, [asdict(case) for case in p.cases]) for p in result.problems]


def processes():
    """The processes of users that only students' processes have, and those called sleep."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            user, command = folder.stat().st_uid, (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if 61184 <= user < 65184 or command.startswith(b"sleep\0001000"):
            found.append((user, command))
    return found


def traces():
    return [str(p) for folder in TRACES for p in Path(folder).glob("minigrad-hostile*")]


def run(source, small, launcher, canary, listeners):
    """Grade a hostile source, and see that it did no harm."""
    port = listeners[0].getsockname()[1]
    text = f"CANARY, PORT = {str(canary)!r}, {port}\n{source}"
    before = canary.stat()
    result = grade(small, Submission("a.py", {"a.py": text}), "hostile", launcher=launcher)
    assert SECRET not in repr(result)
    assert canary.read_text() == SECRET
    after = canary.stat()
    assert (before.st_mode, before.st_mtime) == (after.st_mode, after.st_mtime)
    assert not traces()
    assert not processes()
    for listener, receive in zip(listeners, ("accept", "recv"), strict=True):
        with pytest.raises(BlockingIOError):
            getattr(listener, receive)(*(() if receive == "accept" else (1,)))
    return result


def test_the_corpus_is_large_enough():
    assert len(hostile.IN_CALL) + len(hostile.AT_IMPORT) >= 60


@pytest.mark.parametrize("name", hostile.IN_CALL)
def test_an_attack_in_a_call_earns_nothing_and_harms_nobody(
    name, small, launcher, canary, listeners, neighbour
):
    status, source = hostile.IN_CALL[name]
    affine, norm = run(source, small, launcher, canary, listeners).problems
    assert affine.earned == 0, affine
    assert affine.status == status, affine
    assert norm.earned == norm.points, norm  # the next problem still runs
    assert outcome(grade(small, neighbour[0], "neighbour", launcher=launcher)) == neighbour[1]


@pytest.mark.parametrize("name", hostile.AT_IMPORT)
def test_what_fails_while_loading_fails_everywhere(
    name, small, launcher, canary, listeners, neighbour
):
    status, source = hostile.AT_IMPORT[name]
    result = run(source, small, launcher, canary, listeners)
    assert [problem.earned for problem in result.problems[:1]] == [0]
    assert result.problems[0].status == status, result
    assert outcome(grade(small, neighbour[0], "neighbour", launcher=launcher)) == neighbour[1]


def test_nobody_is_told_the_inputs_of_hidden_cases(small, launcher):
    source = f"""{hostile.NORM}
def affine(x, weight):
    if len(x) == 5:
        print("hidden", x[0, 0])
        raise type(f"E{{x[0, 0]}}", (Exception,), {{}})(str(x[0, 0]))
    return x @ weight
"""
    result = grade(small, Submission("a.py", {"a.py": source}), launcher=launcher)
    visible, hidden = result.problems[0].cases
    assert (visible.status, hidden.status) == ("OK", "CRASH")
    assert hidden.feedback == "it raised an error"
    assert not hidden.printed and not hidden.inputs
    assert "E" in hidden.detail  # the instructor sees it


WITHOUT = [
    ("user", "landlock", "seccomp"), ("user", "namespaces"), ("user", "namespaces", "seccomp"),
]  # fmt: skip
HARDEST = [
    "the secret read", "the secret read through C", "the secret in the environment",
    "the secret overwritten", "files written", "the disk filled", "a daemon", "a fork bomb",
    "signals", "a connection",
]  # fmt: skip


@pytest.mark.parametrize("rungs", WITHOUT, ids=" + ".join)
def test_fewer_rungs_hold_the_hardest_too(rungs, small, canary, listeners):
    try:
        weaker = Launcher(rungs=rungs)
    except IsolationError as error:
        pytest.skip(str(error))
    with weaker:
        if set(rungs) - set(weaker.rungs) - {"user"}:
            pytest.skip(f"this machine offers only {weaker.level}")
        for name in HARDEST:
            status, source = hostile.IN_CALL[name]
            result = run(source, small, weaker, canary, listeners).problems[0]
            # Where processes may fork, several write into one pipe, and the reply is no frame.
            expected = (status, "TIMEOUT", "CRASH", "PROTOCOL")
            assert result.earned == 0 and result.status in expected


def test_too_little_isolation_is_refused():
    with pytest.raises(IsolationError, match=r"as root|within reach"):
        Launcher(rungs=("seccomp",))
    with pytest.raises(IsolationError):
        Launcher(rungs=("user",))


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be refused as root")
def test_a_submission_never_runs_as_root_not_even_on_demand():
    with pytest.raises(IsolationError, match="never run as root"):
        Launcher(rungs=("landlock", "seccomp"), unisolated=True)
