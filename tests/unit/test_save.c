/* SPDX-License-Identifier: MIT */
/* The halves of jobs, run one after the other as the pool would. */
#include "fetch/save.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "fetch/chunk.h"
#include "support/fault.h"
#include "support/scratch.h"
#include "support/suite.h"

#define MIB (UINT64_C(1) << 20)
#define MD5_ABC                            \
    {                                      \
        .kind = ADL_DIGEST_MD5, .bytes = { \
            0x90,                          \
            0x01,                          \
            0x50,                          \
            0x98,                          \
            0x3c,                          \
            0xd2,                          \
            0x4f,                          \
            0xb0,                          \
            0xd6,                          \
            0x96,                          \
            0x3f,                          \
            0x7d,                          \
            0x28,                          \
            0xe1,                          \
            0x7f,                          \
            0x72                           \
        }                                  \
    }

struct bed {
    struct adl_body body; /* first */
    struct scratch *scratch;
    struct adl_body_env env;
    struct adl_validator version;
    /* What was called: "ready", "unmade CODE", "half BYTES", "void". */
    char calls[400];
    char part[ADL_PART_NAME_MAX]; /* that was last told of */
    int ready_err;
    int void_err;
};

static void log_call(struct adl_body *body, const char *what, int64_t number)
{
    struct bed *bed = (struct bed *)body;
    size_t len = strlen(bed->calls);

    (void)snprintf(bed->calls + len, sizeof(bed->calls) - len, "%s%s %d",
                   len > 0 ? ", " : "", what, (int)number);
}

static int on_ready(struct adl_body *body, const struct adl_sink *sink,
                    struct adl_sink_error *error)
{
    struct bed *bed = (struct bed *)body;

    assert_ptr_equal(sink, body->sink);
    log_call(body, "ready", 0);
    return bed->ready_err == 0
               ? 0
               : adl_sink_error_report(error, bed->ready_err, "note", "a");
}

static void on_unmade(struct adl_body *body, int err, const char *why)
{
    assert_string_not_equal(why, "");
    log_call(body, "unmade", err);
}

static void on_half(struct adl_body *body, const char *part, uint64_t n_synced)
{
    struct bed *bed = (struct bed *)body;

    (void)snprintf(bed->part, sizeof(bed->part), "%s", part);
    log_call(body, "half", (int64_t)n_synced);
}

static int on_void(struct adl_body *body)
{
    log_call(body, "void", 0);
    return ((struct bed *)body)->void_err;
}

static const struct adl_body_ops ops = {
    .on_ready = on_ready,
    .on_unmade = on_unmade,
    .on_half = on_half,
    .on_void = on_void,
};

static int setup(void **state)
{
    struct bed *bed = calloc(1, sizeof(*bed));
    void *scratch = NULL;

    if (bed == NULL || scratch_setup(&scratch) < 0) {
        free(bed);
        return -1;
    }
    bed->scratch = scratch;
    bed->body.kind = ASYNCDL_BODY_FILE;
    bed->body.ops = &ops;
    bed->body.env = &bed->env;
    bed->body.target.path = "a";
    bed->body.target.mtime_s = ADL_SINK_NO_TIME;
    bed->body.work.target = bed->body.target;
    bed->body.work.version = &bed->version;
    *state = bed;
    return adl_dir_create(&bed->env.dir, bed->scratch->path);
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    void *scratch = bed->scratch;

    fault_clear();
    adl_sink_abort(bed->body.sink);
    adl_buf_finish(&bed->body.mem);
    free(bed->body.error);
    adl_dir_destroy(bed->env.dir);
    free(bed);
    return scratch_teardown(&scratch);
}

static bool has_file(const struct bed *bed, const char *text)
{
    return scratch_holds(scratch_path(bed->scratch, "a"), text, strlen(text));
}

/* Entries of DIR/.asyncdl/. */
static int count_aside(const struct bed *bed)
{
    return scratch_count_entries(scratch_path(bed->scratch, ".asyncdl"));
}

static const char *part_path(const struct bed *bed)
{
    char below[64];

    (void)snprintf(below, sizeof(below), ".asyncdl/%s", bed->part);
    return scratch_path(bed->scratch, below);
}

static void expect(struct bed *bed, const char *calls)
{
    assert_string_equal(bed->calls, calls);
    bed->calls[0] = '\0';
}

/* Both halves of a job of a small body, where the batch is settled so. */
static void run_small(struct bed *bed, const char *text, int settle_err)
{
    struct adl_job *job = &bed->body.job;

    adl_buf_reset(&bed->body.mem);
    assert_int_equal(adl_buf_add_str(&bed->body.mem, text), 0);
    job->seal = adl_save_seal_small;
    adl_save_small(job);
    assert_false(has_file(bed, text));
    if (job->seal != NULL) {
        job->seal(job, settle_err);
    }
}

enum end { GOES_ON, SAVED, DROPPED, LEFT };

/* Likewise of a chunk of one that is not; NULL: none. True where the job had a
 * second half. */
static bool run_stream(struct bed *bed, const char *bytes, size_t len,
                       enum end end, int settle_err)
{
    struct adl_body *body = &bed->body;
    struct adl_job *job = &body->job;
    struct adl_chunk *chunk = bytes != NULL ? adl_chunk_create(len) : NULL;

    if (chunk != NULL) {
        memcpy(chunk->bytes, bytes, len);
        chunk->len = len;
    }
    body->work.chunks = chunk;
    body->work.is_saving = end == SAVED;
    body->work.is_dropping = end == DROPPED || end == LEFT;
    body->work.is_keeping = end == LEFT;
    job->seal = adl_save_seal_stream;
    adl_save_stream(job);
    bool has_seal = job->seal != NULL;
    if (has_seal) {
        job->seal(job, settle_err);
    }
    adl_chunk_destroy_all(chunk);
    body->work.is_rewinding = false;
    return has_seal;
}

static bool write_text(struct bed *bed, const char *text)
{
    return run_stream(bed, text, strlen(text), GOES_ON, 0);
}

/* Leave a part as an earlier run does, and have it gone on with. */
static void leave_part(struct bed *bed, const char *text, uint64_t bytes)
{
    struct adl_sink *sink = NULL;
    struct adl_sink_error error;

    assert_int_equal(
        adl_sink_open(&sink, bed->env.dir, &bed->body.target, 0, &error), 0);
    assert_int_equal(adl_sink_write(sink, text, strlen(text), &error), 0);
    (void)snprintf(bed->part, sizeof(bed->part), "%s", adl_sink_get_part(sink));
    adl_sink_leave(sink);
    (void)snprintf(bed->body.rest.part, sizeof(bed->body.rest.part), "%s",
                   bed->part);
    bed->body.rest.bytes = bytes;
    bed->body.is_noted = true;
}

static void test_a_small_file_appears_once_it_is_settled(void **state)
{
    struct bed *bed = *state;

    run_small(bed, "body", 0);
    assert_int_equal(bed->body.err, 0);
    assert_true(has_file(bed, "body"));
    expect(bed, "ready 0");
}

static void test_what_must_not_appear_does_not(void **state)
{
    struct bed *bed = *state;

    bed->ready_err = -ENOSPC;
    run_small(bed, "body", 0);
    assert_int_equal(bed->body.err, -ENOSPC);
    assert_null(bed->body.job.seal);
    assert_null(bed->body.sink);
    assert_non_null(strstr(bed->body.error, "note a: "));
    expect(bed, "ready 0");
    write_text(bed, "body");
    run_stream(bed, NULL, 0, SAVED, 0);
    assert_int_equal(bed->body.work.err, -ENOSPC);
    assert_int_equal(scratch_count_entries(bed->scratch->path), 1);
    assert_int_equal(count_aside(bed), 0);
}

static void test_what_was_not_settled_does_not_appear(void **state)
{
    struct bed *bed = *state;

    run_small(bed, "body", -EIO);
    assert_int_equal(bed->body.err, -EIO);
    assert_non_null(strstr(bed->body.error, "write down what was saved: "));
    expect(bed, "ready 0, unmade -5");
    bed->body.work.version = NULL;
    write_text(bed, "body");
    assert_true(run_stream(bed, NULL, 0, SAVED, -EIO));
    assert_int_equal(bed->body.work.err, -EIO);
    expect(bed, "ready 0, unmade -5");
    assert_int_equal(scratch_count_entries(bed->scratch->path), 1);
    assert_int_equal(count_aside(bed), 0);
}

static void test_what_cannot_have_its_name_is_told(void **state)
{
    struct bed *bed = *state;
    char calls[40];

    (void)snprintf(calls, sizeof(calls), "ready 0, unmade %d", ASYNCDL_EEXISTS);
    scratch_write(scratch_path(bed->scratch, "a"), "other");
    run_small(bed, "body", 0);
    assert_int_equal(bed->body.err, ASYNCDL_EEXISTS);
    expect(bed, calls);
    bed->body.work.version = NULL;
    write_text(bed, "body");
    run_stream(bed, NULL, 0, SAVED, 0);
    assert_int_equal(bed->body.work.err, ASYNCDL_EEXISTS);
    expect(bed, calls);
    assert_true(has_file(bed, "other"));
    assert_int_equal(count_aside(bed), 0);
}

static void test_a_body_that_is_wrong_is_not_told_of(void **state)
{
    struct bed *bed = *state;

    bed->body.target.checks.expected = (struct adl_checksum)MD5_ABC;
    run_small(bed, "abd", 0);
    assert_int_equal(bed->body.err, ASYNCDL_ECHECKSUM);
    assert_null(bed->body.job.seal);
    assert_non_null(strstr(bed->body.error, "expected 900150983cd24fb0"));
    expect(bed, "");
}

static void test_who_wants_to_know_nothing_need_not(void **state)
{
    static const struct adl_body_ops none = {.on_ready = NULL};
    struct bed *bed = *state;

    bed->body.ops = &none;
    bed->body.work.version = NULL;
    run_small(bed, "body", 0);
    assert_true(has_file(bed, "body"));
    run_small(bed, "other", 0);
    assert_int_equal(bed->body.err, ASYNCDL_EEXISTS);
}

static void test_a_half_is_noted_now_and_then(void **state)
{
    struct bed *bed = *state;
    char *much = calloc(1, 16 * MIB);

    assert_non_null(much);
    assert_true(write_text(bed, "half"));
    expect(bed, "half 0"); /* that it is there; nothing lasts yet */
    assert_false(write_text(bed, " more"));
    expect(bed, "");
    assert_true(run_stream(bed, much, 16 * MIB - 5, GOES_ON, -EIO));
    expect(bed, "half 4"); /* what was there at the last settlement */
    assert_true(run_stream(bed, much, 16 * MIB, GOES_ON, 0));
    expect(bed, "half 4"); /* the one before had failed */
    assert_true(run_stream(bed, much, 16 * MIB, GOES_ON, 0));
    expect(bed, "half 33554436");
    free(much);
}

static void test_without_a_version_nothing_is_noted_or_left(void **state)
{
    struct bed *bed = *state;

    bed->body.work.version = NULL;
    assert_false(write_text(bed, "half"));
    assert_false(run_stream(bed, NULL, 0, LEFT, 0));
    assert_false(bed->body.is_left);
    expect(bed, "");
    assert_int_equal(count_aside(bed), 0);
}

static void test_a_stream_becomes_its_file(void **state)
{
    struct bed *bed = *state;

    write_text(bed, "half ");
    assert_true(run_stream(bed, "and half", 8, SAVED, 0));
    assert_int_equal(bed->body.work.err, 0);
    expect(bed, "half 0, ready 0");
    assert_true(has_file(bed, "half and half"));
    assert_int_equal(count_aside(bed), 0);
}

static void test_what_is_dropped_is_gone_and_what_is_left_stays(void **state)
{
    static const struct {
        enum end end;
        int err; /* that came before: the disk's */
        bool is_left;
    } cases[] = {
        {DROPPED, 0, false},      {LEFT, 0, true},
        {DROPPED, -ENOSPC, true}, /* what there is, is as it was sent */
        {SAVED, -ENOSPC, true},   {LEFT, ASYNCDL_ECHECKSUM, false},
    };
    struct bed *bed = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bed->body.work.err = 0;
        bed->body.is_left = false;
        write_text(bed, "half");
        bed->calls[0] = '\0';
        bed->body.work.err = cases[i].err;
        run_stream(bed, " more", 5, cases[i].end, 0);
        assert_null(bed->body.sink);
        if (bed->body.is_left != cases[i].is_left) {
            fail_msg("case %zu", i);
        }
        assert_int_equal(count_aside(bed), cases[i].is_left ? 1 : 0);
        if (cases[i].is_left) {
            expect(bed,
                   cases[i].err == 0 ? "half 4, half 9" : "half 4, half 4");
            assert_true(scratch_holds(part_path(bed),
                                      cases[i].err == 0 ? "half more" : "half",
                                      cases[i].err == 0 ? 9 : 4));
        }
        assert_int_equal(scratch_count_entries(bed->scratch->path), 1);
        bed->body.n_noted = 0;
        bed->body.n_synced = 0;
        bed->body.rest.part[0] = '\0';
    }
}

/* The job that finds the disk full leaves what there is; one that follows has
 * nothing left to leave. */
static void test_what_a_full_disk_left_stays_left(void **state)
{
    struct bed *bed = *state;

    write_text(bed, "half");
    fault_arm_all(FAULT_WRITE, ENOSPC);
    write_text(bed, " more");
    fault_clear();
    assert_int_equal(bed->body.work.err, -ENOSPC);
    assert_non_null(strstr(bed->body.error, "write part file for a: "));
    assert_true(bed->body.is_left);
    run_stream(bed, NULL, 0, SAVED, 0);
    assert_int_equal(bed->body.work.err, -ENOSPC);
    assert_true(bed->body.is_left);
    assert_true(scratch_holds(part_path(bed), "half", 4));
    expect(bed, "half 0, half 4, half 4");
}

static void test_a_part_of_an_earlier_run_is_gone_on_with(void **state)
{
    struct bed *bed = *state;

    leave_part(bed, "half and a torn end", 5);
    bed->body.work.target.checks.expected = (struct adl_checksum){0};
    assert_false(write_text(bed, "and")); /* it is noted already */
    run_stream(bed, " half", 5, SAVED, 0);
    assert_int_equal(bed->body.work.err, 0);
    expect(bed, "ready 0");
    assert_true(has_file(bed, "half and half"));
    assert_int_equal(count_aside(bed), 0);
}

static void test_a_resumed_body_is_checked_as_a_whole(void **state)
{
    static const struct {
        const char *rest;
        int err;
    } cases[] = {
        {"bd", ASYNCDL_ECHECKSUM},
        {"bc", 0},
    };
    struct bed *bed = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        leave_part(bed, "a", 1);
        bed->body.work.err = 0;
        bed->body.work.target.checks.expected = (struct adl_checksum)MD5_ABC;
        run_stream(bed, cases[i].rest, 2, SAVED, 0);
        assert_int_equal(bed->body.work.err, cases[i].err);
        assert_false(bed->body.is_left);
        assert_int_equal(count_aside(bed), 0);
    }
    assert_true(has_file(bed, "abc"));
}

static void test_a_part_that_is_not_what_it_was_is_stale(void **state)
{
    struct bed *bed = *state;

    for (int i = 0; i < 3; i++) {
        leave_part(bed, "half", 4);
        bed->body.work.err = 0;
        if (i == 0) {
            scratch_write(part_path(bed), "hal");
        } else {
            assert_int_equal(unlink(part_path(bed)), 0);
        }
        if (i == 2) {
            assert_int_equal(symlink("/etc/hostname", part_path(bed)), 0);
        }
        write_text(bed, "more");
        assert_int_equal(bed->body.work.err, -ESTALE);
        assert_null(bed->body.sink);
        assert_non_null(bed->body.error);
        assert_false(bed->body.is_left);
        (void)unlink(part_path(bed));
    }
    assert_int_equal(scratch_count_entries(bed->scratch->path), 1);
}

static void test_a_part_that_nobody_opened_is_left_as_it_is(void **state)
{
    struct bed *bed = *state;

    leave_part(bed, "half", 4);
    bed->body.n_synced = 3;
    assert_true(run_stream(bed, NULL, 0, LEFT, 0));
    assert_true(bed->body.is_left);
    expect(bed, "half 3, half 4"); /* the last once it was settled */
    assert_true(scratch_holds(part_path(bed), "half", 4));
}

static void test_other_bytes_void_the_note_first(void **state)
{
    struct bed *bed = *state;

    /* of an earlier run, and the server has another version */
    leave_part(bed, "half", 4);
    bed->body.work.is_rewinding = true;
    write_text(bed, "new");
    expect(bed, "void 0, half 0");
    /* of this one */
    bed->body.work.is_rewinding = true;
    write_text(bed, "newer");
    expect(bed, "void 0, half 0");
    assert_true(scratch_holds(part_path(bed), "newer", 5));
    run_stream(bed, NULL, 0, SAVED, 0);
    expect(bed, "ready 0");
    assert_true(has_file(bed, "newer"));
    /* and of one that is small by now */
    assert_int_equal(unlink(scratch_path(bed->scratch, "a")), 0);
    leave_part(bed, "half", 4);
    run_small(bed, "body", 0);
    expect(bed, "void 0, ready 0");
}

static void test_where_the_note_cannot_be_void_nothing_is_touched(void **state)
{
    struct bed *bed = *state;

    bed->void_err = -EIO;
    leave_part(bed, "half", 4);
    bed->body.work.is_rewinding = true;
    write_text(bed, "new");
    assert_int_equal(bed->body.work.err, -EIO);
    assert_non_null(strstr(bed->body.error, "note in the journal a: "));
    assert_true(scratch_holds(part_path(bed), "half", 4));
    bed->body.rest.part[0] = '\0';
    bed->calls[0] = '\0';
    run_small(bed, "body", 0);
    assert_int_equal(bed->body.err, -EIO);
    expect(bed, "void 0");
    assert_int_equal(scratch_count_entries(bed->scratch->path), 1);
}

/* Its bytes are of one version, and what would be noted is another. */
static void test_a_rewind_that_fails_leaves_no_half(void **state)
{
    struct bed *bed = *state;

    write_text(bed, "old");
    expect(bed, "half 0");
    bed->body.work.is_rewinding = true;
    fault_arm(FAULT_FTRUNCATE, 1, EIO);
    run_stream(bed, "new", 3, LEFT, 0);
    fault_clear();
    assert_int_equal(bed->body.work.err, -EIO);
    assert_false(bed->body.is_left);
    expect(bed, "void 0");
    assert_int_equal(count_aside(bed), 0);

    bed->body.work.err = 0;
    bed->void_err = 0;
    write_text(bed, "old");
    expect(bed, "half 0");
    bed->void_err = -EIO;
    bed->body.work.is_rewinding = true;
    run_stream(bed, "new", 3, LEFT, 0);
    assert_int_equal(bed->body.work.err, -EIO);
    assert_false(bed->body.is_left);
    expect(bed, "void 0");
    assert_true(scratch_holds(part_path(bed), "old", 3));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

TEST_SUITE(save)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_small_file_appears_once_it_is_settled),
        TEST(test_what_must_not_appear_does_not),
        TEST(test_what_was_not_settled_does_not_appear),
        TEST(test_what_cannot_have_its_name_is_told),
        TEST(test_a_body_that_is_wrong_is_not_told_of),
        TEST(test_who_wants_to_know_nothing_need_not),
        TEST(test_a_half_is_noted_now_and_then),
        TEST(test_without_a_version_nothing_is_noted_or_left),
        TEST(test_a_stream_becomes_its_file),
        TEST(test_what_is_dropped_is_gone_and_what_is_left_stays),
        TEST(test_what_a_full_disk_left_stays_left),
        TEST(test_a_part_of_an_earlier_run_is_gone_on_with),
        TEST(test_a_resumed_body_is_checked_as_a_whole),
        TEST(test_a_part_that_is_not_what_it_was_is_stale),
        TEST(test_a_part_that_nobody_opened_is_left_as_it_is),
        TEST(test_other_bytes_void_the_note_first),
        TEST(test_where_the_note_cannot_be_void_nothing_is_touched),
        TEST(test_a_rewind_that_fails_leaves_no_half),
    };

    return cmocka_run_group_tests_name("save", tests, NULL, NULL);
}
