/* SPDX-License-Identifier: MIT */
/* Clients come and go: in every state, from every callback, side by side. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/client.h"
#include "support/suite.h"
#include "support/tmpdir.h"

static struct servers *servers;

/* Where a test's callbacks close the client. */
struct closing {
    struct outcome outcome; /* first: what callbacks are handed */
    struct rig *rig;
    int n_seen;
    enum asyncdl_event_type wanted;
};

static void shut_once(struct closing *c)
{
    c->n_seen++;
    if (c->rig->client != NULL) {
        rig_shut(c->rig);
    }
}

static void test_client_that_did_nothing_closes(void **state)
{
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    rig_run(&rig); /* an idle client does not keep the loop alive */
    rig_close(&rig);
}

static void test_idle_client_lets_the_loop_end_after_work(void **state)
{
    struct outcome o = {0};
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    rig_fetch(&rig, &o, rig_memory(rig_url(&servers->site, "/bytes/10")));
    rig_run(&rig); /* ends, though the connection is kept */
    assert_int_equal(o.n_done, 1);
    rig_run(&rig);
    rig_close(&rig);
}

static void test_delayed_retry_keeps_the_loop_alive(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct outcome o = {0};
    struct rig rig;

    (void)state;
    options.retry_delay_ms = 50;
    options.n_retries = 1;
    rig_open(&rig, &options);
    rig_fetch(&rig, &o, rig_memory(rig_url(&servers->site, "/status/500")));
    rig_run(&rig);

    assert_int_equal(o.n_done, 1);
    assert_int_equal(o.attempts, 2);
    rig_close(&rig);
}

/* What a request is doing when the client is closed, by the number of turns
 * that passed: none, named, resolving or connecting, on its way. */
static void test_close_after_any_number_of_turns_ends_each_once(void **state)
{
    (void)state;
    for (int n_turns = 0; n_turns < 25; n_turns++) {
        struct tmpdir dir;
        struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
        struct outcome outcomes[8] = {0};
        struct rig rig;
        const char *urls[] = {
            rig_url(&servers->site, "/bytes/3000000"),
            rig_url(&servers->site, "/hang"),
            rig_url(&servers->site, "/status/503"), /* waits for its retry */
            "http://localhost:1/refused",           /* resolved first */
        };

        assert_int_equal(tmpdir_init(&dir), 0);
        options.dir = tmpdir_get_path(&dir, "out");
        rig_open(&rig, &options);
        for (int i = 0; i < 8; i++) {
            struct asyncdl_request request = ASYNCDL_REQUEST_INIT;

            request.url = urls[i % 4];
            request.body = i < 4 ? ASYNCDL_BODY_FILE : ASYNCDL_BODY_MEMORY;
            rig_fetch(&rig, &outcomes[i], request);
        }
        for (int i = 0; i < n_turns; i++) {
            (void)uv_run(&rig.loop, UV_RUN_ONCE);
        }
        rig_close(&rig);
        for (int i = 0; i < 8; i++) {
            assert_int_equal(outcomes[i].n_done, 1);
        }
        assert_int_equal(outcomes[1].err, -ECANCELED);
        assert_int_equal(outcomes[2].err, -ECANCELED);
        tmpdir_finish(&dir);
    }
}

static void test_close_while_a_file_is_saved_keeps_it_whole_or_absent(
    void **state)
{
    (void)state;
    for (int n_turns = 0; n_turns < 12; n_turns++) {
        struct tmpdir dir;
        struct tmpdir_files files;
        struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
        struct asyncdl_request request = ASYNCDL_REQUEST_INIT;
        struct outcome o = {0};
        struct rig rig;

        assert_int_equal(tmpdir_init(&dir), 0);
        options.dir = dir.path;
        rig_open(&rig, &options);
        request.url = rig_url(&servers->site, "/bytes/1000000");
        request.name = "file";
        rig_fetch(&rig, &o, request);
        struct asyncdl_client_stats stats = {0};
        for (int i = 0; o.n_done == 0 && (stats.n_saving == 0 || i < n_turns);
             i += stats.n_saving > 0) {
            (void)uv_run(&rig.loop, UV_RUN_NOWAIT);
            asyncdl_client_get_stats(rig.client, &stats);
        }
        rig_close(&rig);

        assert_int_equal(o.n_done, 1);
        assert_int_equal(tmpdir_list(&files, &dir, ""), 0);
        bool is_there = tmpdir_is_pattern(&dir, "file", 1000000, 0);
        assert_int_equal(is_there, o.err == 0);
        assert_int_equal(files.n, is_there ? 1 : 0);
        tmpdir_files_finish(&files);
        tmpdir_finish(&dir);
    }
}

/* A closing client starts nothing, so a mirror would wait for ever. */
static void test_close_while_saving_does_not_turn_to_a_mirror(void **state)
{
    struct tmpdir dir;
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct asyncdl_request request = ASYNCDL_REQUEST_INIT;
    struct asyncdl_client_stats stats = {0};
    struct outcome o = {0};
    struct rig rig;
    const char *mirrors[] = {rig_url(&servers->site, "/bytes/11"), NULL};

    (void)state;
    assert_int_equal(tmpdir_init(&dir), 0);
    options.dir = dir.path;
    rig_open(&rig, &options);
    request.url = rig_url(&servers->site, "/bytes/10");
    request.mirrors = mirrors;
    request.checksum = "md5=00000000000000000000000000000000";
    rig_fetch(&rig, &o, request);
    while (stats.n_saving == 0) {
        assert_int_not_equal(uv_run(&rig.loop, UV_RUN_ONCE), 0);
        asyncdl_client_get_stats(rig.client, &stats);
    }
    rig_close(&rig);

    assert_int_equal(o.n_done, 1);
    assert_int_equal(o.err, ASYNCDL_ECHECKSUM);
    assert_int_equal(o.attempts, 1);
    tmpdir_finish(&dir);
}

static void close_in_done(struct outcome *o)
{
    shut_once((struct closing *)o);
}

static void test_close_inside_a_done_callback(void **state)
{
    struct closing c[3] = {0};
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    for (int i = 0; i < 3; i++) {
        c[i].rig = &rig;
        c[i].outcome.then = close_in_done;
        rig_fetch(&rig, &c[i].outcome,
                  rig_memory(
                      rig_url(&servers->site, i == 0 ? "/bytes/10" : "/hang")));
    }
    rig_run(&rig);

    assert_int_equal(c[0].outcome.err, 0);
    assert_int_equal(c[1].outcome.err, -ECANCELED);
    assert_int_equal(c[2].n_seen, 1);
    rig_close(&rig);
}

static int close_in_body(struct asyncdl_transfer *transfer,
                         const struct asyncdl_chunk *chunk, void *data)
{
    (void)transfer;
    (void)chunk;
    shut_once(data);
    return 0;
}

static void test_close_inside_a_body_callback(void **state)
{
    struct rig rig;
    struct closing c = {.rig = &rig};

    (void)state;
    rig_open(&rig, NULL);
    rig_fetch(
        &rig, &c.outcome,
        rig_stream(rig_url(&servers->site, "/bytes/9000000"), close_in_body));
    rig_run(&rig);

    assert_int_equal(c.n_seen, 1);
    assert_int_equal(c.outcome.n_done, 1);
    assert_int_equal(c.outcome.err, -ECANCELED);
    rig_close(&rig);
}

static void close_in_event(const struct asyncdl_event *event, void *data)
{
    struct closing *c = data;

    if (event->type == c->wanted) {
        shut_once(c);
    }
}

static void test_close_inside_an_observer_of_any_event(void **state)
{
    (void)state;
    for (int type = ASYNCDL_EVENT_QUEUED; type <= ASYNCDL_EVENT_DONE; type++) {
        struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
        struct outcome retried = {0};
        struct outcome moved = {0};
        struct rig rig;
        struct closing c = {.rig = &rig, .wanted = type};

        options.n_retries = 1;
        options.retry_delay_ms = 1;
        rig_open(&rig, &options);
        assert_int_equal(asyncdl_client_observe(rig.client, close_in_event, &c),
                         0);
        rig_fetch(
            &rig, &c.outcome,
            rig_memory(rig_url(&servers->site, "/bytes/300000?rate=600000")));
        rig_fetch(&rig, &retried,
                  rig_memory(rig_url(&servers->site, "/status/500")));
        rig_fetch(
            &rig, &moved,
            rig_memory(rig_url(&servers->site, "/redirect/302?to=/bytes/1")));
        rig_run(&rig);

        assert_true(c.n_seen > 0);
        assert_int_equal(c.outcome.n_done, 1);
        assert_int_equal(retried.n_done, 1);
        assert_int_equal(moved.n_done, 1);
        rig_close(&rig);
    }
}

static void close_in_want(size_t n_wanted, void *data)
{
    assert_true(n_wanted > 0);
    shut_once(data);
}

static void test_close_when_asked_for_more(void **state)
{
    struct rig rig;
    struct closing c = {.rig = &rig};

    (void)state;
    rig_open(&rig, NULL);
    rig_fetch(&rig, &c.outcome, rig_memory(rig_url(&servers->site, "/hang")));
    asyncdl_client_on_want(rig.client, close_in_want, &c);
    rig_run(&rig);

    assert_int_equal(c.n_seen, 1);
    assert_int_equal(c.outcome.err, -ECANCELED);
    rig_close(&rig);
}

/* Until it is closed a source may be ended. */
struct ending {
    uv_idle_t idle;
    struct rig *rig;
    struct asyncdl_client *client;
};

static void end_source(uv_idle_t *idle)
{
    const struct ending *e = idle->data;

    if (e->rig->n_closed > 0) {
        uv_close((uv_handle_t *)idle, NULL);
    } else {
        asyncdl_client_on_want(e->client, NULL, NULL);
    }
}

static void test_source_is_ended_while_the_client_closes(void **state)
{
    struct rig rig;
    struct ending e = {.rig = &rig};

    (void)state;
    rig_open(&rig, NULL);
    e.client = rig.client;
    e.idle.data = &e;
    assert_int_equal(uv_idle_init(&rig.loop, &e.idle), 0);
    rig_shut(&rig);
    assert_int_equal(uv_idle_start(&e.idle, end_source), 0);
    rig_run(&rig);
    assert_int_equal(rig.n_closed, 1);
    rig_close(&rig);
}

static void close_in_future(struct asyncdl_future *future, void *data)
{
    (void)future;
    shut_once(data);
}

static void test_close_inside_a_callback_of_a_future(void **state)
{
    struct asyncdl_future *future;
    struct rig rig;
    struct closing c = {.rig = &rig};

    (void)state;
    rig_open(&rig, NULL);
    struct asyncdl_request request =
        rig_memory(rig_url(&servers->site, "/bytes/10"));
    assert_int_equal(asyncdl_fetch_future(&future, rig.client, &request), 0);
    assert_int_equal(asyncdl_future_then(future, close_in_future, &c), 0);
    asyncdl_future_release(future);
    rig_fetch(&rig, &c.outcome, rig_memory(rig_url(&servers->site, "/hang")));
    rig_run(&rig);

    assert_int_equal(c.n_seen, 1);
    assert_int_equal(c.outcome.err, -ECANCELED);
    rig_close(&rig);
}

/* They fail without an attempt, and the pool notes it: what is at its end is
 * not canceled on top. */
static void test_close_while_failures_are_noted(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct closing c[400] = {0};
    struct tmpdir dir;
    struct rig rig;

    (void)state;
    assert_int_equal(tmpdir_init(&dir), 0);
    options.dir = tmpdir_get_path(&dir, "out");
    options.journal = ASYNCDL_JOURNAL_KEEP;
    options.http.ip_version = ASYNCDL_IP_V6;
    rig_open(&rig, &options);
    for (int i = 0; i < 400; i++) {
        struct asyncdl_request request = ASYNCDL_REQUEST_INIT;

        request.url = "http://127.0.0.1:1/";
        c[i].rig = &rig;
        c[i].outcome.then = close_in_done;
        rig_fetch(&rig, &c[i].outcome, request);
    }
    rig_run(&rig);

    for (int i = 0; i < 400; i++) {
        assert_int_equal(c[i].outcome.n_done, 1);
        assert_true(c[i].outcome.err == ASYNCDL_EURL ||
                    c[i].outcome.err == -ECANCELED);
    }
    rig_close(&rig);
    tmpdir_finish(&dir);
}

static void test_fetch_after_close_is_refused(void **state)
{
    struct asyncdl_request request =
        rig_memory(rig_url(&servers->site, "/bytes/10"));
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    struct asyncdl_client *client = rig.client;
    rig_shut(&rig);
    assert_int_equal(asyncdl_fetch(NULL, client, &request, NULL, NULL),
                     -ECANCELED);
    rig_close(&rig);
}

static int setup(void **state)
{
    int err = servers_setup(state);

    servers = *state;
    return err;
}

TEST_SUITE(client_close)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_client_that_did_nothing_closes),
        cmocka_unit_test(test_idle_client_lets_the_loop_end_after_work),
        cmocka_unit_test(test_delayed_retry_keeps_the_loop_alive),
        cmocka_unit_test(test_close_after_any_number_of_turns_ends_each_once),
        cmocka_unit_test(
            test_close_while_a_file_is_saved_keeps_it_whole_or_absent),
        cmocka_unit_test(test_close_while_saving_does_not_turn_to_a_mirror),
        cmocka_unit_test(test_close_inside_a_done_callback),
        cmocka_unit_test(test_close_inside_a_body_callback),
        cmocka_unit_test(test_close_inside_an_observer_of_any_event),
        cmocka_unit_test(test_close_when_asked_for_more),
        cmocka_unit_test(test_source_is_ended_while_the_client_closes),
        cmocka_unit_test(test_close_inside_a_callback_of_a_future),
        cmocka_unit_test(test_close_while_failures_are_noted),
        cmocka_unit_test(test_fetch_after_close_is_refused),
    };

    return cmocka_run_group_tests(tests, setup, servers_teardown);
}
