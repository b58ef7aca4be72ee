#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fail on functions of more than 60 lines and files of more than 500.

    sizes.py ROOT
"""
import pathlib
import sys

from csource import c_files, finish, functions

MAX_FUNCTION = 60
MAX_FILE = 500


def main(root):
    bad = []
    folders = ("include", "src", "tests", "examples", "bench")
    for path in c_files(*(root / folder for folder in folders)):
        text = path.read_text(encoding="utf-8")
        n_lines = text.count("\n")
        if n_lines > MAX_FILE:
            bad.append(f"{path}: {n_lines} lines, more than {MAX_FILE}")
        for name, first, last in functions(text):
            size = last - first + 1
            if size > MAX_FUNCTION:
                bad.append(f"{path}:{first}: {name}() has {size} lines, "
                           f"more than {MAX_FUNCTION}")
    finish("sizes", bad)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
