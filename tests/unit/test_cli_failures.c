/* SPDX-License-Identifier: MIT */
#include "cli/failures.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/effort.h"
#include "support/suite.h"

static void add_status(struct adl_failures *failures, int status,
                       const char *host, const char *example)
{
    char asked[300];
    const struct adl_failure failure = {
        .err = ASYNCDL_EHTTP,
        .status = status,
        .is_retryable = status >= 500,
        .asked = asked,
        .example = example,
    };

    (void)snprintf(asked, sizeof(asked), "http://%s/x", host);
    adl_failures_add(failures, &failure);
}

static void assert_prints(const struct adl_failures *failures,
                          const char *expected)
{
    struct adl_buf text = {0};

    assert_int_equal(adl_failures_print(&text, failures), 0);
    assert_string_equal(adl_buf_str(&text), expected);
    adl_buf_finish(&text);
}

static void test_no_failures_print_nothing(void **state)
{
    struct adl_failures failures = {0};

    (void)state;
    assert_prints(&failures, "");
}

#define AGAIN "  another run can help (1):\n"
#define MEND  "  to be mended here, then another run can help (1):\n"
#define NEVER "  another run will not help (1):\n"

static void test_each_failure_has_its_cause_and_its_help(void **state)
{
    static const struct {
        struct adl_failure failure;
        const char *text;
    } cases[] = {
        {{ASYNCDL_EHTTP, 404, false, "http://h/p", "U"},
         NEVER "       1  HTTP 404 (not found) from h, such as U\n"},
        {{ASYNCDL_EHTTP, 410, false, "http://h/p", "U"},
         NEVER "       1  HTTP 410 (gone) from h, such as U\n"},
        {{ASYNCDL_EHTTP, 403, false, "http://h/p", "U"},
         NEVER "       1  HTTP 403 (forbidden) from h, such as U\n"},
        {{ASYNCDL_EHTTP, 503, true, "http://h/p", "U"},
         AGAIN "       1  HTTP 503 (server busy) from h, such as U\n"},
        {{ASYNCDL_EHTTP, 999, false, "http://h/p", "U"},
         NEVER "       1  HTTP 999 from h, such as U\n"},
        {{ASYNCDL_ECONNECT, 0, true, "http://u:p@H.Test:81/p", "U"},
         AGAIN "       1  connection refused or host unreachable from h.test, "
               "such as U\n"},
        {{ASYNCDL_ERESOLVE, 0, true, "http://[::1]/", "U"},
         AGAIN "       1  host name not found from [::1], such as U\n"},
        {{ASYNCDL_ECHECKSUM, 200, false, "http://h", "U"},
         NEVER "       1  body differs from its checksum from h, such as U\n"},
        {{ASYNCDL_ETOOBIG, 200, false, "http://h", "U"},
         NEVER "       1  body larger than allowed from h, such as U\n"},
        {{ASYNCDL_EREDIRECT, 302, false, "http://h", "U"},
         NEVER "       1  redirect to a refused target from h, such as U\n"},
        {{ASYNCDL_ECUT, 200, true, "http://h", "U"},
         AGAIN "       1  body ended before its length from h, such as U\n"},
        {{ASYNCDL_ESTALL, 0, true, "http://h", "U"},
         AGAIN "       1  no byte within the stall timeout from h, such as "
               "U\n"},
        {{-ENOSPC, 200, true, "http://h", "U"},
         MEND "       1  no space left on device, such as U\n"},
        {{-ENOMEM, 0, true, "http://h", "U"},
         AGAIN "       1  not enough memory, such as U\n"},
        {{ASYNCDL_ESTALL, 0, true, "\x1b[1m", ""},
         AGAIN "       1  no byte within the stall timeout\n"},
        {{ASYNCDL_ESTALL, 0, true, "http://\x1b[1m/", ""},
         AGAIN "       1  no byte within the stall timeout from ?[1m\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_failures failures = {0};

        adl_failures_add(&failures, &cases[i].failure);
        assert_prints(&failures, cases[i].text);
        adl_failures_finish(&failures);
    }
}

static void test_groups_come_most_frequent_first_with_an_example(void **state)
{
    struct adl_failures failures = {0};

    (void)state;
    add_status(&failures, 404, "a.test", "first");
    add_status(&failures, 404, "b.test", "first");
    add_status(&failures, 500, "a.test", "first");
    add_status(&failures, 404, "B.test", "later");
    adl_failures_add_line(&failures, "list.txt", 7);
    adl_failures_add_line(&failures, "list.txt", 9);
    adl_failures_add_line(&failures, "list.txt", 11);

    assert_int_equal(failures.n, 7);
    assert_prints(&failures,
                  "  another run can help (1):\n"
                  "       1  HTTP 500 (server error) from a.test, such as "
                  "first\n"
                  "  another run will not help (6):\n"
                  "       3  bad line from list.txt, such as line 7\n"
                  "       2  HTTP 404 (not found) from b.test, such as first\n"
                  "       1  HTTP 404 (not found) from a.test, such as "
                  "first\n");
    adl_failures_finish(&failures);
}

static void test_groups_without_a_line_are_told_by_cause(void **state)
{
    struct adl_failures failures = {0};
    struct adl_buf text = {0};

    (void)state;
    for (int i = 0; i < ADL_FAILURES_MAX_LINES + 4; i++) {
        char host[16];

        (void)snprintf(host, sizeof(host), "h%d", i);
        for (int j = 0; j < (i < ADL_FAILURES_MAX_LINES ? 9 : 2); j++) {
            add_status(&failures, i % 2 == 0 ? 404 : 410, host, host);
        }
    }
    add_status(&failures, 410, "last", "last");

    assert_int_equal(adl_failures_print(&text, &failures), 0);
    assert_non_null(strstr(text.data,
                           "       5  HTTP 410 (gone) from 3 others, such as "
                           "h15\n"
                           "       4  HTTP 404 (not found) from 2 others, such "
                           "as h14\n"));
    adl_buf_finish(&text);
    adl_failures_finish(&failures);
}

/* What all lines of what was printed add up to. */
static uint64_t add_up(const char *text)
{
    uint64_t n = 0;

    for (const char *p = text; *p != '\0'; p += strcspn(p, "\n") + 1) {
        n += strtoull(p, NULL, 10); /* 0 for a title */
    }
    return n;
}

static size_t count_lines(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++) {
        n += *text == '\n';
    }
    return n;
}

/* A host with every hundredth failure among hosts that come back late. */
static void test_what_is_frequent_stays_among_very_many(void **state)
{
    struct adl_failures failures = {0};
    struct adl_buf text = {0};
    const int n = (int)effort(200000, 20000);
    char line[128];

    (void)state;
    for (int i = 0; i < n; i++) {
        char host[16];

        (void)snprintf(host, sizeof(host), "h%d", i % (n / 4));
        add_status(&failures, 404, i % 100 == 0 ? "often" : host, "u");
        assert_true(failures.n_groups <= ADL_FAILURES_MAX_GROUPS);
    }

    assert_int_equal(failures.n, n);
    assert_int_equal(adl_failures_print(&text, &failures), 0);
    (void)snprintf(line, sizeof(line),
                   "  another run will not help (%d):\n"
                   "%8d  HTTP 404 (not found) from often, such as u\n",
                   n, n / 100);
    assert_non_null(strstr(text.data, line));
    assert_non_null(strstr(text.data, "+ HTTP 404 (not found) from h"));
    assert_non_null(strstr(text.data, "  HTTP 404 (not found) from others, "
                                      "such as u\n"));
    assert_int_equal(add_up(text.data), n);
    adl_buf_finish(&text);
    adl_failures_finish(&failures);
}

static void test_causes_are_bounded_too(void **state)
{
    struct adl_failures failures = {0};
    struct adl_buf text = {0};
    const int n = (int)effort(100000, 20000);

    (void)state;
    for (int i = 0; i < n; i++) {
        char host[16];

        (void)snprintf(host, sizeof(host), "h%d", i % 3000);
        add_status(&failures, 200 + i % 799, host, "u");
        assert_true(failures.n_rests <=
                    ADL_FAILURES_MAX_CAUSES + ADL_FAILURES_N_HELPS);
    }

    assert_int_equal(adl_failures_print(&text, &failures), 0);
    assert_true(count_lines(text.data) < 50);
    assert_int_equal(add_up(text.data), n);
    adl_buf_finish(&text);
    adl_failures_finish(&failures);
}

static void test_long_names_are_cut(void **state)
{
    struct adl_failures failures = {0};
    struct adl_buf text = {0};
    struct adl_buf name = {0};

    (void)state;
    assert_int_equal(adl_buf_addf(&name, "http://h%0100000d/", 1), 0);
    const struct adl_failure failure = {
        .err = ASYNCDL_ECUT,
        .asked = name.data,
        .example = name.data,
    };
    adl_failures_add(&failures, &failure);
    adl_failures_add_line(&failures, name.data, 1);

    assert_int_equal(adl_failures_print(&text, &failures), 0);
    assert_true(text.len < 1000);
    adl_buf_finish(&name);
    adl_buf_finish(&text);
    adl_failures_finish(&failures);
}

TEST_SUITE(cli_failures)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_failures_print_nothing),
        cmocka_unit_test(test_each_failure_has_its_cause_and_its_help),
        cmocka_unit_test(test_groups_come_most_frequent_first_with_an_example),
        cmocka_unit_test(test_groups_without_a_line_are_told_by_cause),
        cmocka_unit_test(test_what_is_frequent_stays_among_very_many),
        cmocka_unit_test(test_causes_are_bounded_too),
        cmocka_unit_test(test_long_names_are_cut),
    };

    return cmocka_run_group_tests_name("failures", tests, NULL, NULL);
}
