/* SPDX-License-Identifier: MIT */
/* Sinks that one run leaves and the next goes on with. */
#include "store/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/fault.h"
#include "support/scratch.h"
#include "support/suite.h"

#define MIB (UINT64_C(1) << 20)

struct bed {
    struct scratch *scratch;
    struct adl_dir *dir;
    struct adl_sink_target target;
    struct adl_sink_error error;
    char part[ADL_PART_NAME_MAX];
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
    bed->target.path = "a";
    bed->target.mtime_s = ADL_SINK_NO_TIME;
    *state = bed;
    return adl_dir_create(&bed->dir, bed->scratch->path);
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    void *scratch = bed->scratch;

    fault_clear();
    adl_dir_destroy(bed->dir);
    free(bed);
    return scratch_teardown(&scratch);
}

static void leave(struct bed *bed, const char *text)
{
    struct adl_sink *sink = NULL;

    assert_int_equal(
        adl_sink_open(&sink, bed->dir, &bed->target, 0, &bed->error), 0);
    assert_int_equal(adl_sink_write(sink, text, strlen(text), &bed->error), 0);
    assert_int_equal(adl_sink_get_size(sink), strlen(text));
    (void)snprintf(bed->part, sizeof(bed->part), "%s", adl_sink_get_part(sink));
    adl_sink_leave(sink);
}

static const char *part_path(const struct bed *bed)
{
    char below[64];

    (void)snprintf(below, sizeof(below), ".asyncdl/%s", bed->part);
    return scratch_path(bed->scratch, below);
}

static int resume(struct adl_sink **out, struct bed *bed, uint64_t bytes,
                  uint64_t size)
{
    const struct adl_sink_rest rest = {.part = bed->part, .bytes = bytes};

    adl_sink_error_init(&bed->error);
    return adl_sink_resume(out, bed->dir, &bed->target, &rest, size,
                           &bed->error);
}

static void test_the_rest_goes_where_the_first_bytes_end(void **state)
{
    static const char md5_abc[] = "md5=900150983cd24fb0d6963f7d28e17f72";
    static const struct {
        const char *left;
        uint64_t kept;
        const char *rest;
        const char *checksum;
        int err;
    } cases[] = {
        {"ab", 2, "c", NULL, 0},
        {"abXXXX", 2, "c", NULL, 0},
        {"abXXXX", 2, "c", md5_abc, 0},
        {"abc", 3, "", md5_abc, 0},
        {"aX", 2, "c", md5_abc, ASYNCDL_ECHECKSUM},
    };
    struct bed *bed = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_sink *sink = NULL;

        leave(bed, cases[i].left);
        bed->target.checks.expected = (struct adl_checksum){0};
        if (cases[i].checksum != NULL) {
            assert_int_equal(adl_checksum_parse(&bed->target.checks.expected,
                                                cases[i].checksum),
                             0);
        }
        assert_int_equal(resume(&sink, bed, cases[i].kept, 0), 0);
        assert_int_equal(adl_sink_get_size(sink), cases[i].kept);
        assert_int_equal(adl_sink_write(sink, cases[i].rest,
                                        strlen(cases[i].rest), &bed->error),
                         0);
        int err = adl_sink_prepare(sink, &bed->target, &bed->error);
        assert_int_equal(err, cases[i].err);
        if (err < 0) {
            adl_sink_abort(sink);
            continue;
        }
        assert_int_equal(adl_sink_commit(sink, &bed->target, &bed->error), 0);
        assert_true(scratch_holds(scratch_path(bed->scratch, "a"), "abc", 3));
        assert_int_equal(unlink(scratch_path(bed->scratch, "a")), 0);
    }
    assert_int_equal(
        scratch_count_entries(scratch_path(bed->scratch, ".asyncdl")), 0);
}

static void test_more_than_is_there_cannot_be_kept(void **state)
{
    struct adl_sink *sink = NULL;
    struct bed *bed = *state;

    leave(bed, "ab");
    assert_int_equal(resume(&sink, bed, 3, 0), -ESTALE);
    assert_null(sink);
    assert_non_null(strstr(bed->error.text, "go on with the part file of a: "));
    assert_true(scratch_holds(part_path(bed), "ab", 2));
    assert_int_equal(unlink(part_path(bed)), 0);
    assert_int_equal(resume(&sink, bed, 2, 0), -ESTALE);
    assert_non_null(strstr(bed->error.text, "take up the part file of a: "));
}

static void test_a_failed_call_keeps_what_was_left(void **state)
{
    static const struct {
        enum fault_call call;
        int nth;
        int fault;
        int err;
    } cases[] = {
        {FAULT_CALLOC, 1, ENOMEM, -ENOMEM},
        {FAULT_STRDUP, 1, ENOMEM, -ENOMEM},
        {FAULT_OPENAT, 1, EMFILE, -EMFILE},
        {FAULT_FSTAT, 3, EIO, -EIO},
        {FAULT_FTRUNCATE, 1, EIO, -EIO},
        {FAULT_LSEEK, 1, EIO, -EIO},
        {FAULT_FALLOCATE, 1, ENOSPC, -ENOSPC},
    };
    struct bed *bed = *state;

    leave(bed, "half");
    int n_fds = scratch_count_fds();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_sink *sink = NULL;

        fault_arm(cases[i].call, cases[i].nth, cases[i].fault);
        int err = resume(&sink, bed, 4, 2 * MIB);
        assert_int_equal(fault_n_hits(cases[i].call), 1);
        fault_clear();
        if (err != cases[i].err) {
            fail_msg("case %zu: %d, %s", i, err, bed->error.text);
        }
        assert_null(sink);
        assert_string_not_equal(bed->error.text, "");
        assert_int_equal(scratch_count_fds(), n_fds);
        assert_true(scratch_holds(part_path(bed), "half", 4));
    }
}

static void test_a_resumed_sink_can_be_rewound(void **state)
{
    struct adl_sink *sink = NULL;
    struct bed *bed = *state;

    leave(bed, "half");
    assert_int_equal(resume(&sink, bed, 4, 0), 0);
    assert_int_equal(adl_sink_rewind(sink, &bed->target, &bed->error), 0);
    assert_int_equal(adl_sink_get_size(sink), 0);
    assert_int_equal(adl_sink_write(sink, "new", 3, &bed->error), 0);
    assert_int_equal(adl_sink_prepare(sink, &bed->target, &bed->error), 0);
    assert_int_equal(adl_sink_commit(sink, &bed->target, &bed->error), 0);
    assert_true(scratch_holds(scratch_path(bed->scratch, "a"), "new", 3));
}

/* They are what the file will show under its own name. */
static void test_facts_are_those_of_the_file(void **state)
{
    struct bed *bed = *state;

    for (int i = 0; i < 4; i++) {
        struct adl_sink *sink = NULL;
        struct adl_sink_facts facts;
        struct stat info;

        bed->target.overwrite = i % 2 == 1; /* a part, not a nameless file */
        bed->target.mtime_s = i < 2 ? 1700000000 : ADL_SINK_NO_TIME;
        assert_int_equal(adl_sink_make(&sink, bed->dir, &bed->target, "body", 4,
                                       &bed->error),
                         0);
        fault_arm(FAULT_FSTAT, 1, EIO);
        assert_int_equal(adl_sink_get_facts(sink, &facts), -EIO);
        fault_clear();
        assert_int_equal(adl_sink_get_facts(sink, &facts), 0);
        if (bed->target.overwrite) {
            assert_non_null(strstr(facts.part, ".part"));
        }
        assert_int_equal(adl_sink_commit(sink, &bed->target, &bed->error), 0);
        assert_int_equal(stat(scratch_path(bed->scratch, "a"), &info), 0);
        assert_int_equal(facts.size, info.st_size);
        assert_true(facts.mtime_ns ==
                    (int64_t)info.st_mtim.tv_sec * 1000000000 +
                        info.st_mtim.tv_nsec);
        assert_int_equal(unlink(scratch_path(bed->scratch, "a")), 0);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

TEST_SUITE(sink_resume)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_rest_goes_where_the_first_bytes_end),
        TEST(test_more_than_is_there_cannot_be_kept),
        TEST(test_a_failed_call_keeps_what_was_left),
        TEST(test_a_resumed_sink_can_be_rewound),
        TEST(test_facts_are_those_of_the_file),
    };

    return cmocka_run_group_tests_name("sink_resume", tests, NULL, NULL);
}
