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
        int fd = adl_payload_get_fd(payload);
        char *data = asyncdl_payload_get_data(payload);
        char last = 0;

        assert_int_equal(asyncdl_payload_get_len(payload), cases[i].len);
        assert_int_equal(fd >= 0, cases[i].is_shared);
        assert_true(is_zero(data, cases[i].len));
        data[cases[i].len - 1] = 'z';
        if (fd >= 0) {
            assert_int_equal(pread(fd, &last, 1, (off_t)cases[i].len - 1), 1);
            assert_int_equal(last, 'z');
        }
        assert_ptr_equal(asyncdl_payload_retain(payload), payload);
        asyncdl_payload_release(payload);
        assert_int_equal(data[cases[i].len - 1], 'z');
        asyncdl_payload_release(payload);
        if (fd >= 0) {
            assert_int_equal(pread(fd, &last, 1, 0), -1);
            assert_int_equal(errno, EBADF);
        }
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
    assert_int_equal(adl_payload_get_fd(payload), -1);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_big_ones_have_a_descriptor),
        cmocka_unit_test(test_without_descriptors_it_is_plain_memory),
        cmocka_unit_test(test_no_bytes_and_no_memory_are_refused),
    };

    return cmocka_run_group_tests_name("payload", tests, NULL, NULL);
}
