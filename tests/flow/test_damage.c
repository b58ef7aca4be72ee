/* SPDX-License-Identifier: MIT */
/* Runs that are killed, and disks that are full: no torn file ever stands under
 * a final name, and the next run ends the work. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "support/download.h"
#include "support/scratch.h"
#include "support/suite.h"

#define N_FILES    60
#define FILE_BYTES 30000
#define WAIT_MS    5
#define N_WAITS    4000

/* Every second body waits in its middle, the first time it is asked for. */
static void make_list(struct adl_buf *list, const char *salt)
{
    for (int i = 0; i < N_FILES; i++) {
        assert_int_equal(
            adl_buf_addf(list, "http://@SITE@/bytes/%d/%d?%s%s\n", FILE_BYTES,
                         i, i % 2 == 0 ? "stall=20000&cuts=1&" : "", salt),
            0);
    }
}

/* Every file under a final name is whole. How many there are. */
static size_t check_whole(struct download *d)
{
    struct tmpdir_files files;
    size_t n = 0;

    if (tmpdir_list(&files, &d->cmd.dir, "out") < 0) {
        return 0;
    }
    for (size_t i = 0; i < files.n; i++) {
        const char *name = strrchr(files.files[i].name, '/');

        name = name != NULL ? name + 1 : files.files[i].name;
        if (strstr(files.files[i].name, ".asyncdl/") == NULL) {
            download_need_pattern(d, name, FILE_BYTES, 0);
            n++;
        }
    }
    tmpdir_files_finish(&files);
    return n;
}

/* Or it waits again in the next run. */
static void wait_for_all(struct download *d, struct proc *proc, uint64_t before)
{
    while (download_count_requests(d, NULL) - before < N_FILES) {
        assert_true(proc_is_running(proc));
        (void)poll(NULL, 0, 1);
    }
}

static void check_killed_after(void **state, int n_lines, const char *salt)
{
    struct download d;
    struct adl_buf list = {0};
    char line[256];

    download_init(&d, *state);
    make_list(&list, salt);
    uint64_t before = download_count_requests(&d, NULL);
    struct proc *proc = download_start(&d, adl_buf_str(&list), NULL);
    for (int i = 0; i < n_lines; i++) {
        assert_int_equal(proc_read_line(proc, line, sizeof(line)), 0);
    }
    wait_for_all(&d, proc, before);
    assert_int_equal(proc_signal(proc, SIGKILL), 0);
    cmd_wait(&d.cmd, proc, -1);
    assert_int_equal(d.cmd.result.signal, SIGKILL);

    size_t n_whole = check_whole(&d);
    assert_true(n_whole >= (size_t)n_lines);
    assert_true(n_whole <= N_FILES / 2); /* the others wait */
    download_run(&d, adl_buf_str(&list), NULL, 0);
    assert_int_equal(check_whole(&d), N_FILES);
    assert_int_equal(cmd_count_files(&d.cmd), N_FILES); /* nothing aside */
    adl_buf_finish(&list);
    download_finish(&d);
}

static void test_a_killed_run_leaves_only_whole_files(void **state)
{
    check_killed_after(state, 1, "one");
    check_killed_after(state, 9, "nine");
    check_killed_after(state, N_FILES / 2, "half");
}

/* Nothing is finished yet, all bodies wait in their middle. */
static void test_a_run_killed_within_bodies_leaves_no_file(void **state)
{
    struct download d;
    int n_waits = 0;

    download_init(&d, *state);
    struct proc *proc =
        download_start(&d,
                       "http://@SITE@/bytes/3000000/a?stall=2000000&cuts=1\n"
                       "http://@SITE@/bytes/3000001/b?stall=2000000&cuts=1\n",
                       NULL);
    while (download_count_requests(
               &d, "/bytes/3000000/a?stall=2000000&cuts=1") == 0 ||
           download_count_requests(
               &d, "/bytes/3000001/b?stall=2000000&cuts=1") == 0) {
        assert_true(++n_waits < N_WAITS);
        (void)poll(NULL, 0, WAIT_MS);
    }
    assert_int_equal(proc_signal(proc, SIGKILL), 0);
    cmd_wait(&d.cmd, proc, -1);

    struct stat st;
    assert_int_equal(stat(tmpdir_get_path(&d.cmd.dir, "out/a"), &st), -1);
    assert_int_equal(stat(tmpdir_get_path(&d.cmd.dir, "out/b"), &st), -1);
    download_run(&d,
                 "http://@SITE@/bytes/3000000/a?stall=2000000&cuts=1\n"
                 "http://@SITE@/bytes/3000001/b?stall=2000000&cuts=1\n",
                 NULL, 0);
    download_need_pattern(&d, "a", 3000000, 0);
    download_need_pattern(&d, "b", 3000001, 0);
    download_finish(&d);
}

static void test_a_signal_leaves_only_whole_files(void **state)
{
    static const int signals[] = {SIGINT, SIGTERM};

    for (size_t i = 0; i < 2; i++) {
        struct download d;
        struct adl_buf list = {0};
        char line[256];

        download_init(&d, *state);
        make_list(&list, i == 0 ? "int" : "term");
        uint64_t before = download_count_requests(&d, NULL);
        struct proc *proc = download_start(&d, adl_buf_str(&list), NULL);
        assert_int_equal(proc_read_line(proc, line, sizeof(line)), 0);
        wait_for_all(&d, proc, before);
        assert_int_equal(proc_signal(proc, signals[i]), 0);
        cmd_wait(&d.cmd, proc, 128 + signals[i]);

        assert_in_range(check_whole(&d), 1, N_FILES / 2);
        download_run(&d, adl_buf_str(&list), NULL, 0);
        assert_int_equal(check_whole(&d), N_FILES);
        assert_int_equal(cmd_count_files(&d.cmd), N_FILES);
        adl_buf_finish(&list);
        download_finish(&d);
    }
}

/* out/ has place for a, which is there, and not for b, of which n_halves stay.
 */
static void check_full_disk(void **state, const char *b, size_t n_halves)
{
    static const char a[] = "http://@SITE@/bytes/500000/a\n";
    struct adl_buf both = {0};
    struct download d;
    const char *out;

    download_init(&d, *state);
    out = tmpdir_get_path(&d.cmd.dir, "out");
    assert_int_equal(mkdir(out, 0755), 0);
    if (!scratch_mount(out, 1u << 20)) {
        download_finish(&d);
        print_message("skipped: only root may mount a small disk\n");
        skip();
    }
    assert_int_equal(adl_buf_addf(&both, "%s%s", a, b), 0);
    download_run(&d, a, NULL, 0);
    download_run(&d, adl_buf_str(&both), NULL, 4);

    download_need_err(&d, "http://@SITE@/bytes/3000000/b");
    download_need_err(&d, "no space left on device");
    download_need_err(&d, "cannot go on with out/b\n");
    download_need_pattern(&d, "a", 500000, 0);
    assert_int_equal(cmd_count_files(&d.cmd), 1 + n_halves);
    scratch_unmount(out);
    download_run(&d, adl_buf_str(&both), NULL, 0); /* now there is place */
    adl_buf_finish(&both);
    download_need_pattern(&d, "b", 3000000, 0);
    download_finish(&d);
}

static void test_a_full_disk_stops_the_run_and_tears_nothing(void **state)
{
    check_full_disk(state, "http://@SITE@/bytes/3000000/b\n", 0);
}

static void test_a_disk_that_fills_in_a_body_tears_nothing(void **state)
{
    check_full_disk(state, "http://@SITE@/bytes/3000000/b?chunked=1\n", 1);
}

TEST_SUITE(damage)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_killed_run_leaves_only_whole_files),
        cmocka_unit_test(test_a_run_killed_within_bodies_leaves_no_file),
        cmocka_unit_test(test_a_signal_leaves_only_whole_files),
        cmocka_unit_test(test_a_full_disk_stops_the_run_and_tears_nothing),
        cmocka_unit_test(test_a_disk_that_fills_in_a_body_tears_nothing),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
