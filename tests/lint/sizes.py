#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fail on functions of more than 60 lines and files of more than 500; a unit
test's, which is one for each module, may have 1000.

    sizes.py ROOT
"""
import pathlib
import sys

from csource import c_files, finish, functions

MAX_FUNCTION = 60
MAX_FILE = 500
MAX_UNIT_TEST = 1000


def main(root):
    bad = []
    folders = ("include", "src", "tests", "examples", "bench")
    for path in c_files(*(root / folder for folder in folders)):
        text = path.read_text(encoding="utf-8")
        n_lines = text.count("\n")
        is_unit_test = path.match("tests/unit/*.c")
        limit = MAX_UNIT_TEST if is_unit_test else MAX_FILE
        if n_lines > limit:
            bad.append(f"{path}: {n_lines} lines, more than {limit}")
        for name, first, size in functions(text):
            if size > MAX_FUNCTION:
                bad.append(f"{path}:{first}: {name}() has {size} lines, "
                           f"more than {MAX_FUNCTION}")
    finish("sizes", bad)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
