/* SPDX-License-Identifier: MIT */
#include "util/percent.h"

#include <string.h>

#include "support/loop.h"
#include "support/suite.h"

static void test_bytes_are_decoded_once(void **state)
{
    static const struct {
        const char *encoded;
        const char *plain;
        bool is_valid;
    } cases[] = {
        {"", "", true},
        {"abc", "abc", true},
        {"a%20b%2Fc%2f", "a b/c/", true},
        {"%252f", "%2f", true},
        {"%C3%a9", "\xc3\xa9", true},
        {"100%", "100%", false},
        {"%4", "%4", false},
        {"%zz%41", "%zzA", false},
        {"%%41", "%A", false},
        {"%+1", "%+1", false},
    };
    struct adl_buf buf = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t len = strlen(cases[i].encoded);

        adl_buf_reset(&buf);
        assert_int_equal(adl_percent_decode(&buf, cases[i].encoded, len), 0);
        assert_string_equal(adl_buf_str(&buf), cases[i].plain);
        assert_int_equal(adl_percent_is_valid(cases[i].encoded, len),
                         cases[i].is_valid);
    }
    adl_buf_finish(&buf);
}

static void test_decoding_appends_and_keeps_nul_bytes(void **state)
{
    struct adl_buf buf = {0};

    (void)state;
    assert_int_equal(adl_buf_add_str(&buf, "x"), 0);
    assert_int_equal(adl_percent_decode(&buf, "a%00b", 5), 0);

    assert_int_equal(buf.len, 4);
    assert_memory_equal(buf.data, "xa\0b", 5);
    adl_buf_finish(&buf);
}

static void test_length_is_respected(void **state)
{
    struct adl_buf buf = {0};

    (void)state;
    assert_int_equal(adl_percent_decode(&buf, "a%41", 3), 0);

    assert_string_equal(buf.data, "a%4");
    assert_false(adl_percent_is_valid("a%41", 3));
    adl_buf_finish(&buf);
}

TEST_SUITE(percent)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_are_decoded_once),
        cmocka_unit_test(test_decoding_appends_and_keeps_nul_bytes),
        cmocka_unit_test(test_length_is_respected),
    };

    return cmocka_run_group_tests_name("percent", tests, NULL, NULL);
}
