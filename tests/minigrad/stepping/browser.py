"""A real Chromium, driven through its DevTools protocol over a pipe: keys, clicks, questions."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

_CODES = {"ArrowRight": 39, "ArrowLeft": 37, "Home": 36, "End": 35, "Enter": 13, "Escape": 27}


class Browser:
    """One window of Chromium without a screen.

    Parameters
    ----------
    profile : path
        An empty folder for the browser's own files.
    """

    def __init__(self, profile, width=1280, height=850):
        asks, self._write = os.pipe()
        self._read, answers = os.pipe()

        def connect():  # the browser reads from 3 and writes to 4
            one, other = os.dup(asks), os.dup(answers)
            os.dup2(one, 3)
            os.dup2(other, 4)

        self._process = subprocess.Popen(
            [
                CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--hide-scrollbars", f"--window-size={width},{height}", "--remote-debugging-pipe",
                f"--user-data-dir={profile}", "about:blank",
            ],
            preexec_fn=connect, pass_fds=(3, 4), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(asks)
        os.close(answers)
        self._waiting = b""
        self._number = 0
        self.console = []
        self._tab = None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._tab = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method, **parameters):
        """Send a command and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._tab:
            message["sessionId"] = self._tab
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                return answer["result"]
            self._note(answer)

    def _next(self):
        while b"\0" not in self._waiting:
            read = os.read(self._read, 1 << 16)
            assert read, "the browser has ended"
            self._waiting += read
        message, _, self._waiting = self._waiting.partition(b"\0")
        return json.loads(message)

    def _note(self, event):
        if event.get("method") in (
            "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded",
        ):  # fmt: skip
            self.console.append(event["params"])
        self._loaded = event.get("method") == "Page.loadEventFired"

    def open(self, path):
        """Open a file and wait until it has loaded."""
        self._loaded = False
        self.ask("Page.navigate", url=path.as_uri())
        while not self._loaded:
            self._note(self._next())

    def evaluate(self, expression):
        """The value of an expression in the page."""
        result = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def key(self, key):
        """Press a key and let it go."""
        code = _CODES.get(key, ord(key[0].upper()))
        shared = {"key": key, "windowsVirtualKeyCode": code}
        if len(key) == 1:
            shared["text"] = key
        self.ask("Input.dispatchKeyEvent", type="keyDown", **shared)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **shared)

    def click(self, selector):
        """Click into the middle of an element, scrolled into view."""
        box = self.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect();"
            "return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        where = {"x": box[0], "y": box[1], "button": "left", "clickCount": 1}
        self.ask("Input.dispatchMouseEvent", type="mousePressed", **where)
        self.ask("Input.dispatchMouseEvent", type="mouseReleased", **where)

    def hover(self, selector):
        """Move the mouse over an element."""
        box = self.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "const b = e.getBoundingClientRect();"
            "return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        self.ask("Input.dispatchMouseEvent", type="mouseMoved", x=box[0], y=box[1])

    def look(self, width, height, dark=False, scale=1):
        """Set the size of the window and the colour scheme."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=scale, mobile=width < 600,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])

    def screenshot(self):
        """The window as a PNG, in bytes."""
        return base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"])

    def close(self):
        """End the browser."""
        self._tab = None
        with contextlib.suppress(AssertionError, OSError):
            self.ask("Browser.close")
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:  # on a busy machine
            self._process.kill()
            self._process.wait()
        os.close(self._write)
        os.close(self._read)
