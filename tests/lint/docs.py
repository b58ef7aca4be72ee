#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fail on anything in a public header that has no comment of its own, on names
in docs/ that no header has, on unit tests without a module, and when the
README's table of options is not that of the program.

    docs.py ROOT
"""
import pathlib
import re
import sys

from csource import c_files, finish

NEEDS_DOC = re.compile(r"(ASYNCDL_API|typedef|(struct|enum) asyncdl_\w+( \{|;))")
PUBLIC_NAME = re.compile(r"\b(?:asyncdl|ASYNCDL)_\w+")
FORWARD = re.compile(r"struct \w+;")
OPTION_TABLE = re.compile(r"^\| options at a glance .*?\n\n", re.M | re.S)
SHOWN_OPTION = re.compile(r"`(?:-(\w), )?--([\w.-]+)")
BUILT_OPTION = re.compile(
    r'\{\.name = "([\w.-]+)",\s*(?:\.letter = \'(\w)\')?')


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
    sources = [path for folder in ("src", "examples")
               for path in (root / folder).rglob("*.c")]
    modules = {path.stem for path in sources}
    # Modules of the programs carry their folder's name: cli/url, site/stats.
    modules |= {f"{path.parent.name}_{path.stem}" for path in sources}
    for path in (root / "tests/unit").glob("test_*.c"):
        name = path.stem[len("test_"):]
        if name not in modules and name.rpartition("_")[0] not in modules:
            yield f"{path}: tests no module"


def check_names(root):
    headers = "\n".join(path.read_text(encoding="utf-8")
                        for path in c_files(root / "include"))
    known = set(PUBLIC_NAME.findall(headers))
    for path in sorted((root / "docs").glob("*.md")):
        names = set(PUBLIC_NAME.findall(path.read_text(encoding="utf-8")))
        for name in sorted(names - known):
            yield f"{path}: there is no {name}"


def check_options(root):
    readme, table = root / "README.md", root / "src/cli/opttable.c"
    if not table.exists():
        return
    shown = OPTION_TABLE.search(readme.read_text(encoding="utf-8"))
    shown = {name: letter for letter, name in
             SHOWN_OPTION.findall(shown.group() if shown else "")}
    built = dict(BUILT_OPTION.findall(table.read_text(encoding="utf-8")))
    for name in sorted(built.keys() - shown.keys()):
        yield f"{readme}: lacks --{name}"
    for name in sorted(shown.keys() - built.keys()):
        yield f"{readme}: there is no --{name}"
    for name in sorted(built.keys() & shown.keys()):
        if built[name] != shown[name]:
            yield f"{readme}: --{name} has another letter"


def main(root):
    bad = list(check_unit_tests(root)) + list(check_options(root))
    bad += check_names(root)
    for path in c_files(root / "include"):
        if path.name != "export.h":
            bad += check_header(path)
    finish("docs", bad)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
