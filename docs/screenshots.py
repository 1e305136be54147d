"""Make the pictures of the README and `stepping.md` again: ``python -m docs.screenshots``.

It needs Chromium.

The pages and the terminal's screens are the real ones, at a step that keys have led to.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.terminal_theme import MONOKAI

from minigrad.stepping import Stepper, example, save_gif, write_html
from minigrad.stepping.debugger import debugger_of
from minigrad.stepping.screen import frame
from techniques.tour.guide import write_tour
from tests.minigrad.stepping.browser import Browser

OUT = Path(__file__).parent / "stepping"
TOUR = Path(__file__).parent / "tour"
COLOURS = 64
RIGHT = "ArrowRight"

# name: example, keys, width, height, dark
PAGES = {
    "page-step": ("scalar", [RIGHT] * 6, 1180, 800, False),
    "page-kernel": ("transposed", ["f", RIGHT, "i", RIGHT], 1180, 700, False),
    "page-rules": ("network", [RIGHT] * 3 + ["r"], 1180, 620, True),
    "page-phone": ("unpooling", ["f", RIGHT, "i", RIGHT], 390, 844, True),
}
# name: example, keys
SCREENS = {
    "terminal-step": ("scalar", ["n"] * 6),
    "terminal-kernel": ("transposed", ["f", "n", "i", "n"]),
}
TERMINAL = """<!doctype html><body style="margin:0;background:#1d1f21;color:#e8e8e6">
<pre style="margin:14px;font:15px/1.25 'DejaVu Sans Mono',monospace">{code}</pre>"""

DISPLAYS = """<!doctype html><body style="margin:14px;background:#fff;color:#1b1b1a">
<div style="display:flex;gap:40px;font:14px system-ui,sans-serif">
<div>{tensors}</div>{graph}</div>"""


def save(png: bytes, name: str, folder: Path = OUT, colours: int = COLOURS) -> None:
    """Save a picture with a palette, which is all that a screen needs."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.quantize(colours).save(folder / f"{name}.png", optimize=True)


def pages(browser: Browser, folder: Path) -> None:
    """The web page, at a step."""
    for name, (which, keys, width, height, dark) in PAGES.items():
        path = write_html(example(which), folder / f"{name}.html", title=f"Step through {which}.py")
        browser.look(width, height, dark)
        browser.open(path)
        for key in keys:
            browser.key(key)
        save(browser.screenshot(), name)


def screens(browser: Browser, folder: Path) -> None:
    """The terminal at 80 × 24."""
    for name, (which, keys) in SCREENS.items():
        debugger = debugger_of(example(which), title=which)
        for key in keys:
            debugger.press(key)
        console = Console(width=80, record=True, file=io.StringIO(), force_terminal=True)
        for line in frame(debugger, 80, 24):
            line.spans = [
                span._replace(style="black on #d8d7d0") if span.style == "reverse" else span
                for span in line.spans
            ]
            if line.style == "reverse":
                line.style = "black on #d8d7d0"
            console.print(line, no_wrap=True, overflow="ignore", crop=False)
        code = console.export_html(inline_styles=True, code_format="{code}", theme=MONOKAI)
        path = folder / f"{name}.html"
        path.write_text(TERMINAL.format(code=code), encoding="utf-8")
        browser.look(760, 480)
        browser.open(path)
        save(browser.screenshot(), name)


def displays(browser: Browser, folder: Path) -> None:
    """What a Tensor and a tape show in a notebook."""
    stepper = Stepper(example("skip"))
    weight, image = stepper.tape.leaves[-2:]
    graph = stepper.tape._repr_mimebundle_()["image/svg+xml"]
    path = folder / "displays.html"
    path.write_text(
        DISPLAYS.format(tensors=f"{image._repr_html_()}<br>{weight._repr_html_()}", graph=graph),
        encoding="utf-8",
    )
    browser.look(760, 580)
    browser.open(path)
    save(browser.screenshot(), "notebook-displays")


def tour(browser: Browser, folder: Path) -> None:
    """A section of the tour."""
    write_tour(folder, only=["grad-cam"])
    browser.look(960, 640)
    browser.open(folder / "index.html")
    browser.evaluate("document.querySelector('section').scrollIntoView({behavior: 'instant'})")
    save(browser.screenshot(), "grad-cam", TOUR, colours=256)


def main() -> None:
    """Make them all."""
    OUT.mkdir(exist_ok=True)
    TOUR.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        browser = Browser(Path(folder) / "profile")
        tour(browser, Path(folder))
        pages(browser, Path(folder))
        screens(browser, Path(folder))
        displays(browser, Path(folder))
        browser.close()
    stepper = Stepper(example("transposed"), direction="forward")
    stepper.next()
    save_gif(stepper.into(), OUT / "stamps.gif", fps=1)
    for pictures in (OUT, TOUR):
        print(sum(path.stat().st_size for path in pictures.iterdir()) // 1000, "KB in", pictures)


if __name__ == "__main__":
    main()
