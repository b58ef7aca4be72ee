/* SPDX-License-Identifier: MIT */
#include "cli/help.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/options.h"
#include "support/suite.h"

static struct adl_buf get_help(void)
{
    struct adl_buf text = {0};

    assert_int_equal(adl_help_add(&text), 0);
    return text;
}

static void test_every_option_is_explained(void **state)
{
    struct adl_buf text = get_help();

    (void)state;
    for (const struct adl_option *o = adl_option_table; o->name != NULL; o++) {
        struct adl_buf name = {0};

        assert_int_equal(adl_buf_addf(&name, "--%s ", o->name), 0);
        if (strstr(text.data, name.data) == NULL) {
            fail_msg("%s is not in the help", name.data);
        }
        adl_buf_finish(&name);
    }
    adl_buf_finish(&text);
}

static void test_lines_fit_80_columns(void **state)
{
    struct adl_buf text = get_help();

    (void)state;
    for (const char *p = text.data; *p != '\0';) {
        size_t n = strcspn(p, "\n");

        if (n > 80 || (n > 0 && p[n - 1] == ' ')) {
            fail_msg("%.*s", (int)n, p);
        }
        p += n + 1;
    }
    adl_buf_finish(&text);
}

TEST_SUITE(cli_help)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_option_is_explained),
        cmocka_unit_test(test_lines_fit_80_columns),
    };

    return cmocka_run_group_tests_name("help", tests, NULL, NULL);
}
