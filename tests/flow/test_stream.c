/* SPDX-License-Identifier: MIT */
/* Lists that come slowly, or are larger than memory should be. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/cmd.h"
#include "support/effort.h"
#include "support/http.h"
#include "support/server.h"
#include "support/suite.h"

#define TURN_MS 5
#define N_TURNS 4000

/* A list that does not fit into the memory that may be used. */
#define N_LINES  effort(15000, 5000)
#define LINE_LEN 2000
#define N_BOMBS  8
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN
#endif
#ifdef HAS_ASAN
#define MAX_RSS_KIB (1024 * 1024) /* what is freed is kept for a while */
#else
#define MAX_RSS_KIB (40 * 1024)
#endif

static struct server site;

static void need_site(void)
{
    static const char *const args[] = {"--latency", "0", NULL};

    server_need(&site, server_start_site(&site, args));
}

/* Wait until the site has seen so many requests. */
static void wait_for_requests(json_int_t n_wanted)
{
    for (int i = 0; i < N_TURNS; i++) {
        json_t *stats = http_need_json(site.port, "/stats");
        json_int_t n = 0;

        assert_int_equal(json_unpack(stats, "{s:I}", "requests", &n), 0);
        json_decref(stats);
        if (n >= n_wanted) {
            return;
        }
        (void)poll(NULL, 0, TURN_MS);
    }
    fail_msg("the request did not come");
}

static const char *line(struct cmd *cmd, unsigned size)
{
    return cmd_text(cmd, "http://127.0.0.1:%u/bytes/%u\n", site.port, size);
}

static void test_standard_input_is_acted_on_before_it_ends(void **state)
{
    struct cmd cmd;

    (void)state;
    need_site();
    cmd_init(&cmd);
    cmd_add(&cmd, "-", NULL);
    cmd.options.keeps_input = true;
    struct proc *proc = cmd_start(&cmd);
    for (unsigned i = 1; i <= 3; i++) {
        const char *text = line(&cmd, i);

        assert_int_equal(proc_write(proc, text, strlen(text)), 0);
        wait_for_requests(i);
    }
    assert_true(proc_is_running(proc));
    proc_close_input(proc);
    cmd_wait(&cmd, proc, 0);

    assert_true(tmpdir_is_pattern(&cmd.dir, "out/3", 3, 0));
    assert_int_equal(cmd_count_files(&cmd), 3);
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_options_that_come_at_once_belong_to_their_url(void **state)
{
    struct cmd cmd;

    (void)state;
    need_site();
    cmd_init(&cmd);
    cmd_add(&cmd, "-", NULL);
    cmd.options.keeps_input = true;
    struct proc *proc = cmd_start(&cmd);
    const char *text = cmd_text(&cmd, "%s out=named\n", line(&cmd, 10));

    assert_int_equal(proc_write(proc, text, strlen(text)), 0);
    wait_for_requests(1);
    proc_close_input(proc);
    cmd_wait(&cmd, proc, 0);

    assert_true(tmpdir_is_pattern(&cmd.dir, "out/named", 10, 0));
    cmd_finish(&cmd);
    server_stop(&site);
}

/* Open it to write as soon as there is a reader. */
static int open_fifo(const char *path)
{
    for (int i = 0; i < N_TURNS; i++) {
        int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

        if (fd >= 0) {
            return fd;
        }
        assert_int_equal(errno, ENXIO);
        (void)poll(NULL, 0, TURN_MS);
    }
    fail_msg("nobody reads the FIFO");
    return -1;
}

static void test_fifo_is_read_until_its_writer_is_gone(void **state)
{
    struct cmd cmd;

    (void)state;
    need_site();
    cmd_init(&cmd);
    const char *path = tmpdir_get_path(&cmd.dir, "fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    cmd_add(&cmd, path, NULL);
    struct proc *proc = cmd_start(&cmd);
    int fd = open_fifo(path);
    for (unsigned i = 1; i <= 2; i++) {
        const char *text = line(&cmd, i);

        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        wait_for_requests(i);
    }
    assert_true(proc_is_running(proc));
    assert_int_equal(close(fd), 0);
    cmd_wait(&cmd, proc, 0);

    assert_int_equal(cmd_count_files(&cmd), 2);
    cmd_finish(&cmd);
    server_stop(&site);
}

static void test_empty_input_is_no_error(void **state)
{
    struct cmd cmd;

    (void)state;
    cmd_init(&cmd);
    cmd_add(&cmd, "-", NULL);
    cmd_run(&cmd, 0);

    cmd_need_text(cmd.out, "Downloaded 0 sites in ");
    assert_string_equal(cmd.err, "");
    cmd_finish(&cmd);
}

static void test_memory_does_not_grow_with_the_list(void **state)
{
    static const char config[] = "keepalive_requests 1000000;\n"
                                 "server { listen 127.0.0.1:@PORT@;\n"
                                 "location / { return 200 ok; } }";
    struct server nginx;
    struct adl_buf list = {0};
    char padding[LINE_LEN + 1];
    struct rusage usage;
    struct cmd cmd;

    (void)state;
    server_need(&nginx, server_start_nginx(&nginx, config));
    cmd_init(&cmd);
    memset(padding, 'x', LINE_LEN);
    padding[LINE_LEN] = '\0';
    cmd_add(&cmd, "--discard", "-", NULL);
    cmd.options.keeps_input = true;
    cmd.options.timeout_ms = 100000;
    struct proc *proc = cmd_start(&cmd);
    for (unsigned i = 0; i < N_LINES; i++) {
        adl_buf_reset(&list);
        assert_int_equal(adl_buf_addf(&list, "http://127.0.0.1:%u/%u?%s\n",
                                      nginx.port, i, padding),
                         0);
        assert_int_equal(proc_write(proc, list.data, list.len), 0);
    }
    proc_close_input(proc);
    cmd_wait(&cmd, proc, 0);
    cmd_need_text(cmd.out, cmd_text(&cmd, "Downloaded %u sites", N_LINES));

    assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
    assert_true(usage.ru_maxrss <= MAX_RSS_KIB);
    adl_buf_finish(&list);
    cmd_finish(&cmd);
    server_stop(&nginx);
}

/* A kilobyte of them stands for a megabyte, and while an attempt is paused all
 * that was read is kept, decoded. */
static void test_memory_does_not_grow_with_what_is_decoded(void **state)
{
    struct rusage usage;
    struct cmd cmd;

    (void)state;
    need_site();
    cmd_init(&cmd);
    cmd_add(&cmd, "--compressed", "--discard", "--limit-rate", "8M",
            "--max-filesize", "2M", NULL);
    for (int i = 0; i < N_BOMBS; i++) {
        cmd_add(&cmd,
                cmd_text(&cmd, "http://127.0.0.1:%u/bomb?%d", site.port, i),
                NULL);
    }
    cmd_run(&cmd, 1);
    cmd_need_text(cmd.err,
                  cmd_text(&cmd, "%d  body larger than allowed", N_BOMBS));

    assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
    assert_true(usage.ru_maxrss <= MAX_RSS_KIB);
    cmd_finish(&cmd);
    server_stop(&site);
}

TEST_SUITE(stream)
{
    const struct CMUnitTest tests[] = {
        /* first, because children add up */
        cmocka_unit_test(test_memory_does_not_grow_with_the_list),
        cmocka_unit_test(test_memory_does_not_grow_with_what_is_decoded),
        cmocka_unit_test(test_standard_input_is_acted_on_before_it_ends),
        cmocka_unit_test(test_options_that_come_at_once_belong_to_their_url),
        cmocka_unit_test(test_fifo_is_read_until_its_writer_is_gone),
        cmocka_unit_test(test_empty_input_is_no_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
