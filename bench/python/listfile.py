# SPDX-License-Identifier: MIT
"""The command line that the Python programs share: LIST CA AT_ONCE."""
import pathlib
import sys


def arguments():
    """Return the URLs, the CA file or True for the system's, and how many."""
    urls = pathlib.Path(sys.argv[1]).read_text(encoding="ascii").split()
    return urls, sys.argv[2] or True, int(sys.argv[3])


def report(sizes):
    """Say what arrived, for the benchmark to check."""
    sizes = list(sizes)
    print(len(sizes), "files", sum(sizes), "bytes")
