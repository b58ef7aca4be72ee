# SPDX-License-Identifier: MIT
"""What is measured: lists of URLs, and what must have arrived in the end."""
import dataclasses
import pathlib

import servers


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    title: str
    urls: tuple
    n_bytes: int
    at_once: int
    ca: pathlib.Path
    http2: bool = False
    sha256: str = ""  # of the one file
    on_disk: bool = False  # save to the disk of the build folder


def sites(site):
    """The bodies of examples/sites.txt, from URLs that every tool can ask for.

    Not every tool can be told to connect elsewhere, and some take the same URL
    only once, so all get addresses of the loopback site with a number behind.
    """
    large, little = servers.SITE_BYTES
    bases = (f"https://127.0.0.1:{site.https_port}/bytes/{large}",
             f"http://127.0.0.1:{site.http_port}/bytes/{little}")
    urls = tuple(f"{bases[i % 2]}?{i}" for i in range(servers.N_SITES))
    n_bytes = (large + little) * servers.N_SITES // 2
    return Case("sites", f"160 sites, each after {servers.LATENCY_MS} ms",
                urls, n_bytes, servers.N_SITES, site.ca)


def small(nginx, n_bytes):
    urls = tuple(f"http://127.0.0.1:{nginx.http_port}/small/{i:05}"
                 for i in range(servers.N_SMALL))
    return Case("small", "10,000 files of 1 to 10 KB, HTTP/1.1, 64 at once",
                urls, n_bytes, 64, nginx.ca)


def small_h2(nginx, n_bytes):
    urls = tuple(f"https://127.0.0.1:{nginx.https_port}/small/{i:05}"
                 for i in range(servers.N_SMALL))
    return Case("small-h2",
                "10,000 files of 1 to 10 KB, TLS with HTTP/2, 64 at once",
                urls, n_bytes, 64, nginx.ca, http2=True)


def disk(nginx, n_bytes):
    case = small(nginx, n_bytes)
    return dataclasses.replace(case, name="disk", on_disk=True,
                               title="the same, saved to a disk")


def big(nginx, sha256):
    return Case("big", "1 GiB in one file, HTTP/1.1",
                (f"http://127.0.0.1:{nginx.http_port}/big",),
                servers.BIG_BYTES, 1, nginx.ca, sha256=sha256)


NAMES = ("sites", "small", "small-h2", "disk", "big")
