#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fail on anything in a public header that has no comment of its own, and on
unit tests without a module.

    docs.py ROOT
"""
import pathlib
import re
import sys

from csource import c_files, finish

NEEDS_DOC = re.compile(r"(ASYNCDL_API|typedef|(struct|enum) asyncdl_\w+( \{|;))")
FORWARD = re.compile(r"struct \w+;")


def check_header(path):
    text = path.read_text(encoding="utf-8")
    if "@file" not in text:
        yield f"{path}: no @file paragraph"
    lines = text.split("\n")
    for i, line in enumerate(lines):
        if not NEEDS_DOC.match(line) or lines[i - 1].endswith("*/"):
            continue
        # Naming another header's struct tells nothing that needs a comment.
        if FORWARD.match(line) and FORWARD.match(lines[i - 1]):
            continue
        yield f"{path}:{i + 1}: no comment above: {line.strip()}"


def check_unit_tests(root):
    sources = list((root / "src").rglob("*.c"))
    modules = {path.stem for path in sources}
    # Modules of the programs carry their folder's name: cli/url, site/stats.
    modules |= {f"{path.parent.name}_{path.stem}" for path in sources}
    for path in (root / "tests/unit").glob("test_*.c"):
        name = path.stem[len("test_"):]
        if name not in modules and name.rpartition("_")[0] not in modules:
            yield f"{path}: tests no module of src"


def main(root):
    bad = list(check_unit_tests(root))
    for path in c_files(root / "include"):
        if path.name != "export.h":
            bad += check_header(path)
    finish("docs", bad)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
