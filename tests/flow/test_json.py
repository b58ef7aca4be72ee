#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What --json prints, read as scripts read it.

The programs are in the environment: ASYNCDL, ASYNCDL_SITE.
"""
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import site_server

KEYS = ["url", "effective_url", "index", "state", "status", "path", "bytes",
        "sha256", "attempts", "retryable", "error", "http_version",
        "remote_ip", "time"]
TIMES = ["queue", "dns", "connect", "tls", "first_byte", "total"]


def wait_until_idle(pid):
    """Until it has begun and does no more: it waits for its reader."""
    spent, before = 0, None
    while spent == 0 or spent != before:
        time.sleep(0.5)
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        before, spent = spent, sum(map(int, stat.split()[13:15]))


class Json(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.port = self.enterContext(site_server.running())

    def run_json(self, *args, status=0, text=""):
        """Its objects, by the position in the list, and its stderr."""
        done = subprocess.run(
            [os.environ["ASYNCDL"], "--json", "--retry=0", *args],
            input=text.replace("SITE", f"http://127.0.0.1:{self.port}").encode(),
            capture_output=True, cwd=self.folder, timeout=60, check=False)
        err = done.stderr.decode()
        self.assertEqual(done.returncode, status, err)
        lines = done.stdout.decode().splitlines()  # in UTF-8
        objects = [json.loads(line) for line in lines]
        for one in objects:
            self.assertEqual(list(one), KEYS)
            self.assertEqual(list(one["time"]), TIMES)
        by_index = {one["index"]: one for one in objects}
        self.assertEqual(len(by_index), len(lines))
        return by_index, err

    def test_each_finished_url_has_an_object_that_tells_all(self):
        found, err = self.run_json(
            "-d", "out", "-", status=3, text="""\
SITE/bytes/10
SITE/redirect/302?to=/bytes/20
SITE/status/404
SITE/status/503
http://127.0.0.1:9/
gopher://no.such/scheme
""")
        self.assertEqual(sorted(found), [1, 2, 3, 4, 5])
        body = (self.folder / "out/10").read_bytes()
        one = found[1]
        self.assertEqual(one["url"], f"http://127.0.0.1:{self.port}/bytes/10")
        self.assertEqual(
            [one[key] for key in KEYS[2:-1]],
            [1, "done", 200, "10", 10, hashlib.sha256(body).hexdigest(), 1,
             False, None, "1.1", "127.0.0.1"])
        times = one["time"]
        self.assertLess(0, times["connect"])
        self.assertLess(times["connect"], times["first_byte"])
        self.assertLessEqual(times["first_byte"], times["total"])
        self.assertTrue(found[2]["url"].endswith("?to=/bytes/20"))
        self.assertTrue(found[2]["effective_url"].endswith("/bytes/20"))
        for index, status, retryable in ((3, 404, False), (4, 503, True)):
            one = found[index]
            self.assertEqual((one["state"], one["status"], one["retryable"],
                              one["sha256"], one["path"]),
                             ("failed", status, retryable, None, None))
            self.assertIn(str(status), one["error"])
        one = found[5]
        self.assertEqual((one["status"], one["http_version"],
                          one["remote_ip"]), (None, None, None))
        self.assertIn("refused", one["error"])
        self.assertIn("-:6: ", err)  # a bad line is no URL
        self.assertIn("Downloaded 2 sites in ", err)

    def test_what_is_skipped_is_told_too(self):
        (self.folder / "7").write_text("mine")
        self.run_json("-", text="SITE/bytes/5\n")
        found, _ = self.run_json("-q", "-", text="SITE/bytes/5\nSITE/bytes/7\n")
        self.assertEqual(found[1]["state"], "skipped")
        self.assertIsNone(found[1]["error"])
        self.assertEqual((found[1]["path"], found[1]["bytes"],
                          found[1]["attempts"]), ("5", 5, 0))
        self.assertEqual(found[1]["sha256"], hashlib.sha256(
            (self.folder / "5").read_bytes()).hexdigest())
        self.assertEqual((found[2]["state"], found[2]["path"]),
                         ("skipped", "7"))
        self.assertIn("there", found[2]["error"])

    def test_secrets_are_left_out_and_any_byte_is_text(self):
        found, err = self.run_json(
            "--no-journal", "-", status=1,
            text="http://me:hidden@127.0.0.1:%d/bytes/3?token=hidden\n"
            "SITE/bytes/4?%%22quoted%%22\\\nSITE/status/404?%%ff&sig=hidden\n"
            % self.port)
        self.assertNotIn("hidden", json.dumps(found) + err)
        self.assertEqual(found[1]["state"], "done")
        self.assertIsNotNone(found[1]["sha256"])
        done = subprocess.run(
            [os.environ["ASYNCDL"], "--json", "-o", b"caf\xe9-{name}", "-q",
             f"http://127.0.0.1:{self.port}/bytes/6"],
            capture_output=True, cwd=self.folder, timeout=60, check=True)
        self.assertEqual(json.loads(done.stdout)["path"], "caf\ufffd-6")

    def test_nothing_is_kept_and_all_is_told(self):
        found, _ = self.run_json("--discard", "-", text="SITE/bytes/12\n")
        self.assertEqual((found[1]["state"], found[1]["path"],
                          found[1]["bytes"]), ("done", None, 12))
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_signal_ends_it_though_nobody_reads(self):
        (self.folder / "list").write_text("".join(
            f"http://127.0.0.1:{self.port}/bytes/1?{i}\n"
            for i in range(100000)))
        for kind in "--json", "--progress=plain":
            with subprocess.Popen(
                    [os.environ["ASYNCDL"], kind, "--discard", "list"],
                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                    cwd=self.folder) as run:
                wait_until_idle(run.pid)
                run.send_signal(signal.SIGINT)
                self.assertEqual(run.wait(30), 130)
                if kind == "--json":  # whole lines only
                    for line in run.stdout.read().decode().splitlines():
                        json.loads(line)

    def test_a_reader_that_goes_costs_no_download(self):
        with subprocess.Popen(
                [os.environ["ASYNCDL"], "--json", "--discard", "-"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, cwd=self.folder) as run:
            run.stdin.write(b"http://127.0.0.1:%d/bytes/1\n" % self.port)
            run.stdin.flush()
            run.stdout.readline()
            run.stdout.close()
            for _ in range(1000):
                run.stdin.write(b"http://127.0.0.1:%d/bytes/1\n" % self.port)
            run.stdin.close()
            self.assertEqual(run.stderr.read(), b"")
            self.assertEqual(run.wait(60), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
