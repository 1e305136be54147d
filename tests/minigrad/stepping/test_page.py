"""The page in a real browser: what keys and clicks show is what the engine holds."""

from __future__ import annotations

import html.parser
import random
import re

import numpy as np
import pytest

import minigrad as mg
from minigrad.stepping import Stepper, example, recording, write_html

from .browser import CHROMIUM, Browser

in_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on the PATH")

STATE = """(() => ({
  position: state.positions[state.direction], window: state.window, tab: state.tab,
  sums: [...state.sums].map(([target, array]) => [data.labels[target], data.arrays[array].v]),
  result: state.result,
}))()"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    assert opened.console == []  # not a word, whatever the tests did
    opened.close()


@pytest.fixture
def opened(browser, tmp_path):
    def open_page(output, **options):
        browser.look(1280, 850)
        browser.open(write_html(output, tmp_path / "page.html", **options))
        return browser

    return open_page


def assert_state(browser, stepper):
    """The page's sums are the engine's, to the last digit, and so is what it says."""
    state = browser.evaluate(STATE)
    assert state["position"] == stepper.position
    sums = {stepper.labels[target]: value for target, value in stepper.sums.items()}
    assert {label for label, _ in state["sums"]} == set(sums)
    for label, values in state["sums"]:
        np.testing.assert_array_equal([float(v) for v in values], np.ravel(sums[label]))
    place = browser.evaluate("document.getElementById('place').textContent")
    assert f"step {stepper.position} of {len(stepper)}" in place
    if stepper.record is not None:
        heading = browser.evaluate("document.querySelector('#panel h2').textContent")
        assert heading == f"{stepper.record.label} = {stepper.record.operation}"


@in_browser
@pytest.mark.parametrize("name", ["scalar", "network", "skip", "loss"])
def test_after_30_random_moves_the_page_is_where_the_engine_is(opened, name):
    output = example(name)
    browser, stepper = opened(output), Stepper(output)
    ways = [("ArrowRight", "#next", 1), ("ArrowLeft", "#back", -1), ("n", "#next", 1)]
    chance = random.Random(1)
    for _ in range(30):
        key, button, by = chance.choice(ways)
        if chance.random() < 0.5:
            browser.key(key)
        else:
            browser.click(button)
        stepper.next() if by > 0 else stepper.back()
    assert_state(browser, stepper)
    browser.key("End")
    stepper.go(len(stepper))
    assert_state(browser, stepper)
    browser.key("Home")
    stepper.go(0)
    assert_state(browser, stepper)


@in_browser
def test_what_is_not_finite_stays_what_it_is(opened):
    x = mg.Tensor([-1.0, 0.0, np.nan, np.inf, 4.0], requires_grad=True, name="x")
    with recording(), np.errstate(all="ignore"):
        output = (mg.log(x) * -np.inf).sum()
        browser, stepper = opened(output), Stepper(output)
        for _ in range(len(stepper)):
            browser.key("ArrowRight")
            stepper.next()
            assert_state(browser, stepper)
    shown = browser.evaluate("[...document.querySelectorAll('td.lost')].map((e) => e.textContent)")
    assert set(shown) == {"nan", "∞", "−∞"}


@in_browser
def test_the_kernel_goes_window_by_window_to_its_result(opened):
    output = example("transposed")
    browser = opened(output)
    stepper = Stepper(output, direction="forward")
    stepper.next()
    walk = stepper.into()
    for key in ("f", "ArrowRight", "i"):
        browser.key(key)
    walk.next()
    for by in (1, 1, -1, 1, 1, 1, -1, 1, 1):
        browser.key("ArrowRight" if by > 0 else "ArrowLeft")
        walk.next() if by > 0 else walk.back()
        state = browser.evaluate(STATE)
        assert state["tab"] == "kernel" and state["window"] == walk.position
        assert state["result"] == walk.result.ravel().tolist()
        text = browser.evaluate("document.getElementById('window').textContent")
        assert text == walk.window.sentence
        written = browser.evaluate("document.querySelectorAll('td.write').length")
        assert written == len(walk.window.writes)
    browser.key("o")
    assert browser.evaluate("state.tab") == "step"


@in_browser
def test_a_click_on_the_graph_goes_there_and_hover_shows_all_digits(opened):
    output = example("network")
    browser, stepper = opened(output), Stepper(output)
    browser.click(".box[data-node='1']")
    stepper.run_until("relu")
    assert_state(browser, stepper)
    browser.hover(".cells td:nth-child(2)")
    shown = browser.evaluate("document.getElementById('readout').textContent")
    value = stepper.record.cotangent[0, 1]
    assert shown == f"[0, 1] = {value!r}".replace("np.float64(", "").replace(")", "")


@in_browser
def test_rules_sums_search_and_modules(opened):
    browser = opened(example("network"))
    browser.click("#find")
    for key in ("r", "e", "l", "u", "Enter", "Escape"):
        browser.key(key)
    assert browser.evaluate("nodeNow()") == 1
    browser.key("r")
    assert browser.evaluate("document.querySelectorAll('td.differs').length") == 3
    browser.key("End")
    browser.key("s")
    text = browser.evaluate("document.getElementById('panel').textContent")
    assert "the gradient of hidden.weight is ordinary" in text
    browser.click("#collapse")
    assert browser.evaluate("document.querySelectorAll('.box.part').length") == 3
    browser.click(".box.part")
    assert browser.evaluate("document.querySelectorAll('.box.node').length") == 4


@in_browser
def test_play_goes_on_by_itself_and_stops_at_the_end(opened):
    browser = opened(example("loss"))
    browser.evaluate("window.setInterval = (f) => { for (let i = 0; i < 9; i++) f(); return 1; }")
    browser.click("#play")
    assert browser.evaluate("position()") == 5


@in_browser
def test_tabs_and_controls_work_with_the_keyboard_and_say_what_they_are(opened):
    browser = opened(example("network"))
    browser.key("ArrowRight")
    browser.evaluate("document.getElementById('tab-step').focus()")
    browser.key("ArrowRight")
    assert browser.evaluate("document.activeElement.id") == "tab-rules"
    assert browser.evaluate("document.activeElement.getAttribute('aria-selected')") == "true"
    nameless = browser.evaluate(
        "[...document.querySelectorAll('button, input')].filter((e) => !(e.textContent.trim()"
        " || e.getAttribute('aria-label') || e.closest('label'))).length"
    )
    assert nameless == 0
    live = browser.evaluate("document.getElementById('place').getAttribute('aria-live')")
    assert live == "polite"


@in_browser
@pytest.mark.parametrize("width", [320, 390, 800, 1280])
@pytest.mark.parametrize("name", ["skip", "unpooling"])
def test_nothing_reaches_beyond_the_window(opened, name, width):
    browser = opened(example(name))
    browser.look(width, 800)
    for keys in (["End"], ["i"], ["s"], ["?"]):
        for key in keys:
            browser.key(key)
        assert browser.evaluate("document.documentElement.scrollWidth") <= width


@in_browser
def test_names_are_text_and_never_markup(opened):
    x = mg.Tensor([1.0, np.nan, np.inf], requires_grad=True, name="</script><img src=x onerror=a>")
    with recording(), np.errstate(invalid="ignore"):
        y = mg.relu(x * 2.0)
    y.name = "<b>&amp;\u2028</b>"
    browser = opened(y.sum(), title="<i>title</i>")
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "s", "?", "f", "ArrowRight"):
        browser.key(key)
    assert browser.evaluate("document.querySelectorAll('img, i, #panel b:empty').length") == 0
    assert browser.evaluate("document.querySelector('h1').textContent") == "<i>title</i>"


@in_browser
def test_large_arrays_are_summarised_and_long_tapes_paged(opened):
    x = mg.Tensor(np.random.default_rng(0).normal(size=(40, 50)), requires_grad=True, name="x")
    h = x
    for _ in range(150):
        h = mg.tanh(h)
    browser = opened(h.sum())
    assert browser.evaluate("document.querySelectorAll('.box.node').length") <= 60
    assert browser.evaluate("document.getElementById('page-number').textContent") == "3 of 3"
    browser.key("End")
    assert browser.evaluate("document.getElementById('page-number').textContent") == "1 of 3"
    text = browser.evaluate("document.getElementById('panel').textContent")
    assert "40×50" in text and "above, the first corner" in text
    assert browser.evaluate("document.querySelectorAll('svg.histogram').length") > 0


# ---- the file, without a browser --------------------------------------------------------------


class References(html.parser.HTMLParser):
    """Everything that a page would load from elsewhere."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("src", "href", "srcset", "action") and not value.startswith(("#", "data:")):
                self.found.append((tag, name, value))


def test_the_page_loads_nothing_from_elsewhere(tmp_path):
    text = write_html(example("skip"), tmp_path / "page.html").read_text(encoding="utf-8")
    references = References()
    references.feed(text)
    assert references.found == []
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|import\(", text)
    addresses = set(re.findall(r"https?://[\w./-]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg"}


def test_the_command_writes_the_page(tmp_path, capsys):
    from techniques.cli import main

    page = tmp_path / "step.html"
    assert main(["step", "pooling", "--html", str(page)]) == 0
    assert str(page) in capsys.readouterr().out
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_stepping_on_after_the_page_is_written_goes_on_where_it_was():
    output = example("scalar")
    stepper = Stepper(output)
    stepper.go(3)
    assert '"start":{"direction":"backward","position":3}' in stepper._repr_html_().replace(
        "&#34;", '"'
    ).replace("&quot;", '"')
    assert stepper.position == 3
