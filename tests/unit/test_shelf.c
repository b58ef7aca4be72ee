/* SPDX-License-Identifier: MIT */
#include "pool/shelf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/suite.h"

static struct adl_parcel *take(struct adl_shelf *shelf, size_t len,
                               unsigned *number)
{
    struct adl_parcel *parcel = NULL;

    assert_int_equal(adl_shelf_take(shelf, len, number, &parcel), 0);
    assert_true(parcel->size >= len);
    return parcel;
}

static void test_an_idle_parcel_is_taken_again(void **state)
{
    struct adl_shelf shelf = {0};
    unsigned numbers[2];

    (void)state;
    struct adl_parcel *parcel = take(&shelf, 100000, &numbers[0]);
    assert_true(parcel->fd >= 0);
    adl_parcel_close_fd(parcel); /* it was sent */
    adl_parcel_let_go(parcel);
    assert_ptr_equal(take(&shelf, 90000, &numbers[1]), parcel);
    assert_int_equal(numbers[0], numbers[1]);
    assert_int_equal(parcel->fd, -1);
    adl_shelf_finish(&shelf);
    assert_false(adl_shelf_has_any(&shelf));
}

static void test_one_that_is_too_small_or_in_use_is_not_taken(void **state)
{
    struct adl_shelf shelf = {0};
    unsigned number;

    (void)state;
    struct adl_parcel *small = take(&shelf, 100000, &number);
    assert_ptr_not_equal(take(&shelf, 100000, &number), small);
    adl_parcel_let_go(small);
    assert_ptr_not_equal(take(&shelf, 1000000, &number), small);
    adl_shelf_finish(&shelf);
}

static void test_of_the_idle_ones_the_smallest_is_taken(void **state)
{
    struct adl_shelf shelf = {0};
    unsigned number;

    (void)state;
    struct adl_parcel *large = take(&shelf, 1000000, &number);
    struct adl_parcel *small = take(&shelf, 100000, &number);
    adl_parcel_let_go(large);
    adl_parcel_let_go(small);
    assert_ptr_equal(take(&shelf, 100000, &number), small);
    assert_ptr_equal(take(&shelf, 100000, &number), large);
    adl_shelf_finish(&shelf);
}

static void test_there_are_no_more_than_places(void **state)
{
    struct adl_shelf shelf = {0};
    struct adl_parcel *parcel;
    unsigned number = 0;

    (void)state;
    for (unsigned i = 0; i < ADL_SHELF_N; i++) {
        (void)take(&shelf, 70000, &number);
        assert_true(number >= 1 && number <= ADL_SHELF_N);
    }
    assert_int_equal(adl_shelf_take(&shelf, 70000, &number, &parcel), -EAGAIN);
    adl_parcel_let_go(shelf.items[3]);
    (void)take(&shelf, 1000000, &number); /* instead of it */
    assert_int_equal(number, 4);
    adl_shelf_finish(&shelf);
}

static void test_there_are_no_more_bytes_than_allowed(void **state)
{
    struct adl_shelf shelf = {0};
    struct adl_parcel *parcel;
    unsigned number;

    (void)state;
    assert_int_equal(
        adl_shelf_take(&shelf, ADL_SHELF_BYTES + 1, &number, &parcel), -EAGAIN);
    parcel = take(&shelf, ADL_SHELF_BYTES / 16, &number);
    assert_int_equal(
        adl_shelf_take(&shelf, ADL_SHELF_BYTES / 16 * 15, &number, &parcel),
        -EAGAIN);
    adl_shelf_finish(&shelf);
}

static struct adl_wire_record record_of(unsigned flags, unsigned number,
                                        size_t len)
{
    return (struct adl_wire_record){
        .flags = flags, .parcel = number, .data_len = len};
}

static void test_what_came_is_found_by_its_number(void **state)
{
    struct adl_wire_record first = record_of(ADL_WIRE_BY_FD, 3, 70000);
    struct adl_wire_record again = record_of(ADL_WIRE_KEPT, 3, 60000);
    struct adl_shelf sender = {0};
    struct adl_shelf shelf = {0};
    struct adl_parcel *found;
    struct adl_parcel *got;
    unsigned number;

    (void)state;
    struct adl_parcel *sent = take(&sender, 70000, &number);
    assert_int_equal(adl_shelf_open(&shelf, &first, dup(sent->fd), &got), 0);
    assert_int_equal(adl_shelf_open(&shelf, &again, -1, &found), 0);
    assert_ptr_equal(found, got);
    adl_parcel_release(found);
    adl_parcel_release(got);

    again.data_len = sent->size + 1;
    assert_int_equal(adl_shelf_open(&shelf, &again, -1, &found),
                     ASYNCDL_EFRAME);
    again = record_of(ADL_WIRE_KEPT, 4, 1);
    assert_int_equal(adl_shelf_open(&shelf, &again, -1, &found), -EMFILE);
    adl_shelf_finish(&sender);
    adl_shelf_finish(&shelf);
}

static void test_a_lost_descriptor_leaves_nothing_stale(void **state)
{
    struct adl_wire_record first = record_of(ADL_WIRE_BY_FD, 1, 70000);
    struct adl_wire_record again = record_of(ADL_WIRE_KEPT, 1, 70000);
    struct adl_shelf sender = {0};
    struct adl_shelf shelf = {0};
    struct adl_parcel *got;
    unsigned number;

    (void)state;
    struct adl_parcel *sent = take(&sender, 70000, &number);
    assert_int_equal(adl_shelf_open(&shelf, &first, dup(sent->fd), &got), 0);
    adl_parcel_release(got);
    assert_int_equal(adl_shelf_open(&shelf, &first, -1, &got), -EMFILE);
    assert_int_equal(adl_shelf_open(&shelf, &again, -1, &got), -EMFILE);
    adl_shelf_finish(&sender);
    adl_shelf_finish(&shelf);
}

TEST_SUITE(shelf)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_idle_parcel_is_taken_again),
        cmocka_unit_test(test_one_that_is_too_small_or_in_use_is_not_taken),
        cmocka_unit_test(test_of_the_idle_ones_the_smallest_is_taken),
        cmocka_unit_test(test_there_are_no_more_than_places),
        cmocka_unit_test(test_there_are_no_more_bytes_than_allowed),
        cmocka_unit_test(test_what_came_is_found_by_its_number),
        cmocka_unit_test(test_a_lost_descriptor_leaves_nothing_stale),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
