/* SPDX-License-Identifier: MIT */
#include "pool/task.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/suite.h"

static int return_arg(struct asyncdl_task *task, const void *arg, size_t len)
{
    (void)asyncdl_task_explain(task, "words");
    return len > 0 && adl_task_is_running() ? *(const int *)arg : 0;
}

static int return_whether_null(struct asyncdl_task *task, const void *arg,
                               size_t len)
{
    (void)task;
    return arg == NULL && len == 0 ? 0 : -EINVAL;
}

/* The first reply is too long, the second is not. */
static int reply_twice(struct asyncdl_task *task, const void *arg, size_t len)
{
    assert_int_equal(asyncdl_task_reply(task, "0123456789", 10),
                     ASYNCDL_ERESULT);
    return len > 0 ? asyncdl_task_reply(task, arg, len) : 0;
}

static struct asyncdl_task make(void)
{
    return (struct asyncdl_task){.max_result_bytes = 8,
                                 .memory = &adl_task_heap};
}

static void test_what_a_function_returns_is_the_error(void **state)
{
    static const struct {
        int returned;
        int err;
    } cases[] = {
        {0, 0}, {-EIO, -EIO}, {ASYNCDL_EDIED, ASYNCDL_EDIED}, {1, -EINVAL}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct asyncdl_task task = make();

        assert_int_equal(
            adl_task_run(&task, return_arg, &cases[i].returned, sizeof(int)),
            cases[i].err);
        assert_false(adl_task_is_running());
        assert_int_equal(task.error != NULL, cases[i].err < 0);
        free(task.error);
    }
}

static void test_no_bytes_are_null(void **state)
{
    struct asyncdl_task task = make();

    (void)state;
    assert_int_equal(adl_task_run(&task, return_whether_null, "", 0), 0);
}

static void test_the_last_reply_counts(void **state)
{
    struct asyncdl_task task = make();

    (void)state;
    assert_int_equal(adl_task_run(&task, reply_twice, NULL, 0),
                     ASYNCDL_ERESULT);
    assert_null(task.result);

    task = make();
    assert_int_equal(adl_task_run(&task, reply_twice, "12345678", 8), 0);
    assert_int_equal(task.result_len, 8);
    assert_memory_equal(task.result, "12345678", 8);
    adl_task_heap_free(task.result, task.result_len);
}

static void test_room_is_within_the_limit_and_memory(void **state)
{
    struct asyncdl_task task = make();

    (void)state;
    assert_null(asyncdl_task_reserve(&task, 0));
    assert_int_equal(task.reply_err, 0);
    assert_null(asyncdl_task_reserve(&task, 9));
    assert_int_equal(task.reply_err, ASYNCDL_ERESULT);
    task.max_result_bytes = SIZE_MAX;
    assert_null(asyncdl_task_reserve(&task, SIZE_MAX));
    assert_int_equal(task.reply_err, -ENOMEM);
    assert_non_null(asyncdl_task_reserve(&task, 9));
    assert_int_equal(task.reply_err, 0);
    assert_null(asyncdl_task_reserve(&task, 0)); /* frees it */
}

static void test_running_nests(void **state)
{
    (void)state;
    adl_task_enter();
    adl_task_enter();
    adl_task_leave();
    assert_true(adl_task_is_running());
    adl_task_leave();
    assert_false(adl_task_is_running());
}

static void test_cancel_is_seen_where_there_is_a_flag(void **state)
{
    struct asyncdl_task task = make();
    atomic_bool is_canceled = false;

    (void)state;
    assert_false(asyncdl_task_is_canceled(&task));
    task.is_canceled = &is_canceled;
    assert_false(asyncdl_task_is_canceled(&task));
    atomic_store(&is_canceled, true);
    assert_true(asyncdl_task_is_canceled(&task));
}

TEST_SUITE(task)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_function_returns_is_the_error),
        cmocka_unit_test(test_no_bytes_are_null),
        cmocka_unit_test(test_the_last_reply_counts),
        cmocka_unit_test(test_room_is_within_the_limit_and_memory),
        cmocka_unit_test(test_running_nests),
        cmocka_unit_test(test_cancel_is_seen_where_there_is_a_flag),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
