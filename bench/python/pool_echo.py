#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a task costs in Python: pool_echo.py KIND MODE SIZE SECONDS prints `rate
MEDIAN_US`, as bench/pool does. KIND is mp (multiprocessing.Pool) or futures
(concurrent.futures)."""
import concurrent.futures
import multiprocessing
import os
import statistics
import sys
import time

N_FLOW = 1000


def echo(data):
    return data


def measure(submit, wait, chunked, mode, data, seconds):
    wait(submit(data))  # the first prepares the workers
    times, n, start = [], 0, time.perf_counter()
    while time.perf_counter() - start < seconds or not n:
        if mode == "trip":
            begun = time.perf_counter()
            wait(submit(data))
            times.append(time.perf_counter() - begun)
            n += 1
        elif mode == "flow":
            for future in [submit(data) for _ in range(N_FLOW)]:
                wait(future)
            n += N_FLOW
        else:
            chunked([data] * 20000)
            n += 20000
    rate = n / (time.perf_counter() - start)
    median = statistics.median(times) * 1e6 if times else 0
    print(f"{rate:.1f} {median:.2f}")


def main(kind, mode, size, seconds):
    data = b"b" * int(size)
    n = len(os.sched_getaffinity(0))
    if kind == "mp":
        with multiprocessing.Pool(n) as pool:
            measure(lambda d: pool.apply_async(echo, (d,)),
                    lambda f: f.get(), lambda a: pool.map(echo, a),
                    mode, data, float(seconds))
    else:
        with concurrent.futures.ProcessPoolExecutor(n) as pool:
            measure(lambda d: pool.submit(echo, d), lambda f: f.result(),
                    lambda a: list(pool.map(echo, a, chunksize=500)),
                    mode, data, float(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])
