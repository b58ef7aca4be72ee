#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A pool of 5 threads with a session each."""
import concurrent.futures
import threading

import http_requests
import listfile

N_THREADS = 5
urls, ca, _ = listfile.arguments()
local = threading.local()


def fetch(url):
    if not hasattr(local, "session"):
        local.session = http_requests.open_session(ca)
    return http_requests.fetch(local.session, url)


with concurrent.futures.ThreadPoolExecutor(N_THREADS) as pool:
    listfile.report(pool.map(fetch, urls))
