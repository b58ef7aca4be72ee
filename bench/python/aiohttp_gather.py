#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""One thread, one session, a task for each URL, all gathered."""
import asyncio
import ssl

import aiohttp
import listfile

CHUNK = 1 << 20


async def fetch(session, url):
    async with session.get(url) as response:
        response.raise_for_status()
        size = 0
        async for chunk in response.content.iter_chunked(CHUNK):
            size += len(chunk)
        return size


async def main():
    urls, ca, at_once = listfile.arguments()
    context = ssl.create_default_context(cafile=None if ca is True else ca)
    connector = aiohttp.TCPConnector(limit=at_once, ssl=context)
    async with aiohttp.ClientSession(connector=connector) as session:
        tasks = [fetch(session, url) for url in urls]
        listfile.report(await asyncio.gather(*tasks))


asyncio.run(main())
