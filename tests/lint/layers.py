#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fail when a file includes a higher layer or a library that is not its
business, or when modules form a cycle.

    layers.py ROOT
"""
import pathlib
import re
import sys

from csource import c_files, finish

MAY_USE = {  # folder under src -> folders it may include besides itself
    "util": set(),
    "trace": {"util"},
    "task": {"util"},
    "store": {"util"},
    "pool": {"task", "util"},
    "fetch": {"store", "task", "util"},
    "site": {"util"},
    "cli": {"util"},  # and the public headers, like any other program
}
MAY_USE_CURL = re.compile(r"fetch/(multi|attempt\w*|url)\.[ch]$|version\.c$")
OURS = re.compile(r'^\s*#\s*include\s*"([a-z]+)/([a-z_]+)\.h"', re.M)
SYSTEM = re.compile(r"^\s*#\s*include\s*<([^>]+)>", re.M)
QUOTED_CURL = re.compile(r'^\s*#\s*include\s*"curl/', re.M)


def check_upwards(path, here, there):
    if there == "asyncdl" or there == here:
        return []
    if there not in MAY_USE:
        return [f"{path}: includes from src/{there}, which is no layer"]
    if there not in MAY_USE[here]:
        return [f"{path}: {here} may not include {there}"]
    return []


def check_libraries(path, name, text):
    has_curl = QUOTED_CURL.search(text) or any(
        header.startswith("curl/") for header in SYSTEM.findall(text))
    if has_curl and not MAY_USE_CURL.match(name):
        return [f"{path}: only fetch/multi, fetch/attempt, fetch/url and "
                "version include curl"]
    return []


def check_public(root):
    """Public headers name loops and leave uv.h and curl to their users."""
    for path in c_files(root / "include"):
        for header in SYSTEM.findall(path.read_text(encoding="utf-8")):
            if re.match(r"uv|curl", header):
                yield f"{path}: a public header may not include <{header}>"


def find_cycle(uses):
    """A path from a module to itself, or None. A module is its .c and .h."""
    done = set()

    def visit(module, trail):
        if module in trail:
            return trail[trail.index(module):] + (module,)
        if module in done:
            return None
        for there in sorted(uses.get(module, ())):
            cycle = visit(there, trail + (module,))
            if cycle:
                return cycle
        done.add(module)
        return None

    return next(filter(None, (visit(m, ()) for m in sorted(uses))), None)


def main(root):
    src = root / "src"
    uses, bad = {}, list(check_public(root))
    for path in c_files(src):
        name = path.relative_to(src).as_posix()
        text = path.read_text(encoding="utf-8")
        bad += check_libraries(path, name, text)
        if "/" not in name:
            continue  # src/*.c is public API that needs no layer
        here = name.split("/")[0]
        if here not in MAY_USE:
            bad.append(f"{path}: src/{here} is no layer")
            continue
        module = (here, path.stem)
        for there in OURS.findall(text):
            bad += check_upwards(path, here, there[0])
            if there != module and there[0] != "asyncdl":
                uses.setdefault(module, set()).add(there)
    cycle = find_cycle(uses)
    if cycle:
        bad.append("cycle: " + " -> ".join("/".join(m) for m in cycle))
    finish("layers", bad)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
