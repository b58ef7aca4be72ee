#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""One session, one URL after another."""
import measured
import sessions

with measured.Measured():
    with sessions.open_session() as session:
        sizes = [sessions.download_site(session, url)
                 for url in measured.urls()]
measured.report_sizes(sizes)
