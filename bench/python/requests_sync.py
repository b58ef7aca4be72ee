#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""One URL after another, through one session."""
import http_requests
import listfile

urls, ca, _ = listfile.arguments()
with http_requests.open_session(ca) as session:
    listfile.report(http_requests.fetch(session, url) for url in urls)
