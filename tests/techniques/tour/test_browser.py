"""The page in a real browser."""

import json
import re
import shutil
import subprocess

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on the PATH")

# Opens the page in frames of several widths and writes down how far it reaches in each.
MEASURE = """<!doctype html><title>measure</title><body><script>
const widths = [320, 400, 800, 1280];
let left = widths.length;
for (const width of widths) {
  const frame = document.createElement("iframe");
  frame.style.width = width + "px";
  frame.srcdoc = PAGE;
  frame.onload = () => {
    const root = frame.contentDocument.documentElement;
    document.body.insertAdjacentHTML("beforeend", `<p>${width}:${root.scrollWidth}</p>`);
  };
  document.body.append(frame);
}
</script>"""


def dump(path, profile):
    """Return the document after it was loaded, and what the browser logged."""
    ended = subprocess.run(
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--hide-scrollbars", "--enable-logging=stderr", "--virtual-time-budget=5000",
            f"--user-data-dir={profile}", "--dump-dom", path.as_uri(),
        ],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return ended.stdout, ended.stderr


@pytest.fixture(scope="module")
def opened(page, tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    (folder / "index.html").write_text(page, encoding="utf-8")
    return dump(folder / "index.html", folder / "profile")


def test_the_page_opens_without_a_word_on_the_console(opened):
    document, log = opened
    assert "CONSOLE" not in log
    assert re.search("<h1>[^<]+</h1>", document)


def test_the_browser_sees_all_drawings(opened, page):
    document, _ = opened
    assert document.count("<svg") == page.count("<svg") > 50
    assert document.count("<script") == 0


def test_nothing_reaches_beyond_the_window_at_any_width(page, tmp_path):
    literal = json.dumps(page).replace("</", "<\\/")  # the page, as a string of the script
    (tmp_path / "measure.html").write_text(MEASURE.replace("PAGE", literal), encoding="utf-8")
    document, _ = dump(tmp_path / "measure.html", tmp_path / "profile")
    reached = dict(re.findall(r"<p>(\d+):(\d+)</p>", document))
    assert len(reached) == 4
    assert {width: int(reach) for width, reach in reached.items()} == {
        width: int(width) for width in reached
    }
