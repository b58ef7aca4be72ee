#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A pool of a process a CPU, each with a session that its initializer makes."""
import multiprocessing

import measured
import sessions

session = None


def set_global_session():
    global session
    session = sessions.open_session()


def download_site(url):
    return sessions.download_site(session, url)


if __name__ == "__main__":
    with measured.Measured():
        pool = multiprocessing.Pool(initializer=set_global_session)
        sizes = pool.map(download_site, measured.urls(), chunksize=1)
    pool.close()
    pool.join()
    measured.report_sizes(sizes)
