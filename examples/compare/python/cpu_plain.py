#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""One sum after another."""
import measured

with measured.Measured():
    sums = [measured.cpu_bound_repeated(job) for job in measured.numbers()]
measured.report_sums(sums)
