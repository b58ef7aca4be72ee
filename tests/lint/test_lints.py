#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each lint finds what it is there to find, and is silent on a clean tree."""
import contextlib
import io
import pathlib
import runpy
import subprocess
import sys
import tempfile
import textwrap
import unittest
import unittest.mock

HERE = pathlib.Path(__file__).resolve().parent
SPDX = "/* SPDX-License-Identifier: MIT */\n"
HEADER = SPDX + """/** @file What it is. */
#ifndef ASYNCDL_THING_H
#define ASYNCDL_THING_H
/** A thing. */
struct asyncdl_thing;
#endif
"""


def function(n_lines):
    """A definition of exactly so many lines."""
    return "int f(void)\n{\n" + "    g();\n" * (n_lines - 3) + "}\n"


class LintCase(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.write("src/util/a.c", SPDX + '#include "util/a.h"\n')

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")

    def run_lint(self, lint, *args):
        argv = [lint, *map(str, args or [self.root])]
        out, err = io.StringIO(), io.StringIO()
        with (unittest.mock.patch.object(sys, "argv", argv),
              contextlib.redirect_stdout(out), contextlib.redirect_stderr(err),
              self.assertRaises(SystemExit) as end):
            runpy.run_path(str(HERE / lint), run_name="__main__")
        self.assertEqual(err.getvalue(), "")
        return end.exception.code or 0, out.getvalue()

    def assert_clean(self, lint):
        self.assertEqual(self.run_lint(lint),
                         (0, lint.replace(".py", ": ok\n")))

    def assert_found(self, lint, *said):
        status, out = self.run_lint(lint)
        self.assertEqual(status, 1)
        for text in said:
            self.assertIn(text, out)


class Layers(LintCase):
    def test_downward_includes_are_fine(self):
        self.write("src/fetch/b.c", '#include "fetch/b.h"\n'
                   '#include "util/a.h"\n#include "asyncdl/client.h"\n')
        self.assert_clean("layers.py")

    def test_upward_include_is_found(self):
        self.write("src/store/b.c", '#include "fetch/b.h"\n')
        self.assert_found("layers.py", "store may not include fetch")

    def test_folder_that_is_no_layer_is_found(self):
        self.write("src/stuff/b.c", "int x;\n")
        self.assert_found("layers.py", "src/stuff is no layer")

    def test_curl_outside_its_modules_is_found(self):
        self.write("src/fetch/host.c", "#include <curl/curl.h>\n")
        self.assert_found("layers.py", "host.c: only fetch/multi")

    def test_curl_in_its_modules_is_fine(self):
        for name in ("multi.c", "multi.h", "attempt_http.c", "url.c"):
            self.write("src/fetch/" + name, "#include <curl/curl.h>\n")
        self.assert_clean("layers.py")

    def test_uv_in_a_public_header_is_found(self):
        self.write("include/asyncdl/b.h", "#include <uv.h>\n")
        self.assert_found("layers.py", "may not include <uv.h>")

    def test_cycle_over_three_modules_is_found(self):
        self.write("src/util/b.h", '#include "util/c.h"\n')
        self.write("src/util/c.c", '#include "util/d.h"\n')
        self.write("src/util/d.h", '#include "util/b.h"\n')
        self.assert_found("layers.py",
                          "cycle: util/b -> util/c -> util/d -> util/b")

    def test_cycle_behind_another_module_is_found(self):
        self.write("src/util/a.c", '#include "util/b.h"\n')
        self.write("src/util/b.c", '#include "util/c.h"\n')
        self.write("src/util/c.c", '#include "util/b.h"\n')
        self.assert_found("layers.py", "cycle: util/b -> util/c -> util/b")


class Words(LintCase):
    def test_forbidden_call_is_found_with_its_line(self):
        self.write("src/cli/b.c", SPDX + "\nint f(void)\n{\n"
                   "    return atoi (s);\n}\n")
        self.assert_found("words.py", "b.c:5: atoi() is forbidden")

    def test_comments_strings_and_members_are_no_calls(self):
        self.write("src/cli/b.c", SPDX + '/* strcpy(a, b)\n strcat(a) */\n'
                   'const char *s = "sprintf(\\"x\\")"; // gets(s)\n'
                   "int i = p->rand(q) + my_sleep(1) + ops.system(s);\n")
        self.assert_clean("words.py")

    def test_call_after_a_comment_in_a_string_is_found(self):
        self.write("src/cli/b.c", SPDX + 'f("/*"); popen(c, "r"); g("*/");\n')
        self.assert_found("words.py", "b.c:2: popen() is forbidden")

    def test_library_that_prints_is_found(self):
        self.write("src/fetch/b.c", SPDX + 'void f(void) { printf("x"); }\n')
        self.assert_found("words.py", "the library may not call printf()")

    def test_program_that_prints_is_fine(self):
        self.write("src/cli/b.c", SPDX + 'void f(void) { printf("x"); }\n')
        self.assert_clean("words.py")

    def test_only_future_wait_runs_the_loop(self):
        self.write("src/task/future.c", SPDX + "void f(void) { uv_run(l); }\n")
        self.assert_clean("words.py")
        self.write("src/fetch/b.c", SPDX + "void f(void) { uv_run(l); }\n")
        self.assert_found("words.py", "the library may not call uv_run()")

    def test_missing_licence_line_is_found(self):
        self.write("src/util/b.c", "int x;\n")
        self.assert_found("words.py", "b.c:1: must begin with")

    def test_wrong_guard_is_found(self):
        self.write("src/util/b.h", SPDX + "#ifndef B_H\n#define B_H\n#endif\n")
        self.assert_found("words.py", "must be ADL_UTIL_B_H")

    def test_vague_name_is_found(self):
        self.write("src/cli/utils.c", SPDX)
        self.assert_found("words.py", "named after nothing")


class Sizes(LintCase):
    def test_largest_function_and_file_are_fine(self):
        self.write("src/util/b.c", function(60) + "\n" * 440)
        self.assert_clean("sizes.py")

    def test_function_of_61_lines_is_found(self):
        self.write("src/util/b.c", "int x;\n\n" + function(61))
        self.assert_found("sizes.py", "b.c:3: f() has 61 lines")

    def test_rows_of_a_table_do_not_count(self):
        table = ("    static const struct {\n        int a;\n"
                 "    } cases[] = {\n" + "        {1},\n" * 90 + "    };\n")
        text = "int f(void)\n{\n" + table
        self.write("src/util/b.c", text + "    g();\n" * 55 + "}\n")
        self.assert_clean("sizes.py")
        self.write("src/util/b.c", text + "    g();\n" * 56 + "}\n")
        self.assert_found("sizes.py", "b.c:1: f() has 61 lines")

    def test_file_of_501_lines_is_found(self):
        self.write("src/util/b.c", "\n" * 501)
        self.assert_found("sizes.py", "501 lines")

    def test_unit_test_may_have_1000_lines(self):
        self.write("tests/unit/test_b.c", "\n" * 1000)
        self.assert_clean("sizes.py")
        self.write("tests/unit/test_b.c", "\n" * 1001)
        self.assert_found("sizes.py", "1001 lines")


class Docs(LintCase):
    def test_commented_header_is_fine(self):
        self.write("include/asyncdl/thing.h", HEADER)
        self.assert_clean("docs.py")

    def test_function_without_comment_is_found(self):
        self.write("include/asyncdl/thing.h",
                   HEADER + "ASYNCDL_API int asyncdl_thing_get(void);\n")
        self.assert_found("docs.py", "no comment above: ASYNCDL_API int")

    def test_header_without_opening_is_found(self):
        self.write("include/asyncdl/thing.h", HEADER.replace("@file", ""))
        self.assert_found("docs.py", "no @file paragraph")

    def test_unit_test_without_module_is_found(self):
        self.write("tests/unit/test_a.c", "")
        self.assert_clean("docs.py")
        self.write("tests/unit/test_b.c", "")
        self.assert_found("docs.py", "test_b.c: tests no module")

    def test_name_that_no_header_has_is_found(self):
        self.write("include/asyncdl/thing.h", HEADER)
        self.write("docs/a.md", "`asyncdl_thing`\n")
        self.assert_clean("docs.py")
        self.write("docs/a.md", "`asyncdl_thing` and `asyncdl_think()`\n")
        self.assert_found("docs.py", "a.md: there is no asyncdl_think")

    def test_options_that_differ_from_the_readme_are_found(self):
        self.write("src/cli/opttable.c", """\
            {.name = "dir",
             .letter = 'd',
             .kind = X},
            {.name = "strict",
             .kind = X},
        """)
        self.write("README.md", "| options at a glance | |\n|---|---|\n"
                   "| lists | `-d, --dir` `--strict` |\n\n`--other`\n")
        self.assert_clean("docs.py")
        self.write("README.md", "| options at a glance | |\n|---|---|\n"
                   "| lists | `-e, --dir` `--lax` |\n\n`--strict`\n")
        self.assert_found("docs.py", "lacks --strict", "there is no --lax",
                          "--dir has another letter")


class Loops(LintCase):
    def check(self, body):
        self.write("a.c", "unsigned long f(unsigned long n)\n{\n" + body + "}\n")
        c, o = (str(self.root / name) for name in ("a.c", "a.o"))
        subprocess.run(["cc", "-O2", "-c", c, "-o", o], check=True)
        return self.run_lint("loops.py", o, "f")

    def test_loop_that_multiplies_is_fine(self):
        self.assertEqual(self.check("    unsigned long s = 1;\n"
                                    "    while (n > 1) s = s * n-- + 1;\n"
                                    "    return s;\n"), (0, "loops: ok\n"))

    def test_formula_is_found(self):
        status, out = self.check("    return n * (n - 1) / 2;\n")
        self.assertEqual(status, 1)
        self.assertIn("f() does not multiply in a loop", out)

    def test_missing_function_is_found(self):
        self.check("    return n;\n")
        status, out = self.run_lint("loops.py", str(self.root / "a.o"), "g")
        self.assertEqual(status, 1)
        self.assertIn("has no g()", out)


class Symbols(LintCase):
    def build(self, source):
        source = "#define API __attribute__((visibility(\"default\")))\n" + source
        self.write("a.c", source)
        a, o, so = (str(self.root / name) for name in ("a.c", "a.o", "a.so"))
        subprocess.run(["cc", "-fPIC", "-fvisibility=hidden", "-c", a, "-o", o],
                       check=True)
        subprocess.run(["cc", "-shared", o, "-o", so], check=True)
        return self.run_lint("symbols.py", so, o)

    def test_public_function_and_constant_table_are_fine(self):
        status, out = self.build(
            "API int asyncdl_f(void) { return 1; }\n"
            "int hidden(void) { return 1; }\n"
            "static const char *const names[] = {\"a\", \"b\"};\n"
            "API const char *asyncdl_name(int i) { return names[i]; }\n")
        self.assertEqual((status, out), (0, "symbols: ok\n"))

    def test_other_export_is_found(self):
        status, out = self.build("API int asyncdl_f(void) { return 1; }\n"
                                 "API int adl_f(void) { return 1; }\n")
        self.assertEqual(status, 1)
        self.assertIn("exports adl_f", out)

    def test_library_without_exports_is_found(self):
        status, out = self.build("int f(void) { return 1; }\n")
        self.assertEqual(status, 1)
        self.assertIn("exports nothing", out)

    def test_variables_are_found(self):
        status, out = self.build(
            "static int counter; static int start = 3;\n"
            "API int asyncdl_f(void) { return counter++ + start++; }\n")
        self.assertEqual(status, 1)
        self.assertIn("keeps a variable, counter", out)
        self.assertIn("keeps a variable, start", out)


if __name__ == "__main__":
    unittest.main()
