#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""One thread, one session, a task for each URL, all gathered."""
import asyncio
import ssl

import aiohttp
import measured


async def download_site(session, url):
    async with session.get(url) as response:
        response.raise_for_status()
        return len(await response.read())


async def download_all_sites(urls):
    ca = measured.ca()
    context = ssl.create_default_context(cafile=None if ca is True else ca)
    connector = aiohttp.TCPConnector(limit=len(urls), ssl=context)
    async with aiohttp.ClientSession(connector=connector) as session:
        tasks = [download_site(session, url) for url in urls]
        return await asyncio.gather(*tasks)


with measured.Measured():
    sizes = asyncio.run(download_all_sites(measured.urls()))
measured.report_sizes(sizes)
