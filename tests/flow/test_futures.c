/* SPDX-License-Identifier: MIT */
/* Downloads in future style. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "site/pattern.h"
#include "support/client.h"
#include "support/suite.h"

static struct servers *servers;

static struct asyncdl_future *fetch(struct rig *rig, const char *url)
{
    struct asyncdl_request request = rig_memory(url);
    struct asyncdl_future *future = NULL;

    assert_int_equal(asyncdl_fetch_future(&future, rig->client, &request), 0);
    assert_false(asyncdl_future_is_ready(future));
    return future;
}

static const struct asyncdl_result *get(struct asyncdl_future *future, int err)
{
    const void *result = NULL;

    assert_int_equal(asyncdl_future_result(future, &result), err);
    assert_non_null(result);
    return result;
}

static void test_result_outlives_the_client(void **state)
{
    uint8_t expected[5000];
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    struct asyncdl_future *good =
        fetch(&rig, rig_url(&servers->site, "/bytes/5000"));
    struct asyncdl_future *bad =
        fetch(&rig, rig_url(&servers->site, "/status/404"));
    assert_int_equal(asyncdl_future_result(good, NULL), -EAGAIN);
    assert_int_equal(asyncdl_future_wait(good, ASYNCDL_FOREVER), 0);
    assert_int_equal(asyncdl_future_wait(bad, ASYNCDL_FOREVER), 0);
    rig_close(&rig);

    adl_pattern_fill(expected, sizeof(expected), 0, 0);
    const struct asyncdl_result *result = get(good, 0);
    assert_true(asyncdl_future_is_successful(good));
    assert_int_equal(result->bytes, sizeof(expected));
    assert_memory_equal(result->body, expected, sizeof(expected));
    assert_string_equal(result->remote_ip, "127.0.0.1");
    assert_string_equal(result->http_version, "1.1");
    result = get(bad, ASYNCDL_EHTTP);
    assert_false(asyncdl_future_is_successful(bad));
    assert_int_equal(result->status, 404);
    assert_string_equal(result->error, "HTTP status 404");
    assert_null(result->body);
    asyncdl_future_release(good);
    asyncdl_future_release(bad);
}

static void test_failed_one_is_a_result_of_the_gather(void **state)
{
    struct asyncdl_future *futures[3];
    struct asyncdl_future *all;
    const void *result;
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    futures[0] = fetch(&rig, rig_url(&servers->site, "/bytes/10"));
    futures[1] = fetch(&rig, rig_url(&servers->site, "/status/404"));
    futures[2] = fetch(&rig, rig_url(&servers->site, "/bytes/20"));
    assert_int_equal(asyncdl_gather(&all, &rig.loop, futures, 3), 0);
    for (int i = 0; i < 3; i++) {
        asyncdl_future_release(futures[i]);
    }
    assert_int_equal(asyncdl_future_wait(all, ASYNCDL_FOREVER), 0);

    assert_int_equal(asyncdl_future_result(all, &result), 0);
    const struct asyncdl_gathered *gathered = result;
    assert_int_equal(gathered->n, 3);
    assert_int_equal(gathered->n_failed, 1);
    assert_int_equal(get(gathered->futures[0], 0)->bytes, 10);
    assert_int_equal(get(gathered->futures[1], ASYNCDL_EHTTP)->status, 404);
    assert_int_equal(get(gathered->futures[2], 0)->bytes, 20);
    asyncdl_future_release(all);
    rig_close(&rig);
}

static void test_cancel_of_a_gather_cancels_its_downloads(void **state)
{
    struct asyncdl_future *futures[2];
    struct asyncdl_future *all;
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    for (int i = 0; i < 2; i++) {
        futures[i] = fetch(&rig, rig_url(&servers->site, "/hang"));
    }
    assert_int_equal(asyncdl_gather(&all, &rig.loop, futures, 2), 0);
    assert_int_equal(asyncdl_future_wait(all, 20), -ETIMEDOUT);
    asyncdl_future_cancel(all);
    asyncdl_future_cancel(all);                 /* twice is once */
    assert_false(asyncdl_future_is_ready(all)); /* later, on the loop */
    assert_int_equal(asyncdl_future_wait(all, ASYNCDL_FOREVER), 0);

    assert_int_equal(asyncdl_future_result(all, NULL), -ECANCELED);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(get(futures[i], -ECANCELED)->err, -ECANCELED);
        asyncdl_future_release(futures[i]);
    }
    asyncdl_future_release(all);
    rig_close(&rig);
}

static void test_cancel_before_any_turn(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    struct asyncdl_future *future =
        fetch(&rig, rig_url(&servers->site, "/bytes/10"));
    asyncdl_future_cancel(future);
    assert_int_equal(asyncdl_future_wait(future, ASYNCDL_FOREVER), 0);

    assert_int_equal(get(future, -ECANCELED)->attempts, 0);
    asyncdl_future_cancel(future); /* too late: nothing happens */
    asyncdl_future_release(future);
    rig_close(&rig);
}

static void test_wait_gives_up_in_time_and_goes_on_later(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    struct asyncdl_future *future =
        fetch(&rig, rig_url(&servers->site, "/bytes/20000?rate=100000"));
    assert_int_equal(asyncdl_future_wait(future, 0), -ETIMEDOUT);
    assert_int_equal(asyncdl_future_wait(future, 1), -ETIMEDOUT);
    assert_int_equal(asyncdl_future_wait(future, ASYNCDL_FOREVER), 0);

    assert_int_equal(get(future, 0)->bytes, 20000);
    asyncdl_future_release(future);
    rig_close(&rig);
}

/* What waiting came to inside of each kind of callback. */
struct waiter {
    struct asyncdl_future *future; /* never ready meanwhile */
    int n_calls;
};

static void try_to_wait(struct waiter *w)
{
    w->n_calls++;
    assert_int_equal(asyncdl_future_wait(w->future, ASYNCDL_FOREVER), -EDEADLK);
}

static void wait_in_done(const struct asyncdl_result *result, void *data)
{
    (void)result;
    try_to_wait(data);
}

static void wait_in_event(const struct asyncdl_event *event, void *data)
{
    (void)event;
    try_to_wait(data);
}

static void wait_in_want(size_t n_wanted, void *data)
{
    (void)n_wanted;
    try_to_wait(data);
}

static void wait_in_future(struct asyncdl_future *future, void *data)
{
    (void)future;
    try_to_wait(data);
}

static int wait_in_body(struct asyncdl_transfer *transfer,
                        const struct asyncdl_chunk *chunk, void *data)
{
    (void)transfer;
    (void)chunk;
    try_to_wait(data);
    return 0;
}

static void test_wait_inside_a_callback_is_refused(void **state)
{
    struct waiter done = {0};
    struct waiter event = {0};
    struct waiter want = {0};
    struct waiter then = {0};
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    struct asyncdl_future *hung = fetch(&rig, rig_url(&servers->site, "/hang"));
    struct asyncdl_future *soon =
        fetch(&rig, rig_url(&servers->site, "/bytes/10"));
    done.future = event.future = want.future = then.future = hung;
    assert_int_equal(asyncdl_client_observe(rig.client, wait_in_event, &event),
                     0);
    asyncdl_client_on_want(rig.client, wait_in_want, &want);
    assert_int_equal(asyncdl_future_then(soon, wait_in_future, &then), 0);
    struct asyncdl_request request =
        rig_stream(rig_url(&servers->site, "/bytes/10"), wait_in_body);
    assert_int_equal(
        asyncdl_fetch(NULL, rig.client, &request, wait_in_done, &done), 0);
    rig_run_until(&rig, &done.n_calls, 2); /* a piece, and the end */
    rig_run_until(&rig, &then.n_calls, 1);
    assert_true(event.n_calls > 0);
    assert_int_equal(want.n_calls, 1);

    asyncdl_future_release(soon);
    asyncdl_future_cancel(hung);
    asyncdl_future_release(hung); /* nobody waits for its result */
    rig_close(&rig);
}

static int setup(void **state)
{
    int err = servers_setup(state);

    servers = *state;
    return err;
}

TEST_SUITE(futures)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_result_outlives_the_client),
        cmocka_unit_test(test_failed_one_is_a_result_of_the_gather),
        cmocka_unit_test(test_cancel_of_a_gather_cancels_its_downloads),
        cmocka_unit_test(test_cancel_before_any_turn),
        cmocka_unit_test(test_wait_gives_up_in_time_and_goes_on_later),
        cmocka_unit_test(test_wait_inside_a_callback_is_refused),
    };

    return cmocka_run_group_tests(tests, setup, servers_teardown);
}
