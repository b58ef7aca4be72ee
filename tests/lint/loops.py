#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fail unless functions that stand for work really loop, and multiply in the
loop: an optimizer that knows a formula for them would make all figures a lie.

    loops.py LIBRARY FUNCTION...
"""
import re
import subprocess
import sys

from csource import finish

START = re.compile(r"^[0-9a-f]+ <([\w.]+)>:$")
# Address, and the instruction with its operands.
LINE = re.compile(r"^\s*([0-9a-f]+):\s+(?:[0-9a-f]{2,8} )*\s*(\S+)\s*(.*)$")
TARGET = re.compile(r"\b([0-9a-f]+) <")


def instructions(library, function):
    """Yield (address, name, target or None) of a function."""
    listing = subprocess.run(["objdump", "-d", "--no-show-raw-insn", library],
                             check=True, capture_output=True, text=True).stdout
    is_inside = False
    for line in listing.split("\n"):
        start = START.match(line)
        if start:
            is_inside = start.group(1).split(".")[0] == function
        found = LINE.match(line) if is_inside else None
        if found:
            target = TARGET.search(found.group(3))
            yield (int(found.group(1), 16), found.group(2),
                   int(target.group(1), 16) if target else None)


def check(library, function):
    code = list(instructions(library, function))
    if not code:
        return [f"{library}: has no {function}()"]
    first = code[0][0]
    for at, name, target in code:
        is_call = name.startswith(("call", "bl"))
        if target is None or is_call or not first <= target < at:
            continue
        inside = [other for where, other, _ in code if target <= where <= at]
        if any("mul" in other or "madd" in other for other in inside):
            return []
    return [f"{library}: {function}() does not multiply in a loop"]


def main(library, *names):
    finish("loops", [bad for name in names for bad in check(library, name)])


if __name__ == "__main__":
    main(*sys.argv[1:])
