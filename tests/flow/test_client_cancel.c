/* SPDX-License-Identifier: MIT */
/* Transfers are canceled in every state, and end once. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/client.h"
#include "support/suite.h"
#include "support/tmpdir.h"

static struct servers *servers;

static void cancel(struct outcome *o)
{
    if (o->transfer != NULL) {
        asyncdl_transfer_cancel(o->transfer);
        asyncdl_transfer_cancel(o->transfer); /* twice is once */
    }
}

/* A whole download into a file takes some turns: each of its states is met. */
static void test_cancel_after_any_number_of_turns(void **state)
{
    int n_canceled = 0;
    int n_complete = 0;

    (void)state;
    for (int n_turns = 0; n_turns < 40; n_turns++) {
        struct tmpdir dir;
        struct tmpdir_files files;
        struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
        struct asyncdl_request request = ASYNCDL_REQUEST_INIT;
        struct outcome o = {0};
        struct rig rig;

        assert_int_equal(tmpdir_init(&dir), 0);
        options.dir = dir.path;
        rig_open(&rig, &options);
        request.url = rig_url(&servers->site, "/bytes/400000");
        request.name = "file";
        rig_fetch(&rig, &o, request);
        for (int i = 0; i < n_turns && o.n_done == 0; i++) {
            (void)uv_run(&rig.loop, UV_RUN_ONCE);
        }
        cancel(&o);
        assert_true(o.n_done == 0 || o.err == 0); /* never inside the call */
        rig_run(&rig);

        assert_int_equal(o.n_done, 1);
        assert_true(o.err == 0 || o.err == -ECANCELED);
        n_canceled += o.err != 0;
        n_complete += o.err == 0;
        rig_close(&rig);
        assert_int_equal(tmpdir_list(&files, &dir, ""), 0);
        assert_int_equal(files.n, o.err == 0 ? 1 : 0);
        assert_int_equal(tmpdir_is_pattern(&dir, "file", 400000, 0),
                         o.err == 0);
        tmpdir_files_finish(&files);
        tmpdir_finish(&dir);
    }
    assert_true(n_canceled > 0);
    assert_true(n_complete > 0);
}

static void test_cancel_while_it_waits_for_a_retry(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct asyncdl_client_stats stats = {0};
    struct outcome o = {0};
    struct rig rig;

    (void)state;
    options.retry_delay_ms = 60000;
    rig_open(&rig, &options);
    rig_fetch(&rig, &o, rig_memory(rig_url(&servers->site, "/status/503")));
    while (stats.n_retries == 0) {
        (void)uv_run(&rig.loop, UV_RUN_ONCE);
        asyncdl_client_get_stats(rig.client, &stats);
    }
    assert_int_equal(stats.n_waiting, 1);
    cancel(&o);
    rig_run(&rig); /* does not wait for the minute: see the time limit */

    assert_int_equal(o.err, -ECANCELED);
    assert_int_equal(o.n_done, 1);
    rig_close(&rig);
}

static void test_cancel_in_a_full_queue(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct outcome outcomes[10] = {0};
    struct rig rig;

    (void)state;
    options.max_active = 1;
    rig_open(&rig, &options);
    for (int i = 0; i < 10; i++) {
        rig_fetch(&rig, &outcomes[i],
                  rig_memory(rig_url(&servers->site, "/bytes/10")));
    }
    for (int i = 1; i < 10; i += 2) {
        cancel(&outcomes[i]);
    }
    rig_run(&rig);

    for (int i = 0; i < 10; i++) {
        assert_int_equal(outcomes[i].n_done, 1);
        assert_int_equal(outcomes[i].err, i % 2 == 0 ? 0 : -ECANCELED);
    }
    rig_close(&rig);
}

static int cancel_in_body(struct asyncdl_transfer *transfer,
                          const struct asyncdl_chunk *chunk, void *data)
{
    struct outcome *o = data;

    (void)chunk;
    assert_ptr_equal(transfer, o->transfer);
    cancel(o);
    return ASYNCDL_PAUSE;
}

static void test_cancel_inside_its_body_callback(void **state)
{
    struct outcome o = {0};
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    rig_fetch(
        &rig, &o,
        rig_stream(rig_url(&servers->site, "/bytes/9000000"), cancel_in_body));
    rig_run(&rig);

    assert_int_equal(o.n_done, 1);
    assert_int_equal(o.err, -ECANCELED);
    rig_close(&rig);
}

static void test_cancel_inside_its_done_callback_does_nothing(void **state)
{
    struct outcome o = {.then = cancel};
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    rig_fetch(&rig, &o, rig_memory(rig_url(&servers->site, "/bytes/10")));
    rig_run(&rig);

    assert_int_equal(o.n_done, 1);
    assert_int_equal(o.err, 0);
    rig_close(&rig);
}

struct canceler {
    struct outcome outcome;
    enum asyncdl_event_type wanted;
};

static void cancel_in_event(const struct asyncdl_event *event, void *data)
{
    struct canceler *c = data;

    if (event->type == c->wanted) {
        cancel(&c->outcome);
    }
}

static void test_cancel_inside_an_observer(void **state)
{
    static const struct {
        enum asyncdl_event_type type;
        const char *target;
        int err;
    } cases[] = {
        {ASYNCDL_EVENT_QUEUED, "/bytes/10", -ECANCELED},
        {ASYNCDL_EVENT_STARTED, "/bytes/10", -ECANCELED},
        {ASYNCDL_EVENT_FIRST_BYTE, "/bytes/9000000", -ECANCELED},
        {ASYNCDL_EVENT_REDIRECT, "/redirect/302?to=/bytes/1", -ECANCELED},
        {ASYNCDL_EVENT_RETRY, "/status/503", -ECANCELED},
        {ASYNCDL_EVENT_DONE, "/bytes/10", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct canceler c = {.wanted = cases[i].type};
        struct rig rig;

        rig_open(&rig, NULL);
        assert_int_equal(
            asyncdl_client_observe(rig.client, cancel_in_event, &c), 0);
        rig_fetch(&rig, &c.outcome,
                  rig_memory(rig_url(&servers->site, "%s", cases[i].target)));
        rig_run(&rig);
        assert_int_equal(c.outcome.n_done, 1);
        assert_int_equal(c.outcome.err, cases[i].err);
        rig_close(&rig);
    }
}

static int setup(void **state)
{
    int err = servers_setup(state);

    servers = *state;
    return err;
}

TEST_SUITE(client_cancel)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cancel_after_any_number_of_turns),
        cmocka_unit_test(test_cancel_while_it_waits_for_a_retry),
        cmocka_unit_test(test_cancel_in_a_full_queue),
        cmocka_unit_test(test_cancel_inside_its_body_callback),
        cmocka_unit_test(test_cancel_inside_its_done_callback_does_nothing),
        cmocka_unit_test(test_cancel_inside_an_observer),
    };

    return cmocka_run_group_tests(tests, setup, servers_teardown);
}
