# SPDX-License-Identifier: MIT
"""The pages that --report writes, made by real runs against the site, for
tests that open them in Chromium."""
import functools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import types
import unittest

import chromium
import site_server

SKIPPED = 77  # an exit status that meson knows

# A body, a name in two lines of a table, redirects, and every kind of failure.
# Delays let bars begin and end all over the run, so that each part has some.
LIST = "".join(f"http://127.0.0.1:{{port}}/bytes/{n}000?seed={n}&delay={9 * n}\n"
               for n in range(1, 25)) + """\
http://localhost:{port}/bytes/100?a-query-that-is-long=1&token=s3cret
http://127.0.0.1:{port}/redirect/302?to=/bytes/9
http://127.0.0.1:{port}/status/404?x=<b>&y
http://127.0.0.1:{port}/status/503
http://127.0.0.1:9/nobody-listens
"""
SITES = ("https://www.jython.org\nhttp://olympus.realpython.org/dice\n"
         "https://a.example/bytes/5000\n") * 2


def run(*argv, statuses=(0,)):
    done = subprocess.run(list(map(str, argv)), check=False, text=True,
                          capture_output=True, timeout=200)
    if done.returncode not in statuses:
        raise AssertionError(f"{argv} ended with {done.returncode}\n"
                             f"{done.stdout}{done.stderr}")
    return done


def download(folder):
    """A run of asyncdl: its page, its trace, and what it printed."""
    with site_server.running(latency_ms=5) as port:
        (folder / "list").write_text(LIST.replace("{port}", str(port)),
                                     encoding="utf-8")
        done = run(os.environ["ASYNCDL"], "-d", folder / "out", "-o",
                   "{index}", "--jobs=8", "--retry=1", "--retry-delay=20ms",
                   "--trace", folder / "trace.json", "--report",
                   folder / "download.html", folder / "list", statuses=(3,))
    return types.SimpleNamespace(
        url=f"file://{folder}/download.html", out=done.stdout, err=done.stderr,
        trace=json.loads((folder / "trace.json").read_text(encoding="utf-8")))


def compare(folder, *topics):
    """A run of asyncdl-compare: its page, and its figures."""
    (folder / "sites").write_text(SITES, encoding="utf-8")
    run(os.environ["ASYNCDL_COMPARE"], "--site", os.environ["ASYNCDL_SITE"],
        "--latency=2", "--rounds=2", "--scale=2", "--sweep=2", "--list",
        folder / "sites", "--json", folder / "compare.json", "--report",
        folder / "compare.html", *topics)
    return types.SimpleNamespace(
        url=f"file://{folder}/compare.html",
        data=json.loads((folder / "compare.json").read_text(encoding="utf-8")))


@functools.cache
def start_browser():
    """The one of all tests of a program."""
    return unittest.enterModuleContext(chromium.Browser())


class PageCase(unittest.TestCase):
    """A folder, and a browser that is to have nothing to complain of."""
    page = None  # that is open

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.browser = start_browser()

    def open(self, made, **size):
        """The page of a run, in place of the one before."""
        self.check_silence()
        self.page = self.browser.open(made.url, **size)
        return self.page

    def tearDown(self):
        self.check_silence()

    def check_silence(self):
        """The page that is open has nothing to say, and asks for nothing."""
        if self.page:
            self.page.run("0")  # what it had to say comes before the answer
            self.assertEqual(self.page.said, [])
            self.assertEqual(self.page.asked, [])


def main():
    if chromium.find() is None:
        print("skipped: no chromium (install the package chromium)")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
