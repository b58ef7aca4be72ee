#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A pool of threads, of which one runs at a time."""
import concurrent.futures

import measured

with concurrent.futures.ThreadPoolExecutor(measured.n_threads()) as executor:
    with measured.Measured():
        sums = list(executor.map(measured.cpu_bound_repeated,
                                 measured.numbers()))
measured.report_sums(sums)
