/* SPDX-License-Identifier: MIT */
#include "cli/signals.h"

#include <sys/wait.h>
#include <unistd.h>

#include "support/loop.h"
#include "support/suite.h"

struct probe {
    struct adl_signals signals;
    int n_statuses;
    int n_stops;
    int stopped_by;
};

static void on_stop(int signal_number, void *data)
{
    struct probe *p = data;

    p->n_stops++;
    p->stopped_by = signal_number;
    adl_signals_unref(&p->signals);
}

static void on_status(void *data)
{
    struct probe *p = data;

    assert_int_equal(p->n_stops, 0); /* first what was asked for first */
    p->n_statuses++;
}

static void open_probe(struct probe *p, uv_loop_t *loop)
{
    *p = (struct probe){
        .signals = {.on_stop = on_stop, .on_status = on_status, .data = p},
    };
    assert_int_equal(adl_signals_open(&p->signals, loop), 0);
}

static void test_signals_are_told_on_the_loop(void **state)
{
    static const int stops[] = {SIGINT, SIGTERM, SIGHUP};

    for (size_t i = 0; i < sizeof(stops) / sizeof(stops[0]); i++) {
        static struct probe p;

        open_probe(&p, *state);
        assert_int_equal(adl_signals_get(), 0);
        assert_int_equal(raise(SIGUSR1), 0);
        assert_int_equal(raise(stops[i]), 0);
        assert_int_equal(p.n_stops, 0);
        assert_int_equal(adl_signals_get(), stops[i]);
        uv_run(*state, UV_RUN_DEFAULT);

        assert_int_equal(p.n_statuses, 1);
        assert_int_equal(p.n_stops, 1);
        assert_int_equal(p.stopped_by, stops[i]);
        adl_signals_close(&p.signals);
        uv_run(*state, UV_RUN_DEFAULT);
    }
}

static void test_status_may_be_asked_for_again(void **state)
{
    static struct probe p;

    open_probe(&p, *state);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(raise(SIGUSR1), 0);
        uv_run(*state, UV_RUN_ONCE);
        assert_int_equal(p.n_statuses, i);
    }
    assert_int_equal(p.n_stops, 0);
    adl_signals_close(&p.signals);
}

static void test_what_was_ignored_stays_ignored(void **state)
{
    static struct probe p;
    struct sigaction now;

    assert_true(signal(SIGHUP, SIG_IGN) != SIG_ERR);
    open_probe(&p, *state);
    assert_int_equal(raise(SIGHUP), 0);
    assert_int_equal(adl_signals_get(), 0);
    adl_signals_close(&p.signals);

    assert_int_equal(sigaction(SIGHUP, NULL, &now), 0);
    assert_true(now.sa_handler == SIG_IGN);
    assert_true(signal(SIGHUP, SIG_DFL) != SIG_ERR);
    assert_int_equal(sigaction(SIGINT, NULL, &now), 0);
    assert_true(now.sa_handler == SIG_DFL);
}

/* The loop is held up: nothing of it runs between the two. */
static void test_second_signal_ends_the_program_at_once(void **state)
{
    static struct probe p;
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        open_probe(&p, *state);
        (void)raise(SIGTERM);
        (void)raise(SIGINT);
        _exit(99);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 130);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, loop_setup, loop_teardown)

TEST_SUITE(cli_signals)
{
    static const int defaults[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
    const struct CMUnitTest tests[] = {
        TEST(test_signals_are_told_on_the_loop),
        TEST(test_status_may_be_asked_for_again),
        TEST(test_what_was_ignored_stays_ignored),
        TEST(test_second_signal_ends_the_program_at_once),
    };

    for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
        (void)signal(defaults[i], SIG_DFL); /* whoever runs the tests */
    }
    return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
