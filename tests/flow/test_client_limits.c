/* SPDX-License-Identifier: MIT */
/* What the server sees of a client's limits. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "support/client.h"
#include "support/fdtable.h"
#include "support/http.h"
#include "support/suite.h"
#include "support/tmpdir.h"

#define N_REQUESTS 60

/* More than may wait for the disk, and more threads than libuv starts. */
#define N_SAVED      800
#define N_SAVING_MAX 512
#define N_THREADS    64
#define N_TURNS_MAX  100000

static struct servers *servers;

static json_int_t get_most_at_once(void)
{
    json_t *stats = http_need_json(servers->site.port, "/stats");
    json_int_t n = json_integer_value(json_object_get(stats, "max_concurrent"));

    json_decref(stats);
    return n;
}

/* Returns the time that it took by the loop's clock, in ms. */
static uint64_t fetch_all(const struct asyncdl_client_options *options,
                          const char *target, int n)
{
    struct outcome outcomes[N_REQUESTS] = {0};
    struct http_answer reset =
        http_need(servers->site.port, "/reset-stats", "");
    struct rig rig;

    http_answer_finish(&reset);
    rig_open(&rig, options);
    uint64_t start_ms = uv_now(&rig.loop);
    for (int i = 0; i < n; i++) {
        rig_fetch(&rig, &outcomes[i],
                  rig_memory(rig_url(&servers->site, "%s", target)));
    }
    rig_run(&rig);
    uint64_t took_ms = uv_now(&rig.loop) - start_ms;
    for (int i = 0; i < n; i++) {
        assert_int_equal(outcomes[i].err, 0);
    }
    rig_close(&rig);
    return took_ms;
}

/* A table that grows while there are threads holds the loop up. */
static void test_room_for_descriptors_is_there_from_the_start(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct rig rig;

    (void)state;
    options.max_active = fdtable_get_size();
    assert_true(options.max_active > 0);
    rig_open(&rig, &options);
    assert_true(fdtable_get_size() > 2 * options.max_active);
    rig_close(&rig);
}

static void test_no_more_than_max_active_are_under_way(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;

    (void)state;
    options.max_active = 5;
    options.max_per_host = 5;
    fetch_all(&options, "/bytes/2000?rate=40000", N_REQUESTS);

    assert_int_equal(get_most_at_once(), 5);
}

static void test_no_more_than_max_per_host_are_under_way(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;

    (void)state;
    options.max_per_host = 3;
    fetch_all(&options, "/bytes/1000?rate=40000", N_REQUESTS);

    assert_int_equal(get_most_at_once(), 3);
}

/* A machine may be slower than a limit, never faster. */
static void test_rate_is_not_exceeded(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;

    (void)state;
    options.rate_bps = 1000000;
    uint64_t took_ms = fetch_all(&options, "/bytes/500000", 1);

    /* A tenth of a second's worth may come at once, and a last piece. */
    assert_true(took_ms >= 300);
}

static void test_host_is_asked_no_more_often_than_allowed(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;

    (void)state;
    options.host_rate_n = 10;
    options.host_rate_ms = 100;
    uint64_t took_ms = fetch_all(&options, "/bytes/10", 30);

    assert_true(took_ms >= 150);
}

struct progress {
    int n_started;
    int n_answered;
};

static void on_event(const struct asyncdl_event *event, void *data)
{
    struct progress *progress = data;

    progress->n_started += event->type == ASYNCDL_EVENT_STARTED;
    progress->n_answered += event->type == ASYNCDL_EVENT_FIRST_BYTE;
}

static void wait_on_thread(uv_work_t *work)
{
    uv_sem_wait(work->data);
}

/* No thread is left until the semaphore is posted as often. */
static void block_threads(uv_loop_t *loop, uv_work_t *works, uv_sem_t *sem)
{
    assert_int_equal(uv_sem_init(sem, 0), 0);
    for (int i = 0; i < N_THREADS; i++) {
        works[i].data = sem;
        assert_int_equal(uv_queue_work(loop, &works[i], wait_on_thread, NULL),
                         0);
    }
}

static bool is_waiting_for_disk(const struct rig *rig,
                                const struct progress *progress)
{
    return progress->n_answered >= N_SAVING_MAX &&
           progress->n_answered == progress->n_started &&
           uv_backend_timeout(&rig->loop) != 0;
}

/* Admitted after all others, and over at once: a file has its name. */
static void fetch_last_in_the_way(struct rig *rig, struct outcome *outcome,
                                  struct tmpdir *dir)
{
    struct asyncdl_request request = ASYNCDL_REQUEST_INIT;

    assert_int_equal(tmpdir_write(dir, "there", "x", 1), 0);
    request.url = rig_url(&servers->site, "/bytes/10");
    request.name = "there";
    rig_fetch(rig, outcome, request);
}

/* What could start but for the disk must not keep the loop turning. */
static void test_loop_sleeps_while_the_disk_is_waited_for(void **state)
{
    static struct outcome outcomes[N_SAVED];
    static uv_work_t works[N_THREADS];
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct progress progress = {0};
    struct outcome last = {0};
    struct tmpdir dir;
    struct rig rig;
    uv_sem_t sem;
    int n_turns = 0;

    (void)state;
    assert_int_equal(tmpdir_init(&dir), 0);
    options.dir = dir.path;
    options.max_per_host = 128;
    rig_open(&rig, &options);
    assert_int_equal(asyncdl_client_observe(rig.client, on_event, &progress),
                     0);
    for (int i = 0; i < N_SAVED; i++) {
        struct asyncdl_request request = ASYNCDL_REQUEST_INIT;

        request.url = rig_url(&servers->site, "/bytes/10");
        request.flags = ASYNCDL_REQUEST_OVERWRITE;
        rig_fetch(&rig, &outcomes[i], request);
        asyncdl_transfer_pause(outcomes[i].transfer);
    }
    fetch_last_in_the_way(&rig, &last, &dir);
    rig_run_until(&rig, &last.n_done, 1); /* so all others are admitted */
    block_threads(&rig.loop, works, &sem);
    for (int i = 0; i < N_SAVED; i++) {
        asyncdl_transfer_resume(outcomes[i].transfer);
    }

    while (!is_waiting_for_disk(&rig, &progress) && n_turns < N_TURNS_MAX) {
        (void)uv_run(&rig.loop, UV_RUN_ONCE); /* more is to be done */
        n_turns++;
    }
    for (int i = 0; i < N_THREADS; i++) {
        uv_sem_post(&sem); /* first, else a failed test would never end */
    }
    assert_true(n_turns < N_TURNS_MAX);
    assert_true(progress.n_started < N_SAVED);

    rig_run(&rig);
    for (int i = 0; i < N_SAVED; i++) {
        assert_int_equal(outcomes[i].err, 0);
    }
    rig_close(&rig);
    uv_sem_destroy(&sem);
    tmpdir_finish(&dir);
}

#define HELD_UP_MS 3000

static void hold_up(struct outcome *outcome)
{
    (void)outcome;
    (void)poll(NULL, 0, HELD_UP_MS);
}

/* What comes meanwhile waits in its socket, and is no silence. */
static void test_program_that_holds_up_the_loop_fails_nobody(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct outcome first = {.then = hold_up};
    struct outcome second = {0};
    struct rig rig;

    (void)state;
    options.stall_timeout_ms = HELD_UP_MS / 2;
    options.n_retries = ASYNCDL_NONE;
    rig_open(&rig, &options);
    rig_fetch(&rig, &first,
              rig_memory(rig_url(&servers->site, "/bytes/5000?rate=10000")));
    rig_fetch(&rig, &second,
              rig_memory(rig_url(&servers->site, "/bytes/40000?rate=10000")));
    rig_run(&rig);

    assert_int_equal(second.err, 0);
    assert_int_equal(second.attempts, 1);
    rig_close(&rig);
}

static int setup(void **state)
{
    int err = servers_setup(state);

    servers = *state;
    return err;
}

TEST_SUITE(client_limits)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_room_for_descriptors_is_there_from_the_start),
        cmocka_unit_test(test_no_more_than_max_active_are_under_way),
        cmocka_unit_test(test_no_more_than_max_per_host_are_under_way),
        cmocka_unit_test(test_rate_is_not_exceeded),
        cmocka_unit_test(test_program_that_holds_up_the_loop_fails_nobody),
        cmocka_unit_test(test_loop_sleeps_while_the_disk_is_waited_for),
        cmocka_unit_test(test_host_is_asked_no_more_often_than_allowed),
    };

    return cmocka_run_group_tests(tests, setup, servers_teardown);
}
