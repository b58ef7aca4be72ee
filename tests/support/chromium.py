# SPDX-License-Identifier: MIT
"""Headless Chromium, driven over a pipe by its DevTools protocol.

    with chromium.Browser() as browser:
        page = browser.open("file:///tmp/page.html")
        page.press("Tab")
        page.run("document.activeElement.tagName")
        assert page.said == [] and page.asked == []
"""
import base64
import collections
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

PATIENCE_S = 60
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
           "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync",
           "--hide-scrollbars", "--remote-debugging-pipe"]

# What the protocol wants to know of a key: its code, its number, its text.
KEYS = {
    "Enter": ("Enter", 13, "\r"), "Tab": ("Tab", 9, ""),
    "Escape": ("Escape", 27, ""), "Home": ("Home", 36, ""),
    "End": ("End", 35, ""), "ArrowLeft": ("ArrowLeft", 37, ""),
    "ArrowUp": ("ArrowUp", 38, ""), "ArrowRight": ("ArrowRight", 39, ""),
    "ArrowDown": ("ArrowDown", 40, ""), "+": ("Equal", 187, "+"),
    "-": ("Minus", 189, "-"), "0": ("Digit0", 48, "0"),
}
CTRL, SHIFT = 2, 8


def find():
    """The path of the program, or None."""
    return shutil.which("chromium")


class Browser:
    def __enter__(self):
        self.profile = tempfile.TemporaryDirectory()
        self.tab = None   # its session
        self.page = None  # that is open in it
        self.answers = {}
        self.last_id = 0
        self.parts = []  # of a message that has not all come
        # Our ends and its ends; both keep off 3 and 4, where it wants them.
        in_end, self.out = os.pipe()
        self.into, out_end = os.pipe()
        its_in, its_out = (fcntl.fcntl(fd, fcntl.F_DUPFD, 10)
                           for fd in (in_end, out_end))

        def give_pipes():
            os.dup2(its_in, 3)
            os.dup2(its_out, 4)

        self.process = subprocess.Popen(
            [find(), *OPTIONS, f"--user-data-dir={self.profile.name}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=give_pipes)
        for fd in (in_end, out_end, its_in, its_out):
            os.close(fd)
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
            self.process.wait(PATIENCE_S)
        except (EOFError, OSError, TimeoutError, subprocess.TimeoutExpired):
            self.process.kill()
        self.process.wait()
        os.close(self.out)
        os.close(self.into)
        shutil.rmtree(self.profile.name, ignore_errors=True)
        self.profile.cleanup()

    def _send(self, method, params, session):
        self.last_id += 1
        message = {"id": self.last_id, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data):]
        return self.last_id

    def _receive(self, until):
        """Take what has come; wait for it up to that moment."""
        left = max(0, until - time.monotonic())
        if not select.select([self.into], [], [], left)[0]:
            return False
        data = os.read(self.into, 1 << 20)
        if not data:
            raise EOFError("chromium has ended")
        self.parts.append(data)
        if b"\0" not in data:
            return True
        *messages, rest = b"".join(self.parts).split(b"\0")
        self.parts = [rest]
        for message in map(json.loads, messages):
            if "id" in message:
                self.answers[message["id"]] = message
            elif self.page and message.get("sessionId") == self.tab:
                self.page.take(message)
        return True

    def call(self, method, session=None, **params):
        number = self._send(method, params, session)
        until = time.monotonic() + PATIENCE_S
        while number not in self.answers:
            if not self._receive(until):
                raise TimeoutError(f"no answer to {method}")
        answer = self.answers.pop(number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def wait(self, page, event):
        until = time.monotonic() + PATIENCE_S
        while not page.events[event]:
            if not self._receive(until):
                raise TimeoutError(f"no {event}")
        page.events[event] -= 1

    def open(self, url, width=1200, height=900):
        """A page in the one tab: what was open there before is gone."""
        if self.tab is None:
            target = self.call("Target.createTarget", url="about:blank")
            self.tab = self.call("Target.attachToTarget", flatten=True,
                                 targetId=target["targetId"])["sessionId"]
        page = Page(self, self.tab, url)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(domain + ".disable")
            page.call(domain + ".enable")
        page.call("Emulation.setEmulatedMedia", media="", features=[])
        page.resize(width, height)
        self.page = page
        self.load(page, "about:blank")
        self.load(page, url)
        page.call("Page.bringToFront")
        return page

    def load(self, page, url):
        page.events.clear()
        page.call("Page.navigate", url=url)
        self.wait(page, "Page.loadEventFired")


class Page:
    def __init__(self, browser, session, url):
        self.browser = browser
        self.session = session
        self.url = url
        self.said = []   # on the console, exceptions included
        self.asked = []  # URLs of requests, but for the page's own
        self.events = collections.Counter()

    def take(self, message):
        method, params = message["method"], message["params"]
        self.events[method] += 1
        if method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown",
                      "Log.entryAdded"):
            self.said.append(json.dumps(params))
        elif method == "Network.requestWillBeSent":
            url = params["request"]["url"]
            # It names no icon.
            if url not in (self.url, "about:blank", "data:,"):
                self.asked.append(url)

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def run(self, script):
        """The value of an expression, once what it changed is drawn."""
        script = ("new Promise(done => requestAnimationFrame(() => "
                  f"done((() => ({script}))())))")
        answer = self.call("Runtime.evaluate", expression=script,
                           returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def resize(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width,
                  height=height, deviceScaleFactor=1, mobile=False)

    def use_media(self, media, scheme):
        self.call("Emulation.setEmulatedMedia", media=media, features=[
            {"name": "prefers-color-scheme", "value": scheme}])

    def press(self, key, modifiers=0):
        code, number, text = KEYS[key]
        options = {"key": key, "code": code, "modifiers": modifiers,
                   "windowsVirtualKeyCode": number}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text,
                  **options)
        self.call("Input.dispatchKeyEvent", type="keyUp", **options)

    def mouse(self, kind, x, y, **options):
        self.call("Input.dispatchMouseEvent", type="mouse" + kind, x=x, y=y,
                  **options)

    def shoot(self, path):
        """A picture of the whole page."""
        png = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        with open(path, "wb") as out:
            out.write(base64.b64decode(png["data"]))

    def print(self):
        """The page on A4, as a PDF."""
        pdf = self.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69,
                        printBackground=False)
        return base64.b64decode(pdf["data"])
