#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A pool of a process a CPU."""
import multiprocessing

import measured

if __name__ == "__main__":
    with measured.Measured():
        pool = multiprocessing.Pool()
        sums = pool.map(measured.cpu_bound_repeated, measured.numbers(),
                        chunksize=1)
    pool.close()
    pool.join()
    measured.report_sums(sums)
