/* SPDX-License-Identifier: MIT */
#include "pool/parcel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/suite.h"

static void test_who_adopts_it_sees_what_was_written(void **state)
{
    struct adl_parcel *sent;
    struct adl_parcel *got;

    (void)state;
    assert_int_equal(adl_parcel_create(&sent, 100000), 0);
    assert_true(sent->size >= 100000);
    char *data = adl_parcel_get_data(sent);
    assert_int_equal((uintptr_t)data % 64, 0);
    memset(data, 'x', sent->size);
    assert_int_equal(adl_parcel_adopt(&got, dup(sent->fd), 100000, false), 0);
    assert_int_equal(got->size, sent->size);
    assert_memory_equal(adl_parcel_get_data(got), data, sent->size);
    adl_parcel_release(sent);
    assert_int_equal(*(const char *)adl_parcel_get_data(got), 'x');
    adl_parcel_release(got);
    adl_parcel_release(NULL);
}

static void test_what_is_no_parcel_or_too_short_is_refused(void **state)
{
    struct adl_parcel *sent;
    struct adl_parcel *got;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(adl_parcel_adopt(&got, ends[0], 1, true), ASYNCDL_EFRAME);
    (void)close(ends[1]);
    assert_int_equal(adl_parcel_create(&sent, 100000), 0);
    assert_int_equal(
        adl_parcel_adopt(&got, dup(sent->fd), sent->size + 1, true),
        ASYNCDL_EFRAME);
    assert_int_equal(adl_parcel_adopt(&got, dup(sent->fd), SIZE_MAX, true),
                     ASYNCDL_EFRAME);
    assert_int_not_equal(ftruncate(sent->fd, 0), 0); /* nor can it become so */
    adl_parcel_release(sent);
    assert_true(adl_parcel_create(&sent, SIZE_MAX) < 0);
}

static void test_only_an_idle_one_is_used_again(void **state)
{
    struct adl_parcel *sent;
    struct adl_parcel *got;

    (void)state;
    assert_int_equal(adl_parcel_create(&sent, 100000), 0);
    assert_int_equal(adl_parcel_adopt(&got, dup(sent->fd), 1, true), 0);
    assert_false(adl_parcel_use(sent));
    adl_parcel_let_go(got);
    assert_true(adl_parcel_is_idle(sent));
    assert_true(adl_parcel_use(sent));
    assert_false(adl_parcel_is_idle(got));
    assert_false(adl_parcel_use(got));
    adl_parcel_release(sent);
    adl_parcel_release(got);
}

static void test_an_emptied_one_is_zero_and_of_use(void **state)
{
    struct adl_parcel *sent;
    struct adl_parcel *got;

    (void)state;
    assert_int_equal(adl_parcel_create(&sent, 100000), 0);
    assert_int_equal(adl_parcel_adopt(&got, dup(sent->fd), 1, true), 0);
    char *data = adl_parcel_get_data(sent);
    memset(data, 'x', sent->size);
    adl_parcel_empty(got); /* it is in use */
    assert_int_equal(data[sent->size - 1], 'x');
    adl_parcel_let_go(got);
    adl_parcel_empty(got);
    assert_int_equal(data[sent->size - 1], 0);
    assert_true(adl_parcel_use(sent));
    memset(data, 'y', sent->size);
    adl_parcel_release(sent);
    adl_parcel_release(got);
}

static void test_a_dropped_result_lets_its_parcel_go(void **state)
{
    struct adl_parcel *parcel;

    (void)state;
    assert_int_equal(adl_parcel_create(&parcel, 100000), 0);
    adl_parcel_retain(parcel);
    atomic_store(&parcel->is_lent, true);
    adl_parcel_drop(adl_parcel_get_data(parcel), 100000);
    assert_false(atomic_load(&parcel->is_lent));
    assert_true(adl_parcel_is_idle(parcel));
    adl_parcel_release(parcel);
}

TEST_SUITE(parcel)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_adopts_it_sees_what_was_written),
        cmocka_unit_test(test_what_is_no_parcel_or_too_short_is_refused),
        cmocka_unit_test(test_only_an_idle_one_is_used_again),
        cmocka_unit_test(test_an_emptied_one_is_zero_and_of_use),
        cmocka_unit_test(test_a_dropped_result_lets_its_parcel_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
