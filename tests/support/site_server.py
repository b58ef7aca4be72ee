# SPDX-License-Identifier: MIT
"""The loopback site, for tests in Python; ASYNCDL_SITE is its program."""
import contextlib
import os
import subprocess


@contextlib.contextmanager
def running(latency_ms=0):
    """Its port for HTTP, as long as it runs."""
    with subprocess.Popen([os.environ["ASYNCDL_SITE"], "--latency",
                           str(latency_ms), "--exit-with-parent"],
                          stdout=subprocess.PIPE, text=True) as site:
        try:
            yield int(site.stdout.readline().split()[1])
        finally:
            site.terminate()
