/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memfd_create */
#include "pool/parcel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "asyncdl/error.h"

static void test_bytes_are_read_by_who_adopts_them(void **state)
{
    struct adl_parcel sent;
    struct adl_parcel got;

    (void)state;
    assert_int_equal(adl_parcel_create(&sent, 100000), 0);
    memset(sent.data, 'x', 100000);
    adl_parcel_let_go(&sent);
    assert_null(sent.data);
    assert_int_equal(adl_parcel_adopt(&got, dup(sent.fd), 100000), 0);
    adl_parcel_finish(&sent);

    assert_int_equal(got.len, 100000);
    assert_int_equal(((const char *)got.data)[99999], 'x');
    adl_parcel_finish(&got);
    adl_parcel_finish(&got); /* zero */
}

static void test_what_could_become_shorter_is_refused(void **state)
{
    struct adl_parcel got;
    int ends[2];

    (void)state;
    int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 100000), 0);
    assert_int_equal(adl_parcel_adopt(&got, fd, 100000), ASYNCDL_EFRAME);
    assert_int_equal(close(fd), -1); /* it was taken */

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(adl_parcel_adopt(&got, ends[0], 1), ASYNCDL_EFRAME);
    (void)close(ends[1]);
}

static void test_length_is_not_believed(void **state)
{
    static const uint64_t lens[] = {0, 100001, UINT64_MAX};
    struct adl_parcel sent;
    struct adl_parcel got;

    (void)state;
    assert_int_equal(adl_parcel_create(&sent, 100000), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(adl_parcel_adopt(&got, dup(sent.fd), lens[i]),
                         ASYNCDL_EFRAME);
    }
    adl_parcel_finish(&sent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_are_read_by_who_adopts_them),
        cmocka_unit_test(test_what_could_become_shorter_is_refused),
        cmocka_unit_test(test_length_is_not_believed),
    };

    return cmocka_run_group_tests_name("parcel", tests, NULL, NULL);
}
