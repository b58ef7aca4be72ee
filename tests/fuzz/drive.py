#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fuzz one target for a while, and see that it finds a bug that is planted.

    drive.py [--runs N] [--seconds N] PROGRAM

Inputs that break a promise stay in a folder "found" beside the program.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SEED = 1  # the same inputs at every run of the same program
PROGRESS = re.compile(r"^#\d+\t.*\n|^INFO: .*\n", re.M)
LIMITS = ["-max_len=4096", "-timeout=20", "-rss_limit_mb=2048"]


def start(program, *args, plant=0):
    """Run the program to its end; what it said is in stdout."""
    env = dict(os.environ, FUZZ_PLANT=str(plant),
               UBSAN_OPTIONS="print_stacktrace=1",
               ASAN_OPTIONS="detect_stack_use_after_return=1:"
                            "quarantine_size_mb=16")
    run = subprocess.run([program, *map(str, args)], env=env, check=False,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True,
                         encoding="utf-8", errors="replace")
    run.stdout = PROGRESS.sub("", run.stdout)
    return run


def make_corpus(program, folder):
    made = start(program, "--seeds", folder)
    if made.returncode != 0:
        raise SystemExit(made.stdout + "the seeds cannot be written")


def fuzz(program, corpus, found, runs, seconds, plant=0):
    """The end of a run, and the inputs that it left in found."""
    found.mkdir(exist_ok=True)
    before = set(found.iterdir())
    run = start(program, f"-seed={SEED}", f"-runs={runs}",
                f"-max_total_time={seconds}", *LIMITS,
                f"-artifact_prefix={found}/", "-print_final_stats=1", corpus,
                plant=plant)
    return run, sorted(set(found.iterdir()) - before)


def check_target(program, corpus, args):
    found = program.parent / "found"
    n_seeds = len(list(corpus.iterdir()))
    run, inputs = fuzz(program, corpus, found, args.runs, args.seconds)
    if run.returncode != 0:
        repeat = [f"this repeats it: {program} {path}" for path in inputs]
        return "\n".join([run.stdout, f"{program.name} failed", *repeat])
    n_runs, n_news = (int(re.search(rf"stat::{name}:\s+(\d+)",
                                    run.stdout).group(1))
                      for name in ("number_of_executed_units",
                                   "new_units_added"))
    # Few runs are hardly more than the seeds: a busy machine had no time.
    if n_news == 0 and n_runs > 10 * n_seeds:
        return f"{run.stdout}\n{program.name}: no input led to new code"
    print("\n".join(run.stdout.strip().split("\n")[-5:]))
    return None


def check_plant(program, corpus, folder):
    """A planted bug is found, and its input repeats it, but not without it."""
    run, inputs = fuzz(program, corpus, folder / "planted", 1000, 10, plant=1)
    if run.returncode == 0 or "broken promise" not in run.stdout:
        return f"{run.stdout}\n{program.name}: the planted bug is not found"
    if len(inputs) != 1:
        return f"{run.stdout}\n{program.name}: no input was left"
    if start(program, inputs[0], plant=1).returncode == 0:
        return f"{program.name}: {inputs[0]} does not repeat the planted bug"
    if start(program, inputs[0]).returncode != 0:
        return f"{program.name}: {inputs[0]} fails without the planted bug"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=300000)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("program", type=pathlib.Path)
    args = parser.parse_args()
    program = args.program.resolve()

    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = pathlib.Path(name)
        corpus = folder / "corpus"
        corpus.mkdir()
        make_corpus(program, corpus)
        wrong = check_plant(program, corpus, folder)
        wrong = wrong or check_target(program, corpus, args)
    if wrong:
        print(wrong, file=sys.stderr)
    return wrong is not None


sys.exit(main())
