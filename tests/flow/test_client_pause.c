/* SPDX-License-Identifier: MIT */
/* Bodies handed to a callback piece by piece, stopped and resumed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "site/pattern.h"
#include "support/client.h"
#include "support/http.h"
#include "support/suite.h"

#define LARGE (8 * 1024 * 1024)

/* What an on_body callback sees and does. */
struct stream {
    struct outcome outcome; /* first: what callbacks are handed */
    uint64_t size;
    int n_pieces;
    int n_restarts;
    int answer;       /* of the callback */
    bool resumes;     /* inside the callback, before it answers */
    uv_timer_t timer; /* resumes after each piece */
    bool has_timer;
};

static struct servers *servers;

static void check_bytes(const struct asyncdl_chunk *chunk)
{
    static uint8_t expected[1 << 20];

    assert_true(chunk->len > 0 && chunk->len <= sizeof(expected));
    adl_pattern_fill(expected, chunk->len, 0, chunk->offset);
    assert_memory_equal(chunk->bytes, expected, chunk->len);
}

static void on_timer(uv_timer_t *timer)
{
    struct stream *s = timer->data;

    if (s->outcome.transfer != NULL) {
        asyncdl_transfer_resume(s->outcome.transfer);
    }
}

static int on_body(struct asyncdl_transfer *transfer,
                   const struct asyncdl_chunk *chunk, void *data)
{
    struct stream *s = data;

    if (chunk->offset == 0) {
        s->n_restarts += s->n_pieces > 0 ? 1 : 0;
        s->size = 0;
    }
    assert_int_equal(chunk->offset, s->size);
    check_bytes(chunk);
    s->size += chunk->len;
    s->n_pieces++;
    if (s->resumes) {
        asyncdl_transfer_resume(transfer);
    }
    if (s->has_timer) {
        (void)uv_timer_start(&s->timer, on_timer, 0, 0);
    }
    return s->answer;
}

static void start(struct rig *rig, struct stream *s, const char *url)
{
    rig_fetch(rig, &s->outcome, rig_stream(url, on_body));
}

static void add_timer(struct rig *rig, struct stream *s)
{
    assert_int_equal(uv_timer_init(&rig->loop, &s->timer), 0);
    s->timer.data = s;
    s->has_timer = true;
}

/* Turns of a loop that need not be idle. */
static void turn(struct rig *rig, int n)
{
    for (int i = 0; i < n; i++) {
        (void)uv_run(&rig->loop, UV_RUN_NOWAIT);
    }
}

static uint64_t count_active(void)
{
    json_t *stats = http_need_json(servers->site.port, "/stats");
    json_int_t n = json_integer_value(json_object_get(stats, "active"));

    json_decref(stats);
    return (uint64_t)n;
}

static void test_stream_gets_the_whole_body_in_order(void **state)
{
    struct stream s = {0};
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    start(&rig, &s, rig_url(&servers->site, "/bytes/%d", LARGE));
    rig_run(&rig);

    assert_int_equal(s.outcome.n_done, 1);
    assert_int_equal(s.outcome.err, 0);
    assert_int_equal(s.size, LARGE);
    assert_int_equal(s.outcome.bytes, LARGE);
    rig_close(&rig);
}

/* The server waits for the client: it can only hand over what the kernel
 * holds, which is far less than the body. */
static void test_pause_stops_the_socket_until_resume(void **state)
{
    struct stream s = {.answer = ASYNCDL_PAUSE};
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    start(&rig, &s, rig_url(&servers->site, "/bytes/%d", 64 * LARGE));
    rig_run_until(&rig, &s.n_pieces, 1);
    turn(&rig, 10000);

    assert_int_equal(s.n_pieces, 1);
    assert_int_equal(s.outcome.n_done, 0);
    assert_int_equal(count_active(), 1);

    asyncdl_transfer_resume(s.outcome.transfer);
    rig_run_until(&rig, &s.n_pieces, 2);
    turn(&rig, 1000);
    assert_int_equal(s.n_pieces, 2);
    rig_close(&rig);
    assert_int_equal(s.outcome.err, -ECANCELED);
}

static void test_body_arrives_whole_with_a_pause_at_each_piece(void **state)
{
    struct stream s = {.answer = ASYNCDL_PAUSE};
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    add_timer(&rig, &s);
    start(&rig, &s, rig_url(&servers->site, "/bytes/%d", LARGE));
    rig_run(&rig);

    assert_int_equal(s.outcome.err, 0);
    assert_int_equal(s.size, LARGE);
    assert_true(s.n_pieces > 1);
    uv_close((uv_handle_t *)&s.timer, NULL);
    rig_close(&rig);
}

static void test_resume_inside_the_callback_undoes_its_pause(void **state)
{
    struct stream s = {.answer = ASYNCDL_PAUSE, .resumes = true};
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    start(&rig, &s,
          rig_url(&servers->site, "/bytes/%d?cut=%d&cuts=1", LARGE, LARGE / 2));
    rig_run(&rig);

    assert_int_equal(s.outcome.err, 0);
    assert_int_equal(s.size, LARGE);
    assert_int_equal(s.outcome.attempts, 2); /* the next attempt reads, too */
    rig_close(&rig);
}

static void test_resume_of_a_running_one_does_not_undo_a_later_pause(
    void **state)
{
    struct stream s = {.answer = ASYNCDL_PAUSE};
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    start(&rig, &s, rig_url(&servers->site, "/bytes/%d", 64 * LARGE));
    while (s.n_pieces == 0) { /* in the same turn as the first piece, too */
        asyncdl_transfer_resume(s.outcome.transfer);
        (void)uv_run(&rig.loop, UV_RUN_ONCE);
    }
    turn(&rig, 1000);

    assert_int_equal(s.n_pieces, 1);
    rig_close(&rig);
}

static void test_pause_before_the_start_holds_the_body_back(void **state)
{
    struct stream s = {0};
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    start(&rig, &s, rig_url(&servers->site, "/bytes/%d", 64 * LARGE));
    asyncdl_transfer_pause(s.outcome.transfer);
    asyncdl_transfer_pause(s.outcome.transfer); /* twice is once */
    while (count_active() < 1) {
        turn(&rig, 1);
    }
    turn(&rig, 1000);
    assert_int_equal(s.n_pieces, 0);

    asyncdl_transfer_resume(s.outcome.transfer);
    rig_run_until(&rig, &s.n_pieces, 3);
    rig_close(&rig);
}

static void test_close_ends_what_is_paused(void **state)
{
    struct stream s = {.answer = ASYNCDL_PAUSE};
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    start(&rig, &s, rig_url(&servers->site, "/bytes/%d", 64 * LARGE));
    rig_run_until(&rig, &s.n_pieces, 1);
    rig_close(&rig);

    assert_int_equal(s.outcome.n_done, 1);
    assert_int_equal(s.outcome.err, -ECANCELED);
}

static void test_error_of_the_callback_ends_the_download_for_good(void **state)
{
    static const int errors[] = {-EIO, ASYNCDL_ERESET, ASYNCDL_EHTTP};

    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        const char *url = rig_url(&servers->site, "/bytes/%d", LARGE);
        const char *mirrors[] = {url, NULL};
        struct stream s = {.answer = errors[i]};
        struct rig rig;

        rig_open(&rig, NULL);
        struct asyncdl_request request = rig_stream(url, on_body);
        request.mirrors = mirrors;
        rig_fetch(&rig, &s.outcome, request);
        rig_run(&rig);
        assert_int_equal(s.outcome.n_done, 1);
        assert_int_equal(s.outcome.err, errors[i]);
        assert_int_equal(s.outcome.attempts, 1);
        assert_int_equal(s.n_pieces, 1);
        assert_false(s.outcome.retryable);
        rig_close(&rig);
    }
}

static void refuse(uv_timer_t *timer)
{
    struct stream *s = timer->data;

    s->answer = -EIO; /* of the bytes that libcurl holds back */
    asyncdl_transfer_resume(s->outcome.transfer);
}

static void test_error_of_the_callback_after_a_resume_ends_it_too(void **state)
{
    struct stream s = {.answer = ASYNCDL_PAUSE};
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    start(&rig, &s, rig_url(&servers->site, "/bytes/%d", 64 * LARGE));
    rig_run_until(&rig, &s.n_pieces, 1);
    add_timer(&rig, &s);
    s.has_timer = false;
    turn(&rig, 100); /* until something is held back */
    (void)uv_timer_start(&s.timer, refuse, 0, 0);
    rig_run(&rig);

    assert_int_equal(s.outcome.err, -EIO);
    assert_int_equal(s.n_pieces, 2);
    assert_int_equal(s.outcome.attempts, 1);
    uv_close((uv_handle_t *)&s.timer, NULL);
    rig_close(&rig);
}

static void test_cut_body_starts_over_where_it_cannot_be_resumed(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct stream s = {0};
    struct rig rig;

    (void)state;
    options.retry_delay_ms = 1;
    rig_open(&rig, &options);
    start(&rig, &s,
          rig_url(&servers->site, "/bytes/300000?cut=200000&cuts=1&ranges=no"));
    rig_run(&rig);

    assert_int_equal(s.outcome.err, 0);
    assert_int_equal(s.n_restarts, 1);
    assert_int_equal(s.size, 300000);
    rig_close(&rig);
}

static void test_cut_body_goes_on_where_it_can_be_resumed(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct stream s = {0};
    struct rig rig;

    (void)state;
    options.retry_delay_ms = 1;
    rig_open(&rig, &options);
    start(&rig, &s, rig_url(&servers->site, "/bytes/300000?cut=200000&cuts=1"));
    rig_run(&rig);

    assert_int_equal(s.outcome.err, 0);
    assert_int_equal(s.outcome.attempts, 2);
    assert_int_equal(s.n_restarts, 0);
    assert_int_equal(s.size, 300000);
    rig_close(&rig);
}

/* The connect timeout is far longer: it is not what is waited for. */
static void test_stall_is_noticed_also_after_a_pause(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct stream s = {.answer = ASYNCDL_PAUSE};
    struct rig rig;

    (void)state;
    options.stall_timeout_ms = 50;
    options.n_retries = ASYNCDL_NONE;
    options.connect_timeout_ms = 24 * 3600 * 1000;
    rig_open(&rig, &options);
    start(&rig, &s, rig_url(&servers->site, "/stall?after=1000"));
    rig_run_until(&rig, &s.n_pieces, 1);
    uint64_t paused_ms = uv_now(&rig.loop);
    while (uv_now(&rig.loop) < paused_ms + 150) { /* longer than the timeout */
        (void)uv_run(&rig.loop, UV_RUN_ONCE);
    }
    assert_int_equal(s.outcome.n_done, 0);

    asyncdl_transfer_resume(s.outcome.transfer);
    rig_run(&rig);
    assert_int_equal(s.outcome.err, ASYNCDL_ESTALL);
    rig_close(&rig);
}

static int setup(void **state)
{
    int err = servers_setup(state);

    servers = *state;
    return err;
}

TEST_SUITE(client_pause)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream_gets_the_whole_body_in_order),
        cmocka_unit_test(test_pause_stops_the_socket_until_resume),
        cmocka_unit_test(test_body_arrives_whole_with_a_pause_at_each_piece),
        cmocka_unit_test(test_resume_inside_the_callback_undoes_its_pause),
        cmocka_unit_test(
            test_resume_of_a_running_one_does_not_undo_a_later_pause),
        cmocka_unit_test(test_pause_before_the_start_holds_the_body_back),
        cmocka_unit_test(test_close_ends_what_is_paused),
        cmocka_unit_test(test_error_of_the_callback_ends_the_download_for_good),
        cmocka_unit_test(test_error_of_the_callback_after_a_resume_ends_it_too),
        cmocka_unit_test(test_cut_body_starts_over_where_it_cannot_be_resumed),
        cmocka_unit_test(test_cut_body_goes_on_where_it_can_be_resumed),
        cmocka_unit_test(test_stall_is_noticed_also_after_a_pause),
    };

    return cmocka_run_group_tests(tests, setup, servers_teardown);
}
