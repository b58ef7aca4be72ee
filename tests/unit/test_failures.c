/* SPDX-License-Identifier: MIT */
#include "cli/failures.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void add_times(struct adl_failures *failures, int n, const char *cause,
                      const char *place)
{
    for (int i = 0; i < n; i++) {
        adl_failures_add(failures, cause, place, i == 0 ? "first" : "later");
    }
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

static void test_groups_come_most_frequent_first_with_an_example(void **state)
{
    struct adl_failures failures = {0};

    (void)state;
    add_times(&failures, 2, "HTTP 404", "a.test");
    add_times(&failures, 3, "HTTP 404", "b.test");
    add_times(&failures, 2, "HTTP 500", "a.test");
    adl_failures_add(&failures, "out of memory", "", "");

    assert_int_equal(failures.n, 8);
    assert_prints(&failures, "       3  HTTP 404 from b.test, such as first\n"
                             "       2  HTTP 404 from a.test, such as first\n"
                             "       2  HTTP 500 from a.test, such as first\n"
                             "       1  out of memory\n");
    adl_failures_finish(&failures);
}

static void test_only_twenty_groups_are_printed(void **state)
{
    struct adl_failures failures = {0};
    struct adl_buf text = {0};
    size_t n_lines = 0;

    (void)state;
    for (int i = 0; i < 23; i++) {
        char host[16];

        (void)snprintf(host, sizeof(host), "h%d", i);
        adl_failures_add(&failures, "x", host, "");
    }

    assert_int_equal(adl_failures_print(&text, &failures), 0);
    for (const char *p = text.data; *p != '\0'; p++) {
        n_lines += *p == '\n';
    }
    assert_int_equal(n_lines, 21);
    assert_non_null(strstr(text.data, "       3  in 3 more groups\n"));
    adl_buf_finish(&text);
    adl_failures_finish(&failures);
}

static void test_groups_are_bounded_and_every_failure_counts(void **state)
{
    struct adl_failures failures = {0};
    struct adl_buf text = {0};

    (void)state;
    for (int i = 0; i < 2000; i++) {
        char host[16];

        (void)snprintf(host, sizeof(host), "h%d", i);
        adl_failures_add(&failures, "x", host, "");
    }

    assert_int_equal(failures.n_groups, ADL_FAILURES_MAX_GROUPS);
    assert_int_equal(failures.n_others, 2000 - ADL_FAILURES_MAX_GROUPS);
    assert_int_equal(adl_failures_print(&text, &failures), 0);
    assert_non_null(strstr(text.data, "    1980  in more groups\n"));
    adl_buf_finish(&text);
    adl_failures_finish(&failures);
}

static void test_long_names_are_cut(void **state)
{
    struct adl_failures failures = {0};
    struct adl_buf text = {0};
    char *name = malloc(100001);

    (void)state;
    assert_non_null(name);
    (void)snprintf(name, 100001, "%0100000d", 1);
    adl_failures_add(&failures, name, name, name);

    assert_int_equal(adl_failures_print(&text, &failures), 0);
    assert_true(text.len < 1000);
    adl_buf_finish(&text);
    adl_failures_finish(&failures);
    free(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_failures_print_nothing),
        cmocka_unit_test(test_groups_come_most_frequent_first_with_an_example),
        cmocka_unit_test(test_only_twenty_groups_are_printed),
        cmocka_unit_test(test_groups_are_bounded_and_every_failure_counts),
        cmocka_unit_test(test_long_names_are_cut),
    };

    return cmocka_run_group_tests_name("failures", tests, NULL, NULL);
}
