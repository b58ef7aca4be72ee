#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Print the one program in C that a Markdown file shows.

    readme_code.py FILE
"""
import pathlib
import re
import sys

found = re.findall(r"^```c\n(.*?)^```$",
                   pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"),
                   re.M | re.S)
if len(found) != 1:
    sys.exit(f"{sys.argv[1]}: {len(found)} programs in C, not 1")
print(found[0], end="")
