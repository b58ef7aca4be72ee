#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fuzz one target for a while, and see that it finds a bug that is planted.

    drive.py [--runs N] [--seconds N] PROGRAM TARGET

Inputs that break a promise stay in a folder "found" beside the program.
"""
import argparse
import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SEED = 1  # the same inputs at every run of the same program
PROGRESS = re.compile(r"^#\d+\t.*\n|^INFO: .*\n", re.M)
LIMITS = ["-max_len=4096", "-timeout=20", "-rss_limit_mb=2048"]


@dataclasses.dataclass(frozen=True)
class Target:
    program: pathlib.Path
    name: str

    def __str__(self):
        return f"FUZZ_TARGET={self.name} {self.program}"


def start(target, *args, plant=0):
    """Run the target to its end; what it said is in stdout."""
    env = dict(os.environ, FUZZ_TARGET=target.name, FUZZ_PLANT=str(plant),
               UBSAN_OPTIONS="print_stacktrace=1",
               ASAN_OPTIONS="detect_stack_use_after_return=1:"
                            "quarantine_size_mb=16")
    run = subprocess.run([target.program, *map(str, args)], env=env, check=False,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True,
                         encoding="utf-8", errors="replace")
    run.stdout = PROGRESS.sub("", run.stdout)
    return run


def make_corpus(target, folder):
    made = start(target, "--seeds", folder)
    if made.returncode != 0:
        raise SystemExit(made.stdout + "the seeds cannot be written")


def fuzz(target, corpus, found, runs, seconds, plant=0):
    """The end of a run, and the inputs that it left in found."""
    found.mkdir(exist_ok=True)
    before = set(found.iterdir())
    run = start(target, f"-seed={SEED}", f"-runs={runs}",
                f"-max_total_time={seconds}", *LIMITS,
                f"-artifact_prefix={found}/", "-print_final_stats=1", corpus,
                plant=plant)
    return run, sorted(set(found.iterdir()) - before)


def read_stat(run, name):
    """A figure that libFuzzer prints at its end; None where it did not."""
    found = re.search(rf"stat::{name}:\s+(\d+)", run.stdout)
    return found and int(found.group(1))


def check_target(target, corpus, args):
    found = target.program.parent / "found"
    n_seeds = len(list(corpus.iterdir()))
    run, inputs = fuzz(target, corpus, found, args.runs, args.seconds)
    if run.returncode != 0:
        repeat = [f"this repeats it: {target} {path}" for path in inputs]
        return "\n".join([run.stdout, f"{target.name} failed", *repeat])
    n_runs = read_stat(run, "number_of_executed_units")
    n_news = read_stat(run, "new_units_added")
    if n_runs is None or n_news is None:
        return f"{run.stdout}\n{target.name}: libFuzzer ended without figures"
    # Few runs are hardly more than the seeds: a busy machine had no time.
    if n_news == 0 and n_runs > 10 * n_seeds:
        return f"{run.stdout}\n{target.name}: no input led to new code"
    print("\n".join(run.stdout.strip().split("\n")[-5:]))
    return None


def check_plant(target, corpus, folder):
    """A planted bug is found, and its input repeats it, but not without it."""
    run, inputs = fuzz(target, corpus, folder / "planted", 1000, 10, plant=1)
    if run.returncode == 0 or "broken promise" not in run.stdout:
        return f"{run.stdout}\n{target.name}: the planted bug is not found"
    if len(inputs) != 1:
        return f"{run.stdout}\n{target.name}: no input was left"
    if start(target, inputs[0], plant=1).returncode == 0:
        return f"{target.name}: {inputs[0]} does not repeat the planted bug"
    if start(target, inputs[0]).returncode != 0:
        return f"{target.name}: {inputs[0]} fails without the planted bug"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=300000)
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("target")
    args = parser.parse_args()
    target = Target(args.program.resolve(), args.target)

    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = pathlib.Path(name)
        corpus = folder / "corpus"
        corpus.mkdir()
        make_corpus(target, corpus)
        wrong = check_plant(target, corpus, folder)
        wrong = wrong or check_target(target, corpus, args)
    if wrong:
        print(wrong, file=sys.stderr)
    return wrong is not None


sys.exit(main())
