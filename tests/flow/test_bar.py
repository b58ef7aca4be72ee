#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a run shows on a terminal, and what --progress makes of it.

The programs are in the environment: ASYNCDL, ASYNCDL_SITE.
"""
import fcntl
import os
import pathlib
import pty
import re
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import site_server

FRAME = re.compile(r"\d+/\d+\+?( \[=*>? *\])?( \d+%)?( [\d.]+ [KMG]?i?B)?"
                   r"( [\d.]+ [KMG]?i?B/s)?( (-:--|[\d:]+) left)?"
                   r"( \d+ active)?( \d+ retrying)?( \d+ failed)?")
CLEAR = "\033[K"


class Terminal:
    """A terminal that a program runs on, and all that it wrote there."""

    def __init__(self, argv, columns=100, term="xterm", cwd=None):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 24, columns, 0, 0))
        self.process = subprocess.Popen(
            argv, stdin=slave, stdout=slave, stderr=slave, cwd=cwd,
            env=dict(os.environ, TERM=term), start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.text = ""

    def read(self):
        """Some more, or nothing at its end."""
        try:
            piece = os.read(self.master, 65536).decode()
        except OSError:  # Linux says so when nobody has it open any more
            piece = ""
        self.text += piece
        return piece

    def read_until(self, pattern):
        while not re.search(pattern, self.text):
            if not self.read():
                raise AssertionError(f"no {pattern!r} in {self.text!r}")

    def finish(self):
        while self.read():
            pass
        os.close(self.master)
        return self.process.wait(60)

    def frames(self):
        return [part[:-len(CLEAR)] for part in self.text.split("\r")
                if part.endswith(CLEAR) and part != CLEAR]

    def screen(self):
        """The lines that are seen at the end."""
        seen = []
        for line in self.text.split("\n"):
            shown = ""
            for piece in line.split("\r"):
                head, *cleared = piece.split(CLEAR)
                shown = head + ("" if cleared else shown[len(head):])
                for more in cleared:
                    shown += more
            seen.append(re.sub(r"\033\[\d*m", "", shown))
        return seen


class Bar(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.port = self.enterContext(site_server.running())

    def argv(self, *args, paths=("/bytes/1000?delay=1200", "/status/404")):
        urls = [f"http://127.0.0.1:{self.port}{path}" for path in paths]
        return [os.environ["ASYNCDL"], "--discard", *args, *urls]

    def start(self, *args, paths=("/bytes/1000?delay=1200", "/status/404"),
              **options):
        return Terminal(self.argv(*args, paths=paths), cwd=self.folder,
                        **options)

    def test_a_terminal_has_a_bar_until_the_end(self):
        terminal = self.start()
        self.assertEqual(terminal.finish(), 1)
        frames = terminal.frames()
        self.assertGreater(len(frames), 1)
        for frame in frames:
            self.assertRegex(frame, f"^{FRAME.pattern}$")
            self.assertLess(len(frame), 100)
        self.assertRegex(frames[-1], r"^0/2 \[.*\] 50% 0 B 0 B/s 0:0\d left "
                                     r"1 active 1 failed$")
        screen = terminal.screen()
        self.assertRegex(screen[0], r"^asyncdl: http://127.*/status/404: HTTP")
        self.assertRegex(screen[1], r"^Downloaded 1 sites in ")
        self.assertNotIn("Read ", terminal.text)
        self.assertFalse([line for line in screen if FRAME.fullmatch(line)])

    def test_a_body_is_told_as_it_comes(self):
        terminal = self.start(paths=("/bytes/100000?rate=100000",))
        self.assertEqual(terminal.finish(), 0)
        shares = [int(re.search(r" (\d+)%", frame)[1])
                  for frame in terminal.frames()]
        self.assertEqual(shares, sorted(shares))
        self.assertTrue([share for share in shares if 20 < share < 100])

    def test_narrow_terminals_have_what_fits(self):
        for columns in (12, 30, 45):
            terminal = self.start(columns=columns)
            self.assertEqual(terminal.finish(), 1)
            self.assertTrue(terminal.frames())
            for frame in terminal.frames():
                self.assertLess(len(frame), columns)
                self.assertRegex(frame, f"^{FRAME.pattern}$")

    def test_what_is_typed_to_stop_it_leaves_nothing_behind(self):
        for columns in (80, 81, 100):
            terminal = self.start(paths=("/bytes/2000000?rate=300000",),
                                  columns=columns)
            terminal.read_until(re.escape("1 active"))
            os.write(terminal.master, b"\003")  # shown as ^C
            self.assertEqual(terminal.finish(), 130)
            self.assertIn("^C", terminal.text)
            for frame in terminal.frames():
                self.assertLess(len(frame), columns - 2)

    def test_a_resumed_body_has_the_rate_of_this_run(self):
        argv = [os.environ["ASYNCDL"], "-d", "out",
                f"http://127.0.0.1:{self.port}/bytes/2000000?rate=400000"]
        first = Terminal(argv, cwd=self.folder)
        first.read_until(r"[4-9]\d% ")
        first.process.send_signal(signal.SIGINT)
        self.assertEqual(first.finish(), 130)
        second = Terminal(argv, cwd=self.folder)
        second.read_until(r"[4-9]\d% ")
        second.process.send_signal(signal.SIGINT)
        self.assertEqual(second.finish(), 130)
        frame = next(frame for frame in second.frames()
                     if re.search(r" [4-9]\d% ", frame))
        self.assertNotRegex(frame, r" MiB")  # the half is not of this run

    def test_where_there_is_no_bar(self):
        for args, term, has_lines in (
                (["--progress", "plain"], "xterm", True),
                (["--progress=none"], "xterm", False),
                ([], "dumb", True),
                (["--progress", "bar", "--progress", "auto"], "dumb", True)):
            terminal = self.start(*args, term=term)
            self.assertEqual(terminal.finish(), 1)
            self.assertEqual(terminal.frames(), [])
            self.assertEqual("Read 1000 from" in terminal.text, has_lines)
            self.assertIn("Downloaded 1 sites in", terminal.text)

    def test_quiet_has_errors_only(self):
        terminal = self.start("-q")
        self.assertEqual(terminal.finish(), 1)
        self.assertEqual(terminal.frames(), [])
        self.assertNotIn("Downloaded", terminal.text)
        self.assertIn("/status/404: HTTP", terminal.text)

    def test_a_file_has_lines_and_a_bar_where_it_is_asked_for(self):
        for args, is_bar in (([], False), (["--progress", "bar"], True)):
            done = subprocess.run(self.argv(*args), capture_output=True,
                                  text=True, timeout=60, check=False,
                                  cwd=self.folder)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(CLEAR in done.stdout, is_bar)
            self.assertEqual("Read 1000 from" in done.stdout, not is_bar)
            self.assertIn("Downloaded 1 sites in", done.stdout)

    def test_a_signal_takes_it_away(self):
        terminal = self.start(paths=("/hang",))
        terminal.read_until(re.escape("1 active"))
        terminal.process.send_signal(signal.SIGUSR1)
        terminal.read_until(r"0 done of 1 read, .*\n")
        terminal.process.send_signal(signal.SIGINT)
        self.assertEqual(terminal.finish(), 130)
        screen = terminal.screen()
        self.assertRegex(screen[0], r"^asyncdl: 0 done of 1 read, ")
        self.assertFalse([line for line in screen if FRAME.fullmatch(line)])
        self.assertIn("stopped 1", terminal.text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
