/* SPDX-License-Identifier: MIT */
#include "cli/out.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/loop.h"
#include "support/suite.h"

static void add(struct adl_out *out, size_t len)
{
    static char line[4096];

    memset(line, 'x', sizeof(line));
    while (len > 0) {
        size_t n = len < sizeof(line) ? len : sizeof(line);

        assert_int_equal(adl_buf_add(&out->text, line, n), 0);
        adl_out_added(out);
        len -= n;
    }
}

/* How many bytes are in a pipe whose reading end does not block. */
static size_t count(int fd)
{
    char chunk[4096];
    size_t len = 0;
    ssize_t n;

    while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
        len += (size_t)n;
    }
    return len;
}

static void open_pipe(int fds[2])
{
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
}

static void test_text_is_gathered_and_written_in_time(void **state)
{
    static struct adl_out out;
    uv_loop_t *loop = *state;
    int fds[2];

    open_pipe(fds);
    assert_int_equal(adl_out_init(&out, loop, fds[1]), 0);
    add(&out, 100);
    assert_int_equal(count(fds[0]), 0);

    uv_ref((uv_handle_t *)&out.timer); /* here it is the only reason to go on */
    uv_run(loop, UV_RUN_ONCE);
    assert_int_equal(count(fds[0]), 100);
    adl_out_stop(&out);
    adl_out_finish(&out);
    assert_int_equal(close(fds[0]), 0);
    assert_int_equal(close(fds[1]), 0);
}

static void test_a_reader_that_is_slow_holds_nothing_up(void **state)
{
    static struct adl_out out;
    size_t len = (size_t)512 * 1024; /* more than a pipe holds */
    int fds[2];

    open_pipe(fds);
    assert_int_equal(adl_out_init(&out, *state, fds[1]), 0);
    add(&out, len); /* would never return if it waited */

    size_t n = count(fds[0]);
    assert_true(n > 0 && n < len);
    assert_int_equal(out.text.len, len - n);
    adl_out_stop(&out);
    adl_out_finish(&out);
    assert_int_equal(close(fds[0]), 0);
    assert_int_equal(close(fds[1]), 0);
}

static void test_flush_waits_no_longer_than_it_may(void **state)
{
    static struct adl_out out;
    size_t len = (size_t)512 * 1024; /* more than a pipe holds */
    int fds[2];

    open_pipe(fds);
    assert_int_equal(adl_out_init(&out, *state, fds[1]), 0);
    add(&out, len);
    assert_int_equal(adl_out_flush(&out, 5), -ETIMEDOUT);
    while (adl_out_flush(&out, 5) == -ETIMEDOUT) {
        len -= count(fds[0]);
    }
    assert_int_equal(count(fds[0]), len); /* and loses nothing */
    adl_out_stop(&out);
    adl_out_finish(&out);
    assert_int_equal(close(fds[0]), 0);
    assert_int_equal(close(fds[1]), 0);
}

static void test_nothing_is_kept_when_nobody_reads(void **state)
{
    static struct adl_out out;
    int fds[2];

    open_pipe(fds);
    assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    assert_int_equal(adl_out_init(&out, *state, fds[1]), 0);
    assert_int_equal(close(fds[0]), 0);
    add(&out, 10);

    assert_int_equal(adl_out_flush(&out, 1000), -EPIPE);
    add(&out, 1000000);
    assert_int_equal(out.text.len, 0);
    assert_int_equal(adl_out_flush(&out, 1000), -EPIPE);
    adl_out_stop(&out);
    adl_out_finish(&out);
    assert_int_equal(close(fds[1]), 0);
}

static void test_a_full_disk_is_an_error(void **state)
{
    static struct adl_out out;
    int fd = open("/dev/full", O_WRONLY);

    if (fd < 0) {
        skip();
    }
    assert_int_equal(adl_out_init(&out, *state, fd), 0);
    add(&out, 10);
    assert_int_equal(adl_out_flush(&out, 1000), -ENOSPC);
    adl_out_stop(&out);
    adl_out_finish(&out);
    assert_int_equal(close(fd), 0);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, loop_setup, loop_teardown)

TEST_SUITE(cli_out)
{
    const struct CMUnitTest tests[] = {
        TEST(test_text_is_gathered_and_written_in_time),
        TEST(test_a_reader_that_is_slow_holds_nothing_up),
        TEST(test_flush_waits_no_longer_than_it_may),
        TEST(test_nothing_is_kept_when_nobody_reads),
        TEST(test_a_full_disk_is_an_error),
    };

    return cmocka_run_group_tests_name("out", tests, NULL, NULL);
}
