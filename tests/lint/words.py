#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fail on functions that nobody may call, on what a library must not do, and
on files that are named after nothing.

    words.py ROOT
"""
import pathlib
import re
import sys

from csource import c_files, finish, without_words

FORBIDDEN = {
    "strcpy", "strcat", "sprintf", "vsprintf", "strtok", "atoi", "atol",
    "atoll", "gets", "system", "popen", "sleep", "usleep", "rand",
    "srand", "localtime", "gmtime", "alloca",
}
# A library that is a guest in a program leaves these to the program.
NOT_IN_THE_LIBRARY = {
    "exit", "abort", "printf", "vprintf", "fprintf", "puts", "putchar",
    "fputs", "perror", "getenv", "setenv", "signal", "sigaction",
    "uv_run",
}
MAY_RUN_THE_LOOP = re.compile(r"task/future\.c$")  # asyncdl_future_wait()
PROGRAMS = ("src/cli/", "src/site/")
VAGUE_NAMES = {"common", "utils", "util", "internal", "defs", "misc", "helpers"}
CALL = re.compile(r"(?<![\w.>])([A-Za-z_]\w*)\s*\(")
SPDX = "/* SPDX-License-Identifier: MIT */"


def calls(text):
    """Yield (line number, name) of everything that looks like a call."""
    for number, line in enumerate(without_words(text).split("\n"), 1):
        for name in CALL.findall(line):
            yield number, name


def check_calls(path, name, text):
    in_library = name.startswith("src/") and not name.startswith(PROGRAMS)
    for number, called in calls(text):
        if called in FORBIDDEN:
            yield f"{path}:{number}: {called}() is forbidden"
        if not in_library or called not in NOT_IN_THE_LIBRARY:
            continue
        if called != "uv_run" or not MAY_RUN_THE_LOOP.search(name):
            yield f"{path}:{number}: the library may not call {called}()"


def guard_of(name):
    """src/fetch/retry.h: ADL_FETCH_RETRY_H."""
    parts = re.split(r"[/.]", name)
    if parts[0] == "include":
        parts = parts[1:]
    elif parts[0] == "src":
        parts = ["adl"] + parts[1:]
    else:
        parts = parts[1:]
    return "_".join(parts).upper()


def check_form(path, name, text):
    if not text.startswith(SPDX):
        yield f"{path}:1: must begin with {SPDX}"
    if path.stem in VAGUE_NAMES:
        yield f"{path}: named after nothing it does"
    if path.suffix == ".h" and f"#ifndef {guard_of(name)}\n" not in text:
        yield f"{path}: include guard must be {guard_of(name)}"


def main(root):
    bad = []
    folders = ("include", "src", "tests", "examples", "bench")
    for path in c_files(*(root / folder for folder in folders)):
        name = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8")
        bad += check_calls(path, name, text)
        bad += check_form(path, name, text)
    finish("words", bad)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
