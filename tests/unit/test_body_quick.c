/* SPDX-License-Identifier: MIT */
/* Bodies to a file system in memory: which are written by the loop itself. */
#include "fetch/body.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

#include "support/scratch.h"
#include "support/suite.h"

#define MOUNTED  (8u << 20)
#define PIECE    16384u
#define N_PIECES 256u /* 4 MiB */

/* One mount for all tests: threads of the pool see what was there when they
 * were made. */
static char mounted[SCRATCH_PATH_MAX];

struct bed {
    struct adl_body body; /* first */
    struct adl_body_env env;
    uv_loop_t loop;
    unsigned n_jobs;
    unsigned n_saved;
};

static void on_room(struct adl_body *body)
{
    (void)body;
}

static void on_saved(struct adl_body *body)
{
    ((struct bed *)body)->n_saved++;
}

static void on_handover(struct adl_body *body)
{
    ((struct bed *)body)->n_jobs++;
}

static void on_half(struct adl_body *body, const char *part, uint64_t n_synced)
{
    (void)body;
    (void)part;
    (void)n_synced;
}

static int on_void(struct adl_body *body)
{
    (void)body;
    return 0;
}

static const struct adl_body_ops ops = {
    .on_room = on_room,
    .on_saved = on_saved,
    .on_handover = on_handover,
    .on_half = on_half,
    .on_void = on_void,
};

static void on_done(void *data)
{
    (void)data;
}

static int setup_mount(void **state)
{
    void *scratch = NULL;
    uv_loop_t loop;

    /* The first loop opens what libuv never closes. */
    if (uv_loop_init(&loop) < 0 || uv_loop_close(&loop) < 0 ||
        scratch_setup(&scratch) < 0) {
        return -1;
    }
    *state = scratch;
    (void)snprintf(mounted, sizeof(mounted), "%s",
                   scratch_path(scratch, "memory"));
    if (mkdir(mounted, 0777) < 0) {
        return -1;
    }
    if (!scratch_mount(mounted, MOUNTED)) {
        print_message("skipped: this user may not mount a tmpfs\n");
        mounted[0] = '\0';
    }
    return 0;
}

static int teardown_mount(void **state)
{
    if (mounted[0] != '\0') {
        scratch_unmount(mounted);
    }
    return scratch_teardown(state);
}

static int setup(void **state)
{
    struct bed *bed = calloc(1, sizeof(*bed));
    const struct adl_offload_options options = {
        .n_batches = 2, .max_weight = 64, .on_done = on_done};

    if (bed == NULL) {
        return -1;
    }
    *state = bed;
    if (mounted[0] == '\0') {
        return 0;
    }
    bed->body.kind = ASYNCDL_BODY_FILE;
    bed->body.ops = &ops;
    bed->body.env = &bed->env;
    adl_body_set_target(
        &bed->body,
        &(struct adl_sink_target){.path = "a", .mtime_s = ADL_SINK_NO_TIME});
    if (uv_loop_init(&bed->loop) < 0 ||
        adl_offload_create(&bed->env.offload, &bed->loop, &options) < 0) {
        return -1;
    }
    return adl_dir_create(&bed->env.dir, mounted);
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    int err = 0;

    if (mounted[0] != '\0') {
        adl_body_finish(&bed->body);
        adl_offload_destroy(bed->env.offload);
        adl_dir_destroy(bed->env.dir);
        err = uv_loop_close(&bed->loop);
    }
    free(bed);
    return err;
}

static void run_jobs(struct bed *bed)
{
    do {
        adl_offload_flush(bed->env.offload);
        (void)uv_run(&bed->loop, UV_RUN_DEFAULT);
    } while (bed->body.is_busy);
}

/* Piece i has bytes of its own. Answers what the last one came to. */
static int add_pieces(struct bed *bed, unsigned from, unsigned n)
{
    static char bytes[PIECE];
    int rc = 0;

    for (unsigned i = from; i < from + n && rc == 0; i++) {
        memset(bytes, (int)(i % 251), sizeof(bytes));
        rc = adl_body_add(&bed->body, bytes, sizeof(bytes));
        if (rc == ADL_BODY_FULL) {
            run_jobs(bed);
            rc = adl_body_add(&bed->body, bytes, sizeof(bytes));
        }
    }
    return rc;
}

static void save(struct bed *bed)
{
    adl_body_save(&bed->body);
    run_jobs(bed);
    assert_int_equal(bed->n_saved, 1);
}

static void assert_file_is(unsigned from, unsigned n)
{
    char path[SCRATCH_PATH_MAX + 8];
    char *bytes = malloc((size_t)n * PIECE);

    assert_non_null(bytes);
    for (unsigned i = 0; i < n; i++) {
        memset(bytes + (size_t)i * PIECE, (int)((from + i) % 251), PIECE);
    }
    (void)snprintf(path, sizeof(path), "%s/a", mounted);
    assert_true(scratch_holds(path, bytes, (size_t)n * PIECE));
    assert_int_equal(unlink(path), 0);
    free(bytes);
}

static struct bed *need_mount(void **state)
{
    if (mounted[0] == '\0') {
        skip();
    }
    return *state;
}

static void test_once_it_is_open_nothing_is_handed_over(void **state)
{
    struct bed *bed = need_mount(state);

    assert_int_equal(add_pieces(bed, 0, N_PIECES / 2), 0);
    run_jobs(bed);
    assert_true(bed->body.is_quick);
    unsigned n_first = bed->n_jobs;
    assert_int_equal(add_pieces(bed, N_PIECES / 2, N_PIECES / 2), 0);
    assert_int_equal(bed->n_jobs, n_first);
    assert_int_equal(bed->body.n_filled, 0);
    save(bed);
    assert_int_equal(bed->n_jobs, n_first + 1);
    assert_int_equal(bed->body.err, 0);
    assert_int_equal(bed->body.size, N_PIECES * PIECE);
    assert_file_is(0, N_PIECES);
}

static void want_sha256(struct bed *bed)
{
    bed->body.target.checks.sha256 = bed->body.sha256;
}

static void want_version(struct bed *bed)
{
    static const struct adl_validator version = {.etag = "\"1\""};

    adl_body_set_version(&bed->body, &version);
}

static void test_what_takes_more_than_a_copy_is_handed_over(void **state)
{
    static void (*const wants[])(struct bed *) = {want_sha256, want_version};

    for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
        struct bed *bed = need_mount(state);

        wants[i](bed);
        assert_int_equal(add_pieces(bed, 0, N_PIECES / 2), 0);
        run_jobs(bed);
        unsigned n_first = bed->n_jobs;
        assert_int_equal(add_pieces(bed, N_PIECES / 2, N_PIECES / 2), 0);
        run_jobs(bed);
        assert_true(bed->n_jobs > n_first);
        save(bed);
        assert_int_equal(bed->body.err, 0);
        assert_file_is(0, N_PIECES);
        assert_int_equal(teardown(state), 0);
        assert_int_equal(setup(state), 0);
    }
}

static void test_a_new_start_voids_what_was_written(void **state)
{
    struct bed *bed = need_mount(state);

    assert_int_equal(add_pieces(bed, 0, N_PIECES / 2), 0);
    run_jobs(bed);
    assert_int_equal(add_pieces(bed, N_PIECES / 2, 9), 0);
    adl_body_restart(&bed->body);
    assert_int_equal(add_pieces(bed, 7, N_PIECES), 0);
    save(bed);
    assert_int_equal(bed->body.err, 0);
    assert_file_is(7, N_PIECES);
}

static void test_a_new_start_may_want_more_than_a_copy(void **state)
{
    struct bed *bed = need_mount(state);

    assert_int_equal(add_pieces(bed, 0, N_PIECES / 2), 0);
    run_jobs(bed);
    assert_true(bed->body.is_quick);
    adl_body_restart(&bed->body);
    want_sha256(bed);
    assert_int_equal(add_pieces(bed, 3, N_PIECES), 0);
    run_jobs(bed);
    assert_false(bed->body.is_quick);
    save(bed);
    assert_int_equal(bed->body.err, 0);
    assert_file_is(3, N_PIECES);
}

static void test_memory_that_is_full_is_told_at_once(void **state)
{
    struct bed *bed = need_mount(state);

    assert_int_equal(add_pieces(bed, 0, N_PIECES / 2), 0);
    run_jobs(bed);
    assert_int_equal(add_pieces(bed, 0, MOUNTED / PIECE), -ENOSPC);
    assert_int_equal(bed->body.err, -ENOSPC);
    assert_non_null(bed->body.error);
    assert_non_null(strstr(bed->body.error, "write part file for a: no space"));
    adl_body_drop(&bed->body);
    run_jobs(bed);
    assert_int_equal(bed->n_saved, 1);
    assert_int_equal(bed->body.err, -ENOSPC);

    char path[SCRATCH_PATH_MAX + 16];
    (void)snprintf(path, sizeof(path), "%s/.asyncdl", mounted);
    assert_int_equal(scratch_count_entries(path), 0);
}

TEST_SUITE(body_quick)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_once_it_is_open_nothing_is_handed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_what_takes_more_than_a_copy_is_handed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_new_start_voids_what_was_written,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_new_start_may_want_more_than_a_copy, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_memory_that_is_full_is_told_at_once, setup, teardown),
    };

    return cmocka_run_group_tests_name("body_quick", tests, setup_mount,
                                       teardown_mount);
}
