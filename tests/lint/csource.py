# SPDX-License-Identifier: MIT
"""Just enough C for the lints: words without comments and strings, and where
functions begin and end in a file that clang-format has laid out."""
import pathlib
import re
import sys

_SKIPPED = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
_NAME = re.compile(r"([A-Za-z_]\w*)\s*\(")


def c_files(*folders):
    """All .c and .h files below the folders, sorted."""
    return sorted(path for folder in folders
                  for path in pathlib.Path(folder).rglob("*.[ch]"))


def without_words(text):
    """The text with comments and strings emptied; lines keep their numbers."""
    def blank(match):
        lines = "\n" * match.group().count("\n")
        return lines if match.group()[0] == "/" else '""' + lines
    return _SKIPPED.sub(blank, text)


def functions(text):
    """Yield (name, first line, number of lines) of each function's definition.

    Only a function's braces stand alone at the left margin: clang-format puts
    those of everything else on the line they belong to. The rows of a constant
    table are data and do not count.
    """
    lines = without_words(text).split("\n")
    opened = None
    for i, line in enumerate(lines):
        if line == "{":
            opened = _signature_start(lines, i)
        elif line == "}" and opened is not None:
            name = _NAME.search(" ".join(lines[opened:i]))
            size = i + 1 - opened - _table_rows(lines[opened:i])
            yield name.group(1) if name else "?", opened + 1, size
            opened = None


def _signature_start(lines, brace):
    start = brace
    while start > 0 and re.match(r"\s*[\w*]", lines[start - 1]):
        start -= 1
    return start


def _table_rows(lines):
    rows, end = 0, None
    for line in lines:
        if end is None:
            table = re.match(r"(\s+)static const\b.*{$", line)
            end = table.group(1) + "};" if table else None
        elif line == end:
            end = None
        else:
            rows += 1
    return rows


def finish(name, bad):
    """Print what was found and exit: the end of every lint."""
    print("\n".join(bad) or f"{name}: ok")
    sys.exit(bool(bad))
