"""Downloads from a local server that breaks off, lies and redirects."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from techniques.cli import main
from techniques.data import catalogue
from techniques.data.download import check_digest, download

CONTENT = bytes(range(256)) * 4000
DIGEST = "sha256:" + hashlib.sha256(CONTENT).hexdigest()[:8]


class Handler(BaseHTTPRequestHandler):
    """What each path does; `asked` notes the path and range of each request."""

    def do_GET(self):
        self.server.asked.append((self.path, self.headers.get("Range")))
        getattr(self, "do" + self.path.partition(".")[0].replace("/", "_"))()

    def do_whole(self):
        self._send(200, CONTENT)

    def do_missing(self):
        self.send_error(404)

    def do_busy(self):
        if len(self.server.asked) < 3:
            self.send_error(503)
        else:
            self._send(200, CONTENT)

    def do_dropped(self):
        """A third at a time, and the connection breaks."""
        begin = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        if begin:
            more = {"Content-Range": f"bytes {begin}-{len(CONTENT) - 1}/{len(CONTENT)}"}
            self._send(206, CONTENT[begin:], more, upto=len(CONTENT) // 3 + 1)
        else:
            self._send(200, CONTENT, upto=len(CONTENT) // 3)

    def do_deaf(self):
        """Breaks at first, and does not know ranges."""
        self._send(200, CONTENT, upto=10 if len(self.server.asked) == 1 else None)

    def do_endless(self):
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(bytes(2**16))
        except OSError:
            pass

    def do_loop(self):
        self._redirect("/loop")

    def do_moved(self):
        self._redirect("/whole")

    def do_elsewhere(self):
        self._redirect("file:///etc/hostname")

    def _redirect(self, to):
        self.send_response(302)
        self.send_header("Location", to)
        self.end_headers()

    def _send(self, status, content, headers=(), upto=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[:upto])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked = []
        server.address = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def fetch(server, name, path, digest=DIGEST, **options):
    return download(f"{server.address}/{name}", path, digest, pause=0, **options)


@pytest.mark.parametrize("name", ["whole", "moved", "busy", "dropped", "deaf"])
def test_the_file_arrives_whole_in_spite_of_it_all(server, tmp_path, name):
    seen = []
    found = fetch(server, name, tmp_path / "f", progress=lambda *told: seen.append(told))
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert found == hashlib.sha256(CONTENT).hexdigest()
    assert seen[-1][:2] == (len(CONTENT), len(CONTENT))
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


def test_a_dropped_connection_goes_on_where_it_broke(server, tmp_path):
    fetch(server, "dropped", tmp_path / "f")
    third = len(CONTENT) // 3
    assert [span for _, span in server.asked] == [
        None,
        f"bytes={third}-",
        f"bytes={2 * third + 1}-",
    ]


def test_a_later_call_goes_on_with_the_part_that_is_there(server, tmp_path):
    (tmp_path / "f.part").write_bytes(CONTENT[:-5])
    fetch(server, "dropped", tmp_path / "f")
    assert [span for _, span in server.asked] == [f"bytes={len(CONTENT) - 5}-"]
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_without_a_digest_nothing_is_pieced_together(server, tmp_path):
    (tmp_path / "f.part").write_bytes(b"of another file")
    fetch(server, "whole", tmp_path / "f", digest="")
    assert server.asked == [("/whole", None)]
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_another_digest_is_refused_and_the_file_deleted(server, tmp_path):
    with pytest.raises(ValueError, match=r"/whole: .*sha256 .* 12345678 is published.*deleted"):
        fetch(server, "whole", tmp_path / "f", digest="sha256:12345678")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing", "404 .*by hand and put it at"),
        ("loop", r"302 .*by hand"),
        ("elsewhere", "302 .*not allowed"),
    ],
)
def test_what_will_not_get_better_is_not_tried_again(server, tmp_path, name, message):
    with pytest.raises(OSError, match=message):
        fetch(server, name, tmp_path / "f")
    assert len(server.asked) < 5
    assert not (tmp_path / "f").exists()


def test_no_more_than_the_limit_is_written(server, tmp_path):
    with pytest.raises(OSError, match="more than the 1000000 bytes expected"):
        fetch(server, "endless", tmp_path / "f", limit=1_000_000)
    assert (tmp_path / "f.part").stat().st_size <= 1_000_000


def test_no_network_says_at_once_how_to_do_it_by_hand(tmp_path):
    with pytest.raises(OSError, match=r"http://127.0.0.1:1/f .*by hand and put it at .*f$"):
        download("http://127.0.0.1:1/f", tmp_path / "f", pause=1e9)


def test_digests_may_be_the_first_digits(tmp_path):
    (tmp_path / "f").write_bytes(CONTENT)
    assert check_digest(tmp_path / "f", DIGEST) == check_digest(tmp_path / "f", "")
    check_digest(tmp_path / "f", "md5:" + hashlib.md5(CONTENT).hexdigest())
    with pytest.raises(ValueError, match="md5"):
        check_digest(tmp_path / "f", "md5:00")


@pytest.fixture
def source(server, monkeypatch):
    files = ((f"{server.address}/whole.bin", DIGEST),)
    source = catalogue.Source("bytes", "free", server.address, files, 1.0)
    monkeypatch.setitem(catalogue.CATALOGUE, "bytes", source)


def test_the_command_gets_a_source_once(server, source, tmp_path, capsys):
    for _ in range(2):
        assert main(["data", "get", "bytes", "--to", str(tmp_path)]) == 0
    assert (tmp_path / "bytes" / "whole.bin").read_bytes() == CONTENT
    assert len(server.asked) == 1
    assert hashlib.sha256(CONTENT).hexdigest() in capsys.readouterr().out


def test_a_changed_file_is_not_taken_for_the_published_one(source, tmp_path, capsys):
    (tmp_path / "bytes").mkdir()
    (tmp_path / "bytes" / "whole.bin").write_bytes(b"other")
    assert main(["data", "get", "bytes", "--to", str(tmp_path)]) == 2
    assert "whole.bin" in capsys.readouterr().err
    assert (tmp_path / "bytes" / "whole.bin").read_bytes() == b"other"


def test_the_command_lists_every_source_and_knows_near_names(capsys):
    assert main(["data", "list"]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in catalogue.CATALOGUE)
    assert main(["data", "get", "cifar"]) == 2
    assert "cifar10" in capsys.readouterr().err


def test_every_entry_is_sound():
    for source in catalogue.CATALOGUE.values():
        assert source.licence and source.page.startswith("http") and source.megabytes > 0
        for address, digest in source.files:
            assert address.startswith(("https://", "http://"))
            kind, _, digits = digest.partition(":")
            assert (kind, len(digits)) in [("md5", 32), ("sha256", 64), ("sha256", 8), ("", 0)]
            assert not digits.strip("0123456789abcdef")
