# SPDX-License-Identifier: MIT
"""What the programs share: the command line LIST CA THREADS SCALE, the report."""
import pathlib
import sys
import time

FIRST, N_SUMS = 5_000_000, 20


def urls():
    return pathlib.Path(sys.argv[1]).read_text(encoding="ascii").split()


def ca():
    """The CA file, or True for the system's."""
    return sys.argv[2] if sys.argv[2] else True


def n_threads():
    return int(sys.argv[3])


def numbers():
    """What to sum up to, and how many times."""
    scale = int(sys.argv[4])
    return [(n, scale) for n in range(FIRST, FIRST + N_SUMS)]


def cpu_bound(number):
    return sum(i * i for i in range(number))


def cpu_bound_repeated(job):
    number, times = job
    for _ in range(times):
        total = cpu_bound(number)
    return number, total


def _tree():
    """This process and all below it."""
    pids = ["self"]
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                pids += task.read_text().split()
            except OSError:
                pass
    return pids


class Measured:
    """Time what is done inside; workers must still be there at its end."""

    def __enter__(self):
        self.cpu_before = time.process_time()  # of the interpreter's start
        self.began = time.perf_counter()
        return self

    def __exit__(self, kind, value, trace):
        print("seconds", time.perf_counter() - self.began)
        print("cpu_before", self.cpu_before)
        peak = threads = processes = 0
        for pid in _tree():
            try:
                status = pathlib.Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue
            fields = dict(line.split(":", 1) for line in status.splitlines())
            peak += int(fields["VmHWM"].split()[0]) * 1024
            threads += int(fields["Threads"])
            processes += 1
        print("peak_bytes", peak)
        print("threads", threads)
        print("processes", processes)


def report_sizes(sizes):
    print("items", len(sizes))
    print("bytes", sum(sizes))


def report_sums(sums):
    for number, total in sums:
        print("sum", number, total)
