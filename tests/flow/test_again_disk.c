/* SPDX-License-Identifier: MIT */
/* Disks and quotas that are full, for files and for the journal, and get room
 * again. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/baddisk.h"
#include "support/effort.h"
#include "support/rerun.h"
#include "support/scratch.h"
#include "support/suite.h"

#define MIB (1u << 20)

/* out/ becomes a disk of that size. */
static void init_on_disk(struct download *d, void **state, unsigned size_bytes)
{
    const char *out;

    download_init(d, *state);
    out = tmpdir_get_path(&d->cmd.dir, "out");
    assert_int_equal(mkdir(out, 0755), 0);
    if (!scratch_mount(out, size_bytes)) {
        download_finish(d);
        print_message("skipped: only root may mount a small disk\n");
        skip();
    }
}

static void finish_on_disk(struct download *d)
{
    scratch_unmount(tmpdir_get_path(&d->cmd.dir, "out"));
    download_finish(d);
}

static void resize(struct download *d, unsigned size_bytes)
{
    const char *out = tmpdir_get_path(&d->cmd.dir, "out");
    char options[32];

    (void)snprintf(options, sizeof(options), "size=%u", size_bytes);
    assert_int_equal(
        mount("tmpfs", out, "tmpfs", MS_REMOUNT | MS_NODEV, options), 0);
}

/* Line i asks for get_size(i) bytes. */
struct lines {
    int n;
    uint64_t (*get_size)(int i);
    const char *salt;
};

static void make_list(struct adl_buf *list, const struct lines *lines)
{
    for (int i = 0; i < lines->n; i++) {
        assert_int_equal(
            adl_buf_addf(list, "http://@SITE@/bytes/%" PRIu64 "/f%d?%s\n",
                         lines->get_size(i), i, lines->salt),
            0);
    }
}

/* No file is torn. How many there are. */
static int count_whole(struct download *d, const struct lines *lines)
{
    int n = 0;

    for (int i = 0; i < lines->n; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "f%d", i);
        n += rerun_check_whole(d, name, lines->get_size(i));
    }
    return n;
}

/*
 * Run the list on a disk too small, and again without change, then on a larger
 * one. What was whole is not asked for again, and all is known to be ours.
 */
static void check_full(void **state, const struct lines *lines, unsigned size,
                       const char *said)
{
    struct adl_buf list = {0};
    struct download d;

    init_on_disk(&d, state, size);
    make_list(&list, lines);
    download_run(&d, adl_buf_str(&list), "-j 4", 4);
    cmd_need_text(d.cmd.err, "o space left on device");
    cmd_need_text(d.cmd.err, said);
    int n_whole = count_whole(&d, lines);
    assert_true(n_whole < lines->n);

    download_run(&d, adl_buf_str(&list), "-j 4", 4);
    cmd_need_text(d.cmd.err, "o space left on device");
    assert_true(count_whole(&d, lines) >= n_whole);
    n_whole = count_whole(&d, lines);

    resize(&d, 64 * MIB);
    uint64_t n = rerun_count(&d, adl_buf_str(&list), NULL, 0);
    assert_int_equal(n, lines->n - n_whole);
    assert_string_equal(d.cmd.err, "");
    assert_int_equal(count_whole(&d, lines), lines->n);
    assert_int_equal(cmd_count_files(&d.cmd), lines->n);
    rerun_need(&d, adl_buf_str(&list), NULL, 0, 0);
    adl_buf_finish(&list);
    finish_on_disk(&d);
}

/* Without a journal nothing is hashed: the loop writes to a disk in memory. */
static void test_without_a_journal_a_full_disk_is_told_and_left_clean(
    void **state)
{
    static const char *const lists[] = {
        "http://@SITE@/bytes/9000000/f?chunked=1\n", /* finds it full */
        "http://@SITE@/bytes/9000000/f\n",           /* is told before */
    };

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct download d;

        init_on_disk(&d, state, 4 * MIB);
        download_run(&d, lists[i], "--no-journal", 4);
        cmd_need_text(d.cmd.err, "no space left on device");
        assert_int_equal(cmd_count_files(&d.cmd), 0);
        resize(&d, 64 * MIB);
        download_run(&d, lists[i], "--no-journal", 0);
        assert_true(rerun_check_whole(&d, "f", 9000000));
        finish_on_disk(&d);
    }
}

static uint64_t small(int i)
{
    return 20000 + (uint64_t)i;
}

static uint64_t mixed(int i)
{
    return i % 3 == 0 ? 400000 + (uint64_t)i : 3000 + (uint64_t)i;
}

static uint64_t empty(int i)
{
    (void)i;
    return 0;
}

static void test_a_list_that_fills_the_disk_goes_on_with_room(void **state)
{
    const struct lines lines[] = {
        {.n = 200, .get_size = small, .salt = "small"},
        {.n = 40, .get_size = mixed, .salt = "mixed"},
    };

    check_full(state, &lines[0], 3 * MIB, "cannot go on with ");
    check_full(state, &lines[1], 3 * MIB, "cannot go on with ");
}

/* Its files take no room: the journal is what fills it. */
static void test_a_journal_that_fills_the_disk_goes_on_with_room(void **state)
{
    const struct lines lines = {.n = 900, .get_size = empty, .salt = "empty"};

    for (unsigned pages = 0; pages < 8; pages += effort(2, 4)) {
        check_full(state, &lines, (320 + 21 * pages) * 1024, "");
    }
}

/* Not even a journal can be begun. */
static void test_a_disk_without_any_room_is_told_at_once(void **state)
{
    struct download d;
    char bytes[4096] = {1};
    FILE *filler;

    init_on_disk(&d, state, MIB);
    filler = fopen(tmpdir_get_path(&d.cmd.dir, "out/filler"), "wb");
    assert_non_null(filler);
    while (fwrite(bytes, 1, sizeof(bytes), filler) == sizeof(bytes) &&
           fflush(filler) == 0) {
    }
    (void)fclose(filler); /* it has failed before */
    rerun_need(&d, "http://@SITE@/bytes/100/x\n", NULL, 4, 0);
    cmd_need_text(d.cmd.err, "out/.asyncdl");
    cmd_need_text(d.cmd.err, "no space left on device");

    assert_int_equal(unlink(tmpdir_get_path(&d.cmd.dir, "out/filler")), 0);
    rerun_need(&d, "http://@SITE@/bytes/100/x\n", NULL, 0, 1);
    assert_true(rerun_check_whole(&d, "x", 100));
    finish_on_disk(&d);
}

/* Half a body that the disk had room for is gone on with. */
static void test_a_body_goes_on_where_the_disk_was_full(void **state)
{
    static const char list[] = "http://@SITE@/bytes/3000000/x?chunked=1\n";
    struct download d;

    init_on_disk(&d, state, 2 * MIB);
    rerun_need(&d, list, NULL, 4, 1);
    cmd_need_text(d.cmd.err, "no space left on device");
    assert_true(rerun_get_part_size(&d) > 0);
    resize(&d, 8 * MIB);
    rerun_need(&d, list, NULL, 0, 1);
    assert_true(rerun_check_whole(&d, "x", 3000000));
    assert_int_equal(cmd_count_files(&d.cmd), 1);
    finish_on_disk(&d);
}

/* Of what a user may have, in bytes. */
static void run_in_quota(struct download *d, const char *list, const char *room)
{
    const struct baddisk disk = {.room = room};

    baddisk_arm(&d->cmd, &disk);
    download_run(d, list, "-j 4", 4);
    cmd_need_text(d->cmd.err, "disk quota exceeded");
    baddisk_disarm(&d->cmd);
}

/* As check_full(), of a quota. */
static void check_quota(void **state, const struct lines *lines,
                        const char *room)
{
    struct adl_buf list = {0};
    struct download d;

    download_init(&d, *state);
    make_list(&list, lines);
    run_in_quota(&d, adl_buf_str(&list), room);
    int n_whole = count_whole(&d, lines);
    assert_true(n_whole < lines->n);
    run_in_quota(&d, adl_buf_str(&list), "0");
    assert_int_equal(count_whole(&d, lines), n_whole);
    uint64_t n = rerun_count(&d, adl_buf_str(&list), NULL, 0);
    assert_int_equal(n, lines->n - n_whole);
    assert_string_equal(d.cmd.err, "");
    assert_int_equal(count_whole(&d, lines), lines->n);
    assert_int_equal(cmd_count_files(&d.cmd), lines->n);
    rerun_need(&d, adl_buf_str(&list), NULL, 0, 0);
    adl_buf_finish(&list);
    download_finish(&d);
}

static void test_a_list_that_fills_a_quota_goes_on_with_room(void **state)
{
    const struct lines lines[] = {
        {.n = 200, .get_size = small, .salt = "small-quota"},
        {.n = 40, .get_size = mixed, .salt = "mixed-quota"},
        {.n = 900, .get_size = empty, .salt = "empty-quota"}, /* the journal */
    };

    check_quota(state, &lines[0], "3000000");
    check_quota(state, &lines[1], "3000000");
    for (int i = 0; i < 8; i += effort(2, 4)) {
        char room[16];

        (void)snprintf(room, sizeof(room), "%d", 70000 + 9001 * i);
        check_quota(state, &lines[2], room);
    }
}

static void test_a_body_goes_on_where_the_quota_was_full(void **state)
{
    static const char list[] = "http://@SITE@/bytes/3000000/q?chunked=1\n";
    struct download d;

    download_init(&d, *state);
    run_in_quota(&d, list, "1500000");
    assert_true(rerun_get_part_size(&d) > 0);
    rerun_need(&d, list, NULL, 0, 1);
    cmd_need_no_text(d.cmd.out, "Received 3000000 bytes"); /* but the rest */
    assert_true(rerun_check_whole(&d, "q", 3000000));
    assert_int_equal(cmd_count_files(&d.cmd), 1);
    download_finish(&d);
}

TEST_SUITE(again_disk)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_list_that_fills_the_disk_goes_on_with_room),
        cmocka_unit_test(test_a_journal_that_fills_the_disk_goes_on_with_room),
        cmocka_unit_test(
            test_without_a_journal_a_full_disk_is_told_and_left_clean),
        cmocka_unit_test(test_a_disk_without_any_room_is_told_at_once),
        cmocka_unit_test(test_a_body_goes_on_where_the_disk_was_full),
        cmocka_unit_test(test_a_list_that_fills_a_quota_goes_on_with_room),
        cmocka_unit_test(test_a_body_goes_on_where_the_quota_was_full),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
