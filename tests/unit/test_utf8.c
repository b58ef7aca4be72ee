/* SPDX-License-Identifier: MIT */
#include "util/utf8.h"

#include <string.h>

#include "support/loop.h"
#include "support/suite.h"

static void test_characters_are_read_and_broken_ones_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        uint32_t code;
    } cases[] = {
        {"a", 1, 'a'},
        {"\xc2\x80", 2, 0x80},
        {"\xdf\xbf", 2, 0x7ff},
        {"\xe0\xa0\x80", 3, 0x800},
        {"\xed\x9f\xbf", 3, 0xd7ff},
        {"\xef\xbf\xbf", 3, 0xffff},
        {"\xf0\x90\x80\x80", 4, 0x10000},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
        {"\x80", 0, 0},             /* no lead */
        {"\xc3", 0, 0},             /* cut */
        {"\xe2\x82", 0, 0},         /* cut */
        {"\xc3\x28", 0, 0},         /* no continuation */
        {"\xc0\xaf", 0, 0},         /* overlong '/' */
        {"\xe0\x80\xaf", 0, 0},     /* overlong '/' */
        {"\xf0\x80\x80\xaf", 0, 0}, /* overlong '/' */
        {"\xe0\x9f\xbf", 0, 0},     /* overlong */
        {"\xed\xa0\x80", 0, 0},     /* surrogate */
        {"\xf4\x90\x80\x80", 0, 0}, /* past the last */
        {"\xff", 0, 0},
        {"", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t len = strlen(cases[i].bytes);
        uint32_t code = 0;

        assert_int_equal(adl_utf8_decode(&code, cases[i].bytes, len),
                         cases[i].size);
        assert_int_equal(code, cases[i].code);
        assert_int_equal(adl_utf8_is_valid(cases[i].bytes, len),
                         cases[i].size > 0 || len == 0);
    }
}

static void test_text_is_valid_when_all_of_it_is(void **state)
{
    (void)state;
    assert_true(adl_utf8_is_valid("a\xc3\xa9\xe2\x82\xac", 6));
    assert_false(adl_utf8_is_valid("a\xc3\xa9\xe2\x82", 5));
}

static void test_what_is_no_character_is_replaced(void **state)
{
    static const struct {
        const char *text;
        const char *repaired;
    } cases[] = {
        {"", ""},
        {"a\xc3\xa9", "a\xc3\xa9"},
        {"\xe9", "\xef\xbf\xbd"},
        {"a\xff\xfe-", "a\xef\xbf\xbd\xef\xbf\xbd-"},
        {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"}, /* ends too early */
    };
    struct adl_buf buf = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        adl_buf_reset(&buf);
        assert_int_equal(
            adl_utf8_repair(&buf, cases[i].text, strlen(cases[i].text)), 0);
        assert_string_equal(adl_buf_str(&buf), cases[i].repaired);
        assert_true(adl_utf8_is_valid(adl_buf_str(&buf), buf.len));
    }
    adl_buf_finish(&buf);
}

static void test_controls_are_known(void **state)
{
    static const uint32_t yes[] = {0,      0x1f,   0x7f,   0x80,   0x9f,
                                   0x61c,  0x200e, 0x200f, 0x2028, 0x202a,
                                   0x202e, 0x2066, 0x2069};
    static const uint32_t no[] = {' ',    '~',    0xa0,   0x61b,  0x200d,
                                  0x2010, 0x2027, 0x202f, 0x2065, 0x206a};

    (void)state;
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        assert_true(adl_utf8_is_control(yes[i]));
    }
    for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        assert_false(adl_utf8_is_control(no[i]));
    }
}

TEST_SUITE(utf8)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_characters_are_read_and_broken_ones_refused),
        cmocka_unit_test(test_text_is_valid_when_all_of_it_is),
        cmocka_unit_test(test_what_is_no_character_is_replaced),
        cmocka_unit_test(test_controls_are_known),
    };

    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
