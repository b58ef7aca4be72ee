/* SPDX-License-Identifier: MIT */
/* Several clients: on one loop, on several threads, and one too many. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/client.h"
#include "support/scratch.h"
#include "support/suite.h"
#include "support/tmpdir.h"

#define N_THREADS 4
#define N_EACH    50

static struct servers *servers;

static void test_clients_share_a_loop(void **state)
{
    struct outcome outcomes[3 * N_EACH] = {0};
    struct asyncdl_client *clients[3];
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    clients[0] = rig.client;
    for (int i = 1; i < 3; i++) {
        assert_int_equal(asyncdl_client_open(&clients[i], &rig.loop, NULL), 0);
    }
    for (int i = 0; i < 3 * N_EACH; i++) {
        rig.client = clients[i % 3];
        rig_fetch(&rig, &outcomes[i],
                  rig_memory(rig_url(&servers->site, "/bytes/5000")));
    }
    rig_run(&rig);
    for (int i = 0; i < 3 * N_EACH; i++) {
        assert_int_equal(outcomes[i].n_done, 1);
        assert_true(outcomes[i].is_pattern);
    }
    asyncdl_client_close(clients[1], NULL, NULL); /* on_closed may be NULL */
    asyncdl_client_close(clients[2], NULL, NULL);
    rig.client = clients[0];
    rig_close(&rig);
}

/* The asserts of cmocka are for its own thread: others only count. */
struct worker {
    uv_thread_t thread;
    uv_barrier_t *all_done;
    char url[64];
    char dir[64];
    int n_good;
    int err;
};

static void count_good(const struct asyncdl_result *result, void *data)
{
    struct worker *w = data;

    w->n_good += result->err == 0 && result->bytes == 70000;
}

static void run_worker(void *data)
{
    struct worker *w = data;
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct asyncdl_request request = ASYNCDL_REQUEST_INIT;
    struct asyncdl_client *client;
    uv_loop_t loop;

    (void)uv_loop_init(&loop);
    options.dir = w->dir;
    request.url = w->url;
    w->err = asyncdl_client_open(&client, &loop, &options);
    for (int i = 0; i < N_EACH && w->err == 0; i++) {
        request.body = i % 2 == 0 ? ASYNCDL_BODY_MEMORY : ASYNCDL_BODY_FILE;
        w->err = asyncdl_fetch(NULL, client, &request, count_good, w);
    }
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    asyncdl_client_close(client, NULL, NULL);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    /* libuv closes descriptors unseen by ThreadSanitizer, which would take a
     * number that another thread is given next for the same descriptor. */
    (void)uv_barrier_wait(w->all_done);
    w->err = w->err == 0 ? uv_loop_close(&loop) : w->err;
}

static void test_loops_of_several_threads_have_a_client_each(void **state)
{
    struct worker workers[N_THREADS] = {0};
    uv_barrier_t all_done;
    struct tmpdir dir;

    (void)state;
    assert_int_equal(tmpdir_init(&dir), 0);
    assert_int_equal(uv_barrier_init(&all_done, N_THREADS), 0);
    for (int i = 0; i < N_THREADS; i++) {
        struct worker *w = &workers[i];

        w->all_done = &all_done;
        (void)snprintf(w->url, sizeof(w->url), "%s",
                       rig_url(&servers->site, "/bytes/70000"));
        (void)snprintf(w->dir, sizeof(w->dir), "%s",
                       tmpdir_get_path(&dir, "%d", i));
        assert_int_equal(uv_thread_create(&w->thread, run_worker, w), 0);
    }
    for (int i = 0; i < N_THREADS; i++) {
        assert_int_equal(uv_thread_join(&workers[i].thread), 0);
        assert_int_equal(workers[i].err, 0);
        assert_int_equal(workers[i].n_good, N_EACH);
    }
    uv_barrier_destroy(&all_done);
    tmpdir_finish(&dir);
}

static void test_open_without_descriptors_leaves_nothing_on_the_loop(
    void **state)
{
    struct asyncdl_client *client = NULL;
    struct rlimit old;
    uv_loop_t loop;

    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    int n_fds = scratch_count_fds();
    int lowest = fcntl(0, F_DUPFD, 3); /* the first number that is free */
    assert_true(lowest >= 3);
    assert_int_equal(close(lowest), 0);
    int err = 0;
    for (rlim_t n_more = 0; n_more < 8; n_more++) {
        struct rlimit few = {.rlim_cur = (rlim_t)lowest + n_more,
                             .rlim_max = old.rlim_max};

        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        err = asyncdl_client_open(&client, &loop, NULL);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
        assert_int_not_equal(n_more == 0 && err == 0, 1);
        if (err == 0) {
            asyncdl_client_close(client, NULL, NULL);
            assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
        }
        assert_int_equal(uv_loop_alive(&loop), 0);
        assert_int_equal(scratch_count_fds(), n_fds);
    }
    assert_int_equal(err, 0); /* with enough of them it opens */
    assert_int_equal(uv_loop_close(&loop), 0);
}

static int setup(void **state)
{
    int err = servers_setup(state);

    servers = *state;
    return err;
}

TEST_SUITE(client_many)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clients_share_a_loop),
        cmocka_unit_test(test_loops_of_several_threads_have_a_client_each),
        cmocka_unit_test(
            test_open_without_descriptors_leaves_nothing_on_the_loop),
    };

    return cmocka_run_group_tests(tests, setup, servers_teardown);
}
