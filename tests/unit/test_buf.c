/* SPDX-License-Identifier: MIT */
#include "util/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support/loop.h"
#include "support/suite.h"

static void test_empty_buffer_reads_as_an_empty_string(void **state)
{
    struct adl_buf buf = {0};

    (void)state;
    assert_string_equal(adl_buf_str(&buf), "");
    assert_null(adl_buf_take(&buf));
    adl_buf_reset(&buf);
    adl_buf_finish(&buf);
}

static void test_what_is_added_stands_in_order_with_a_nul_behind(void **state)
{
    struct adl_buf buf = {0};

    (void)state;
    assert_int_equal(adl_buf_add(&buf, "a\0b", 3), 0);
    assert_int_equal(adl_buf_add_str(&buf, "cd"), 0);
    assert_int_equal(adl_buf_addf(&buf, "%d-%s", 42, "e"), 0);

    assert_int_equal(buf.len, 9);
    assert_memory_equal(buf.data, "a\0bcd42-e", 10);
    adl_buf_finish(&buf);
    assert_null(buf.data);
}

static void test_growing_keeps_every_byte(void **state)
{
    struct adl_buf buf = {0};

    (void)state;
    for (int i = 0; i < 10000; i++) {
        char c = (char)('a' + i % 26);

        assert_int_equal(adl_buf_add(&buf, &c, 1), 0);
        assert_int_equal(buf.data[buf.len], '\0');
    }

    assert_int_equal(buf.len, 10000);
    assert_true(buf.cap > 10000 && buf.cap < 20000);
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(buf.data[i], 'a' + i % 26);
    }
    adl_buf_finish(&buf);
}

static void test_formatted_text_of_any_length_fits(void **state)
{
    struct adl_buf buf = {0};

    (void)state;
    for (int width = 1; width < 300; width++) {
        adl_buf_reset(&buf);
        assert_int_equal(adl_buf_addf(&buf, "%*d", width, 7), 0);
        assert_int_equal(buf.len, width);
        assert_int_equal(strlen(buf.data), width);
        assert_int_equal(buf.data[width - 1], '7');
    }
    adl_buf_finish(&buf);
}

static void test_reserved_room_is_not_allocated_again(void **state)
{
    struct adl_buf buf = {0};

    (void)state;
    assert_int_equal(adl_buf_reserve(&buf, 1000), 0);
    assert_int_equal(buf.len, 0);
    assert_string_equal(buf.data, "");
    const char *data = buf.data;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(adl_buf_add(&buf, "x", 1), 0);
    }

    assert_ptr_equal(buf.data, data);
    adl_buf_finish(&buf);
}

static void test_reset_keeps_the_allocation(void **state)
{
    struct adl_buf buf = {0};

    (void)state;
    assert_int_equal(adl_buf_add_str(&buf, "abc"), 0);
    const char *data = buf.data;
    adl_buf_reset(&buf);

    assert_int_equal(buf.len, 0);
    assert_ptr_equal(buf.data, data);
    assert_string_equal(adl_buf_str(&buf), "");
    adl_buf_finish(&buf);
}

static void test_taken_bytes_are_the_callers(void **state)
{
    struct adl_buf buf = {0};

    (void)state;
    assert_int_equal(adl_buf_add_str(&buf, "abc"), 0);
    char *taken = adl_buf_take(&buf);

    assert_string_equal(taken, "abc");
    assert_null(buf.data);
    assert_int_equal(buf.len, 0);
    free(taken);
}

static void test_impossible_sizes_leave_the_buffer_as_it_was(void **state)
{
    struct adl_buf buf = {0};

    (void)state;
    assert_int_equal(adl_buf_add_str(&buf, "abc"), 0);

    assert_int_equal(adl_buf_reserve(&buf, SIZE_MAX), -ENOMEM);
    assert_int_equal(adl_buf_add(&buf, "", SIZE_MAX - 2), -ENOMEM);
    assert_string_equal(buf.data, "abc");
    assert_int_equal(buf.len, 3);
    adl_buf_finish(&buf);
}

TEST_SUITE(buf)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_buffer_reads_as_an_empty_string),
        cmocka_unit_test(test_what_is_added_stands_in_order_with_a_nul_behind),
        cmocka_unit_test(test_growing_keeps_every_byte),
        cmocka_unit_test(test_formatted_text_of_any_length_fits),
        cmocka_unit_test(test_reserved_room_is_not_allocated_again),
        cmocka_unit_test(test_reset_keeps_the_allocation),
        cmocka_unit_test(test_taken_bytes_are_the_callers),
        cmocka_unit_test(test_impossible_sizes_leave_the_buffer_as_it_was),
    };

    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
