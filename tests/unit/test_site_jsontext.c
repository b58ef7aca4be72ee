/* SPDX-License-Identifier: MIT */
#include "site/jsontext.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/suite.h"

static void assert_text(const char *bytes, size_t len, const char *expected)
{
    json_t *json = adl_jsontext_create(bytes, len);

    assert_string_equal(json_string_value(json), expected);
    json_decref(json);
}

static void test_utf8_stays_as_it_is(void **state)
{
    (void)state;
    assert_text("", 0, "");
    assert_text("/a?b", 4, "/a?b");
    assert_text("\xc3\xa9", 2, "\xc3\xa9");
}

static void test_other_bytes_are_read_as_latin1(void **state)
{
    (void)state;
    assert_text("a\xff", 2, "a\xc3\xbf");
    assert_text("\xe9t\xe9", 3, "\xc3\xa9t\xc3\xa9");
}

TEST_SUITE(site_jsontext)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8_stays_as_it_is),
        cmocka_unit_test(test_other_bytes_are_read_as_latin1),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
