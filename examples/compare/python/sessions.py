# SPDX-License-Identifier: MIT
"""A kept-alive session of requests."""
import measured
import requests


def open_session():
    session = requests.Session()
    session.verify = measured.ca()
    # Else a CA file that the environment names takes the place of ours.
    session.trust_env = session.verify is True
    return session


def download_site(session, url):
    with session.get(url) as response:
        response.raise_for_status()
        return len(response.content)
