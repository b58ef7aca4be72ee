/* SPDX-License-Identifier: MIT */
#include "pool/payload.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/fault.h"
#include "support/suite.h"

static bool is_zero(const char *bytes, size_t len)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0;
}

static void test_big_ones_have_a_descriptor(void **state)
{
    static const struct {
        size_t len;
        bool is_shared;
    } cases[] = {
        {1, false},
        {ADL_PAYLOAD_SHARED_MIN - 1, false},
        {ADL_PAYLOAD_SHARED_MIN, true},
        {ADL_PAYLOAD_SHARED_MIN + 1, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct asyncdl_payload *payload;

        assert_int_equal(asyncdl_payload_create(&payload, cases[i].len), 0);
        struct adl_parcel *parcel = adl_payload_get_parcel(payload);
        struct adl_parcel *seen = NULL;
        char *data = asyncdl_payload_get_data(payload);

        assert_int_equal(asyncdl_payload_get_len(payload), cases[i].len);
        assert_int_equal(parcel != NULL, cases[i].is_shared);
        assert_true(is_zero(data, cases[i].len));
        data[cases[i].len - 1] = 'z';
        if (parcel != NULL) {
            assert_int_equal(
                adl_parcel_adopt(&seen, dup(parcel->fd), cases[i].len, false),
                0);
            assert_memory_equal(adl_parcel_get_data(seen), data, cases[i].len);
        }
        assert_ptr_equal(asyncdl_payload_retain(payload), payload);
        asyncdl_payload_release(payload);
        assert_int_equal(data[cases[i].len - 1], 'z');
        asyncdl_payload_release(payload);
        if (seen != NULL) { /* whoever has it mapped, its memory is free */
            const char *left = adl_parcel_get_data(seen);

            assert_int_equal(left[cases[i].len - 1], 0);
        }
        adl_parcel_release(seen);
    }
    asyncdl_payload_release(NULL);
}

static void test_without_descriptors_it_is_plain_memory(void **state)
{
    struct asyncdl_payload *payload;
    struct rlimit limit;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    struct rlimit none = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int err = asyncdl_payload_create(&payload, ADL_PAYLOAD_SHARED_MIN);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);

    assert_int_equal(err, 0);
    assert_null(adl_payload_get_parcel(payload));
    asyncdl_payload_release(payload);
}

static void test_no_bytes_and_no_memory_are_refused(void **state)
{
    struct asyncdl_payload *payload = NULL;

    (void)state;
    assert_int_equal(asyncdl_payload_create(&payload, 0), -EINVAL);
    assert_int_equal(asyncdl_payload_create(&payload, SIZE_MAX), -ENOMEM);
    for (int i = 1; i <= 2; i++) {
        fault_arm(FAULT_CALLOC, i, ENOMEM);
        assert_int_equal(asyncdl_payload_create(&payload, 10), -ENOMEM);
        fault_clear();
    }
    assert_null(payload);
}

TEST_SUITE(payload)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_big_ones_have_a_descriptor),
        cmocka_unit_test(test_without_descriptors_it_is_plain_memory),
        cmocka_unit_test(test_no_bytes_and_no_memory_are_refused),
    };

    return cmocka_run_group_tests_name("payload", tests, NULL, NULL);
}
