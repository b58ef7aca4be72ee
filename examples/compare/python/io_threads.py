#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A pool of threads, each with a session of its own."""
import concurrent.futures
import threading

import measured
import sessions

local = threading.local()


def download_site(url):
    if not hasattr(local, "session"):
        local.session = sessions.open_session()
    return sessions.download_site(local.session, url)


n_threads = measured.n_threads()
with concurrent.futures.ThreadPoolExecutor(n_threads) as executor:
    with measured.Measured():
        sizes = list(executor.map(download_site, measured.urls()))
measured.report_sizes(sizes)
