/* SPDX-License-Identifier: MIT */
/* What observers are told, and when a client asks for more. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/client.h"
#include "support/suite.h"
#include "support/tmpdir.h"

#define N_STREAMED 20000
#define N_QUICK    6
#define N_LOW      64
#define N_AGAIN    400

static struct servers *servers;

/* The events of one transfer, a letter each. */
struct diary {
    char letters[64];
    size_t n;
    struct asyncdl_event retry; /* the last one; its pointers are gone */
    char reason[128];
    char retry_url[128];
    char last_url[128];
    uint64_t last_bytes;
};

static void write_down(const struct asyncdl_event *event, void *data)
{
    static const char letters[] = "QSFPRTD";
    struct diary *d = data;

    assert_int_equal(event->id, 1);
    assert_int_equal(event->index, 77);
    assert_int_equal(event->result != NULL, event->type == ASYNCDL_EVENT_DONE);
    assert_int_equal(event->attempt == 0, event->type == ASYNCDL_EVENT_QUEUED);
    assert_int_equal(event->time != NULL,
                     event->type == ASYNCDL_EVENT_RETRY ||
                         event->type == ASYNCDL_EVENT_REDIRECT ||
                         event->type == ASYNCDL_EVENT_DONE);
    if (event->time != NULL) { /* each attempt of these got an answer */
        assert_true(event->time->first_byte_s > 0);
        assert_true(event->time->total_s >= event->time->first_byte_s);
    }
    assert_true(d->n + 1 < sizeof(d->letters));
    d->letters[d->n++] = letters[event->type];
    (void)snprintf(d->last_url, sizeof(d->last_url), "%s", event->url);
    d->last_bytes = event->bytes;
    if (event->type == ASYNCDL_EVENT_RETRY) {
        d->retry = *event;
        (void)snprintf(d->reason, sizeof(d->reason), "%s", event->reason);
        (void)snprintf(d->retry_url, sizeof(d->retry_url), "%s", event->url);
    }
}

static struct diary watch_request(struct outcome *o,
                                  struct asyncdl_request request)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct diary diary = {0};
    struct rig rig;

    options.n_retries = 1;
    options.retry_delay_ms = 2;
    request.index = 77;
    rig_open(&rig, &options);
    assert_int_equal(asyncdl_client_observe(rig.client, write_down, &diary), 0);
    rig_fetch(&rig, o, request);
    assert_int_equal(diary.n, 0); /* never inside the call */
    rig_run(&rig);
    assert_int_equal(o->n_done, 1);
    rig_close(&rig);
    return diary;
}

static struct diary watch(struct outcome *o, const char *url)
{
    return watch_request(o, rig_memory(url));
}

static void test_events_of_a_plain_download(void **state)
{
    struct outcome o = {0};

    (void)state;
    struct diary d = watch(&o, rig_url(&servers->site, "/bytes/100"));

    assert_string_equal(d.letters, "QSFD");
    assert_int_equal(d.last_bytes, 100);
}

static void test_failure_tells_retry_with_reason_and_delay(void **state)
{
    struct outcome o = {0};

    (void)state;
    struct diary d = watch(&o, rig_url(&servers->site, "/status/500"));

    assert_string_equal(d.letters, "QSTSD");
    assert_int_equal(d.retry.err, ASYNCDL_EHTTP);
    assert_string_equal(d.reason, "HTTP status 500");
    assert_in_range(d.retry.delay_ms, 1, 2);
    assert_int_equal(o.attempts, 2);
    assert_int_equal(o.status, 500);
}

static void test_redirect_tells_where_it_goes(void **state)
{
    struct outcome o = {0};

    (void)state;
    struct diary d =
        watch(&o, rig_url(&servers->site, "/redirect/302?to=/bytes/7"));

    assert_string_equal(d.letters, "QSRSFD");
    assert_non_null(strstr(d.last_url, "/bytes/7"));
    assert_int_equal(o.attempts, 1); /* redirects are not counted */
}

static void test_botched_range_is_told_as_a_retry(void **state)
{
    struct outcome o = {0};

    (void)state;
    struct diary d = watch(&o, rig_url(&servers->faultd, "/range-wrong-first"));

    assert_string_equal(d.letters, "QSFTSTSFD");
    assert_int_equal(d.retry.err, ASYNCDL_ERANGE);
    assert_int_equal(d.retry.delay_ms, 0);
    assert_int_equal(o.err, 0);
}

static void test_mirror_is_told_as_a_retry_with_its_url(void **state)
{
    const char *mirrors[] = {rig_url(&servers->site, "/bytes/7"), NULL};
    struct asyncdl_request request =
        rig_memory(rig_url(&servers->site, "/status/404"));
    struct outcome o = {0};

    (void)state;
    request.mirrors = mirrors;
    struct diary d = watch_request(&o, request);

    assert_string_equal(d.letters, "QSTSFD");
    assert_int_equal(d.retry.err, ASYNCDL_EHTTP);
    assert_int_equal(d.retry.delay_ms, 0);
    assert_string_equal(d.reason, "HTTP status 404");
    assert_string_equal(d.retry_url, mirrors[0]);
    assert_int_equal(o.err, 0);
}

static void test_mirror_on_a_held_host_is_passed_over(void **state)
{
    const char *mirrors[] = {rig_url(&servers->site, "/bytes/7"),
                             rig_url(&servers->faultd, "/"), NULL};
    struct asyncdl_request request =
        rig_memory(rig_url(&servers->site, "/status/503?retry_after=86400"));
    struct outcome o = {0};

    (void)state;
    request.mirrors = mirrors;
    struct diary d = watch_request(&o, request);

    assert_string_equal(d.letters, "QSTSFD");
    assert_string_equal(d.retry_url, mirrors[1]);
    assert_int_equal(o.err, 0);
    assert_int_equal(o.attempts, 2);
}

static void test_held_mirrors_fail_as_held(void **state)
{
    const char *mirrors[] = {rig_url(&servers->site, "/bytes/7"), NULL};
    struct asyncdl_request request =
        rig_memory(rig_url(&servers->site, "/status/503?retry_after=86400"));
    struct outcome o = {0};

    (void)state;
    request.mirrors = mirrors;
    struct diary d = watch_request(&o, request);

    assert_string_equal(d.letters, "QSD");
    assert_int_equal(o.err, ASYNCDL_EHELD);
    assert_true(o.retryable);
}

static void test_slow_body_tells_progress(void **state)
{
    struct outcome o = {0};

    (void)state;
    struct diary d =
        watch(&o, rig_url(&servers->site, "/bytes/120000?rate=150000"));

    assert_int_equal(strncmp(d.letters, "QSFP", 4), 0);
    assert_int_equal(d.letters[d.n - 1], 'D');
    assert_int_equal(d.last_bytes, 120000);
}

/* A source of work that makes what is wanted. */
struct source {
    struct rig *rig;
    const char *url;
    enum asyncdl_body body;
    int n_left;
    int n_done;
    int n_wants;
    uint64_t max_waiting;
};

static void count(const struct asyncdl_result *result, void *data)
{
    struct source *s = data;

    assert_int_equal(result->err, 0);
    s->n_done++;
}

static void on_want(size_t n_wanted, void *data)
{
    struct source *s = data;
    struct asyncdl_request request = ASYNCDL_REQUEST_INIT;
    struct asyncdl_client_stats stats;

    request.url = s->url;
    request.body = s->body;
    assert_true(n_wanted > 0);
    s->n_wants++;
    for (; n_wanted > 0 && s->n_left > 0; n_wanted--, s->n_left--) {
        assert_int_equal(
            asyncdl_fetch(NULL, s->rig->client, &request, count, s), 0);
    }
    asyncdl_client_get_stats(s->rig->client, &stats);
    if (stats.n_waiting > s->max_waiting) {
        s->max_waiting = stats.n_waiting;
    }
}

static void test_long_list_is_asked_for_as_it_is_worked_off(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct rig rig;
    struct source s = {.rig = &rig,
                       .url = rig_url(&servers->site, "/bytes/10"),
                       .body = ASYNCDL_BODY_DISCARD,
                       .n_left = N_STREAMED};

    (void)state;
    options.n_queue_low = N_LOW;
    options.max_active = 32;
    rig_open(&rig, &options);
    asyncdl_client_on_want(rig.client, on_want, &s);
    assert_int_equal(s.n_wants, 0); /* later, on the loop */
    rig_run(&rig);

    assert_int_equal(s.n_done, N_STREAMED);
    assert_in_range(s.max_waiting, N_LOW, 4 * N_LOW);
    rig_close(&rig);
}

/* It helps to look further, but each that waits takes memory. */
static void test_no_more_than_1024_wait_for_busy_hosts(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct rig rig;
    struct source s = {.rig = &rig,
                       .url = rig_url(&servers->site, "/bytes/10"),
                       .body = ASYNCDL_BODY_DISCARD,
                       .n_left = 2500};

    (void)state;
    options.n_queue_low = 512;
    options.max_per_host = 2;
    rig_open(&rig, &options);
    asyncdl_client_on_want(rig.client, on_want, &s);
    rig_run(&rig);

    assert_int_equal(s.n_done, 2500);
    assert_in_range(s.max_waiting, 513, 1024);
    rig_close(&rig);
}

/* How many of N_AGAIN files wait at most, when a few slots have them. */
static uint64_t download_again(const char *dir)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct rig rig;
    struct source s = {.rig = &rig,
                       .url = rig_url(&servers->site, "/bytes/10"),
                       .body = ASYNCDL_BODY_FILE,
                       .n_left = N_AGAIN};

    options.dir = dir;
    options.journal = ASYNCDL_JOURNAL_KEEP;
    options.n_queue_low = 4;
    options.max_active = 4;
    rig_open(&rig, &options);
    asyncdl_client_on_want(rig.client, on_want, &s);
    rig_run(&rig);
    assert_int_equal(s.n_done, N_AGAIN);
    rig_close(&rig);
    return s.max_waiting;
}

static void test_many_are_asked_for_while_all_are_found_finished(void **state)
{
    struct tmpdir dir;

    (void)state;
    assert_int_equal(tmpdir_init(&dir), 0);
    const char *out = tmpdir_get_path(&dir, "out");

    assert_in_range(download_again(out), 4, 16);
    assert_in_range(download_again(out), N_AGAIN / 4, N_AGAIN);
    tmpdir_finish(&dir);
}

/* A source whose first requests are for a host that never answers. */
struct sorted {
    struct rig *rig;
    const char *silent;
    const char *quick;
    int n_silent;
    int n_asked;
    int n_quick;
};

static void on_quick(const struct asyncdl_result *result, void *data)
{
    struct sorted *s = data;

    s->n_quick += result->err == 0 ? 1 : 0;
}

static void want_sorted(size_t n_wanted, void *data)
{
    struct sorted *s = data;

    for (; n_wanted > 0 && s->n_asked < s->n_silent + N_QUICK; n_wanted--) {
        bool is_silent = s->n_asked < s->n_silent;
        struct asyncdl_request request =
            rig_memory(is_silent ? s->silent : s->quick);

        assert_int_equal(asyncdl_fetch(NULL, s->rig->client, &request,
                                       is_silent ? NULL : on_quick, s),
                         0);
        s->n_asked++;
    }
}

static void find_behind(int n_silent, uint32_t n_low)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct rig rig;
    struct sorted s = {
        .rig = &rig,
        .silent = rig_url(&servers->site, "/hang"),
        .quick = rig_url(&servers->faultd, "/ok"),
        .n_silent = n_silent,
    };

    options.n_queue_low = n_low;
    options.max_active = 4;
    options.max_per_host = 2;
    rig_open(&rig, &options);
    asyncdl_client_on_want(rig.client, want_sorted, &s);
    rig_run_until(&rig, &s.n_quick, N_QUICK);

    assert_int_equal(s.n_asked, n_silent + N_QUICK);
    rig_close(&rig);
}

static void test_busy_host_does_not_hide_those_behind_it(void **state)
{
    (void)state;
    find_behind(12, 4); /* less than four times as many */
}

static void test_nor_do_thousands_for_a_host_that_never_answers(void **state)
{
    (void)state;
    find_behind(5000, 4);
    find_behind(5000, 2000);
}

static void test_source_is_asked_once_until_it_fetches(void **state)
{
    struct rig rig;
    struct source s = {.rig = &rig, .body = ASYNCDL_BODY_DISCARD};
    struct outcome o = {0};

    (void)state;
    rig_open(&rig, NULL);
    rig_fetch(&rig, &o, rig_memory(rig_url(&servers->site, "/bytes/10")));
    asyncdl_client_on_want(rig.client, on_want, &s); /* has nothing to give */
    rig_run(&rig);
    assert_int_equal(s.n_wants, 1);

    rig_fetch(&rig, &o, rig_memory(rig_url(&servers->site, "/bytes/10")));
    rig_run(&rig);
    assert_int_equal(s.n_wants, 2);

    asyncdl_client_on_want(rig.client, NULL, NULL);
    rig_fetch(&rig, &o, rig_memory(rig_url(&servers->site, "/bytes/10")));
    rig_run(&rig);
    assert_int_equal(s.n_wants, 2);
    rig_close(&rig);
}

static int setup(void **state)
{
    int err = servers_setup(state);

    servers = *state;
    return err;
}

TEST_SUITE(client_events)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_events_of_a_plain_download),
        cmocka_unit_test(test_failure_tells_retry_with_reason_and_delay),
        cmocka_unit_test(test_redirect_tells_where_it_goes),
        cmocka_unit_test(test_botched_range_is_told_as_a_retry),
        cmocka_unit_test(test_mirror_is_told_as_a_retry_with_its_url),
        cmocka_unit_test(test_mirror_on_a_held_host_is_passed_over),
        cmocka_unit_test(test_held_mirrors_fail_as_held),
        cmocka_unit_test(test_slow_body_tells_progress),
        cmocka_unit_test(test_long_list_is_asked_for_as_it_is_worked_off),
        cmocka_unit_test(test_no_more_than_1024_wait_for_busy_hosts),
        cmocka_unit_test(test_many_are_asked_for_while_all_are_found_finished),
        cmocka_unit_test(test_busy_host_does_not_hide_those_behind_it),
        cmocka_unit_test(test_nor_do_thousands_for_a_host_that_never_answers),
        cmocka_unit_test(test_source_is_asked_once_until_it_fetches),
    };

    return cmocka_run_group_tests(tests, setup, servers_teardown);
}
