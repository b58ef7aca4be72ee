/* SPDX-License-Identifier: MIT */
#include "cli/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"
#include "util/buf.h"

/* Writes what was read as "LINE name[=value];". */
static int on_item(const struct adl_config_item *item, void *data)
{
    int err = adl_buf_addf(data, "%u %s%s%s;", (unsigned)item->line, item->name,
                           item->value != NULL ? "=" : "",
                           item->value != NULL ? item->value : "");

    return strcmp(item->name, "stop") == 0 ? -ECANCELED : err;
}

static void test_lines_are_read_as_curl_does(void **state)
{
    static const struct {
        const char *text;
        const char *items;
        int err;
        uint64_t line;
    } cases[] = {
        {"", "", 0, 0},
        {"# only this\n\n  # and this\n", "", 0, 0},
        {"--jobs 8\n", "1 --jobs=8;", 0, 0},
        {"--jobs=8", "1 --jobs=8;", 0, 0},
        {"jobs = 8\n", "1 jobs=8;", 0, 0},
        {"jobs=8\n", "1 jobs=8;", 0, 0},
        {"jobs: 8\n", "1 jobs=8;", 0, 0},
        {"jobs 8\n", "1 jobs=8;", 0, 0},
        {"-j 8\r\n", "1 -j=8;", 0, 0},
        {"\tcompressed  \n", "1 compressed;", 0, 0},
        {"compressed # please\n", "1 compressed;", 0, 0},
        {"dir = \"a b\"", "1 dir=a b;", 0, 0},
        {"dir = \"\"", "1 dir=;", 0, 0},
        {"dir =", "1 dir=;", 0, 0},
        {"header: \"X: \\\"a\\\\\\t\\n\\z\" # c", "1 header=X: \"a\\\t\nz;", 0,
         0},
        {"proxy=http://h:1/?a=b", "1 proxy=http://h:1/?a=b;", 0, 0},
        {"a\n\n#\nb 1\n", "1 a;4 b=1;", 0, 0},
        {"a\ndir = \"open\n", "1 a;", -EINVAL, 2},
        {"dir = \"a\" b", "", -EINVAL, 1},
        {"dir = a b", "", -EINVAL, 1},
        {"a\nstop\nb", "1 a;2 stop;", -ECANCELED, 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_buf items = {0};
        char *text = strdup(cases[i].text);
        uint64_t line = 0;

        assert_non_null(text);
        int err = adl_config_read(&line, text, on_item, &items);
        if (err != cases[i].err || line != cases[i].line ||
            strcmp(adl_buf_str(&items), cases[i].items) != 0) {
            fail_msg("%s: %d in line %u: %s", cases[i].text, err,
                     (unsigned)line, adl_buf_str(&items));
        }
        free(text);
        adl_buf_finish(&items);
    }
}

TEST_SUITE(cli_config)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_are_read_as_curl_does),
    };

    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
