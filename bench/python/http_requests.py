# SPDX-License-Identifier: MIT
"""A kept-alive requests session, and the size of a body read through it."""
import requests

CHUNK = 1 << 20


def open_session(ca):
    session = requests.Session()
    session.verify = ca
    return session


def fetch(session, url):
    """Read a body piece by piece, so that a large one needs no memory."""
    with session.get(url, stream=True) as response:
        response.raise_for_status()
        return sum(map(len, response.iter_content(CHUNK)))
