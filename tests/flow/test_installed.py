#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Examples build against the installed library, with nothing but a compiler and
pkg-config, and do what they are there to show.

    test_installed.py BUILD SOURCE CC SITE [CFLAG...]
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

BUILD, SOURCE = map(pathlib.Path, sys.argv[1:3])
CC, SITE, *CFLAGS = sys.argv[3:]
del sys.argv[1:]
EXAMPLES = SOURCE / "examples"
STRICT = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra",
          "-Werror", "-O1"]

# Arguments, input, and what must be found in the output; {url} is the bundled
# site, and each runs in a folder with the text file a.txt.
EXPECTED = {
    "busy": (["1000"], "", r"(\d+\n)+\d+ process.*\n\d+ thread"),
    "chain": ([".", "{url}/bytes/9000"], "", "/bytes/9000: saved as ./"),
    "count": ([], "", "the sum is 7999998000000\n"),
    "embed": (["{url}/bytes/9000"], "", "/bytes/9000: 9000 bytes\n"),
    "lock": ([], "", "with the lock: "),
    "primes": ([], "", r"\d+ = \d+"),
    "search": (["."], "of a text\n", "of a text: a.txt\n"),
}


def run(*argv, **options):
    done = subprocess.run(list(map(str, argv)), check=False, text=True,
                          capture_output=True, timeout=100, **options)
    if done.returncode != 0:
        raise AssertionError(f"{argv} ended with {done.returncode}\n"
                             f"{done.stdout}{done.stderr}")
    return done.stdout


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.root = pathlib.Path(folder.name)
        run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir",
            cls.root)
        modules = next(cls.root.rglob("asyncdl.pc")).parent
        cls.env = dict(os.environ, PKG_CONFIG_PATH=str(modules),
                       LD_LIBRARY_PATH=str(modules.parent))
        # The file names where it will be; here it is below another root.
        prefix = re.search("^prefix=(.*)$", (modules / "asyncdl.pc").read_text(),
                           re.M).group(1)
        flags = run("pkg-config", "--cflags", "--libs", "asyncdl", "libuv",
                    env=cls.env)
        cls.flags = flags.replace(prefix, f"{cls.root}{prefix}").split()
        cls.start_site()

    @classmethod
    def start_site(cls):
        site = subprocess.Popen([SITE, "--latency", "0", "--exit-with-parent"],
                                stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(site.stdout.close)
        cls.addClassCleanup(site.wait)
        cls.addClassCleanup(site.terminate)
        cls.url = "http://127.0.0.1:" + site.stdout.readline().split()[1]

    def build(self, name, *sources):
        program = self.root / name
        run(CC, *STRICT, *CFLAGS, *sources, "-o", program, *self.flags, "-lm",
            env=self.env)
        return program

    def test_examples_of_one_file(self):
        for source in sorted(EXAMPLES.glob("*.c")):
            with self.subTest(source.stem):
                self.assertIn(source.stem, EXPECTED, "what does it print?")
                args, words, wanted = EXPECTED[source.stem]
                program = self.build(source.stem, source)
                with tempfile.TemporaryDirectory() as folder:
                    (pathlib.Path(folder) / "a.txt").write_text(
                        "some words of a text\n", encoding="utf-8")
                    out = run(program, *(arg.format(url=self.url)
                                         for arg in args),
                              env=self.env, cwd=folder, input=words)
                self.assertRegex(out, wanted)

    def test_the_comparison_demo(self):
        program = self.build("asyncdl-compare",
                             *sorted((EXAMPLES / "compare").glob("*.c")))
        out = run(program, "--site", SITE, "--rounds=1", "--scale=1",
                  "--latency=1", "io", "cpu", env=self.env)
        for pattern in (r"\n  async +\d", r"\n  [\d ]*helpers +\d",
                        "14.29 s"):
            self.assertRegex(out, pattern)


if __name__ == "__main__":
    unittest.main()
