/* SPDX-License-Identifier: MIT */
/* What a pool does when there is no memory. */
#include <errno.h>
#include <stdbool.h>

#include "asyncdl/asyncdl.h"
#include "support/fault.h"
#include "support/loop.h"
#include "support/suite.h"

static int reply(struct asyncdl_task *task, const void *arg, size_t len)
{
    return asyncdl_task_reply(task, arg, len);
}

static int next(struct asyncdl_bytes *out, void *data)
{
    int *n_left = data;

    *out = (struct asyncdl_bytes){.data = "x", .len = 1};
    return --*n_left >= 0 ? 1 : 0;
}

static void on_item(uint64_t index, const struct asyncdl_task_result *result,
                    void *data)
{
    (void)index;
    (void)data;
    assert_int_equal(result->err, 0);
}

static struct asyncdl_pool *pool;
static int n_left;

static int open_pool(uv_loop_t *loop, struct asyncdl_future **out)
{
    (void)out;
    return asyncdl_pool_open(&pool, loop, NULL);
}

static int submit(uv_loop_t *loop, struct asyncdl_future **out)
{
    (void)loop;
    return asyncdl_pool_apply_async(out, pool, reply, "x", 1);
}

static int map(uv_loop_t *loop, struct asyncdl_future **out)
{
    static const struct asyncdl_bytes args[3] = {{"x", 1}, {"y", 1}, {"z", 1}};
    struct asyncdl_map_options options = ASYNCDL_MAP_OPTIONS_INIT;

    (void)loop;
    options.fn = reply;
    options.args = args;
    options.n = 3;
    return asyncdl_pool_map_async(out, pool, &options);
}

static int imap(uv_loop_t *loop, struct asyncdl_future **out)
{
    struct asyncdl_imap_options options = ASYNCDL_IMAP_OPTIONS_INIT;

    (void)loop;
    n_left = 5;
    options.fn = reply;
    options.next = next;
    options.on_item = on_item;
    options.data = &n_left;
    return asyncdl_pool_imap(out, pool, &options);
}

static int wait_for_pool(uv_loop_t *loop, struct asyncdl_future **out)
{
    (void)loop;
    (void)out;
    return asyncdl_pool_wait(pool);
}

/* Let each allocation fail in turn, until it works. Returns how many there
 * were. */
static int fail_each(int (*call)(uv_loop_t *loop, struct asyncdl_future **out),
                     uv_loop_t *loop)
{
    struct asyncdl_future *future = NULL;

    for (int i = 1;; i++) {
        fault_arm(FAULT_CALLOC, i, ENOMEM);
        int err = call(loop, &future);
        bool was_hit = fault_n_hits(FAULT_CALLOC) > 0;
        fault_clear();
        assert_int_equal(err, was_hit ? -ENOMEM : 0);
        if (!was_hit) {
            asyncdl_future_release(future);
            return i - 1;
        }
        assert_null(future);
    }
}

static void test_no_memory_fails_the_call_and_leaves_the_pool(void **state)
{
    uv_loop_t *loop = *state;

    assert_true(fail_each(open_pool, loop) >= 5);
    assert_int_equal(fail_each(submit, loop), 2);
    assert_int_equal(fail_each(map, loop), 6);
    assert_int_equal(fail_each(imap, loop), 3);
    assert_int_equal(asyncdl_pool_close(pool), 0);
    assert_int_equal(fail_each(wait_for_pool, loop), 1);
    assert_true(n_left < 0);
}

static void test_processes_need_the_hook_in_main(void **state)
{
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;

    options.backend = ASYNCDL_POOL_PROCESSES;
    assert_int_equal(asyncdl_pool_open(&pool, *state, &options),
                     ASYNCDL_ENOHOOK);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, loop_setup, loop_teardown)

TEST_SUITE(pool_faults)
{
    const struct CMUnitTest tests[] = {
        TEST(test_no_memory_fails_the_call_and_leaves_the_pool),
        TEST(test_processes_need_the_hook_in_main),
    };

    return cmocka_run_group_tests_name("pool_faults", tests, NULL, NULL);
}
