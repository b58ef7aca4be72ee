#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A pool of one process a CPU, each with a session."""
import multiprocessing

import http_requests
import listfile

session = None


def initialize(ca):
    global session
    session = http_requests.open_session(ca)


def fetch(url):
    return http_requests.fetch(session, url)


if __name__ == "__main__":
    urls, CA, _ = listfile.arguments()
    with multiprocessing.Pool(initializer=initialize, initargs=(CA,)) as pool:
        listfile.report(pool.map(fetch, urls))
        pool.close()
        pool.join()
