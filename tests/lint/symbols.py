#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fail when the shared library exports what is not public, or when the library
keeps variables that any client of the process could share.

    symbols.py LIBRARY.so LIBRARY.a...
"""
import re
import subprocess
import sys

from csource import finish

# Address, seven flags, section, size, name: one line of objdump -t or -T.
SYMBOL = re.compile(r"^[0-9a-f]+ (.{7}) (\S+)\s+([0-9a-f]+)\s+(.*)$")
# About the process, and not about anything in it: asyncdl_main_hook().
ALLOWED_VARIABLES = {"adl_hook_called"}
VARIABLE = re.compile(r"\.t?(data|bss)(\.(?!rel\.ro)|$)|\*COM\*")


def symbols(option, library):
    """Yield (flags, section, size, name) of a library's symbols."""
    listing = subprocess.run(["objdump", option, library], check=True,
                             capture_output=True, text=True).stdout
    for line in listing.split("\n"):
        match = SYMBOL.match(line)
        if match:
            flags, section, size, name = match.groups()
            yield flags, section, int(size, 16), name.split()[-1]


def check_exports(library):
    exported = {name for flags, section, _, name in symbols("-T", library)
                if flags[0] in "gu" or flags[1] == "w"
                if section != "*UND*"}
    for name in sorted(exported):
        if not name.startswith("asyncdl_"):
            yield f"{library}: exports {name}"
    if not exported:
        yield f"{library}: exports nothing"


def check_variables(library):
    for flags, section, size, name in symbols("-t", library):
        if name in ALLOWED_VARIABLES:
            continue
        if flags[6] == "O" and size and VARIABLE.match(section):
            yield f"{library}: keeps a variable, {name}"


def main(shared, *archives):
    bad = list(check_exports(shared))
    for archive in archives:
        bad += check_variables(archive)
    finish("symbols", bad)


if __name__ == "__main__":
    main(*sys.argv[1:])
