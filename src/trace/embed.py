#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Print a C file that holds what pages are made of: see page.h.

    embed.py DIAGRAM.CSS PAGE.CSS PAGE.JS
"""
import base64
import hashlib
import pathlib
import sys


def array(name, data):
    yield f"const char {name}[] = {{"
    for i in range(0, len(data), 16):
        yield "    " + " ".join(f"{b}," for b in data[i:i + 16])
    yield "};"
    yield f"const size_t {name}_len = sizeof({name});"


def digest(name, data):
    code = base64.b64encode(hashlib.sha256(data).digest()).decode()
    yield f'const char {name}[] = "sha256-{code}";'


def main(names):
    diagram, page, script = (pathlib.Path(n).read_bytes() for n in names)
    lines = ["/* SPDX-License-Identifier: MIT */", '#include "trace/page.h"']
    lines += array("adl_page_diagram_css", diagram)
    lines += array("adl_page_css", diagram + page)
    lines += digest("adl_page_css_hash", diagram + page)
    lines += array("adl_page_js", script)
    lines += digest("adl_page_js_hash", script)
    if any(b > 127 for b in diagram + page + script):
        sys.exit("embed.py: ASCII only, or char may be too small")
    print("\n".join(lines))


if __name__ == "__main__":
    main(sys.argv[1:])
