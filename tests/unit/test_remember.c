/* SPDX-License-Identifier: MIT */
#include "fetch/remember.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "asyncdl/journal.h"
#include "fetch/state.h"
#include "fetch/take.h"
#include "support/scratch.h"
#include "support/suite.h"

#define SECRET_URL "http://user:secret@a.test/1?token=hidden"
#define MTIME_NS   INT64_C(1700000000000000001)

/* A transfer whose file is called "a", and the journal that is told of it. */
struct bed {
    const struct scratch *scratch;
    struct adl_dir *dir;
    struct asyncdl_client client;
    struct asyncdl_transfer *t;
};

static void open_bed(struct bed *bed, void **state)
{
    static const struct adl_ledger_options options = {.keeps_journal = true,
                                                      .sync = ADL_SYNC_BATCH};
    static const struct asyncdl_client_options client_options = {
        .http.protocols = "http"};
    struct asyncdl_request request = {.struct_size = sizeof(request),
                                      .url = SECRET_URL,
                                      .checksum = "md5="
                                                  "900150983cd24fb0d6963f7d28e1"
                                                  "7f72"};
    char error[ADL_LEDGER_ERROR_MAX] = "";

    *bed = (struct bed){.scratch = *state};
    assert_int_equal(adl_dir_create(&bed->dir, bed->scratch->path), 0);
    assert_int_equal(
        adl_ledger_open(&bed->client.ledger, bed->dir, &options, error), 0);
    assert_int_equal(adl_transfer_create(&bed->t, &bed->client.spares, &request,
                                         &client_options),
                     0);
    bed->t->client = &bed->client;
    assert_int_equal(adl_take_make_body(bed->t), 0);
    bed->t->path = strdup("a");
    bed->t->is_named = true;
    bed->t->standing = (struct adl_standing){.id = 1, .attempts = 2};
    bed->t->n_attempts = 3;
    bed->t->last.status = 200;
}

/* The only entry of the journal, which is closed. */
static void read_back(struct bed *bed, struct adl_record *out,
                      struct adl_journal **journal)
{
    int root_fd;
    int aside_fd;
    char why[200] = "";

    adl_ledger_close(bed->client.ledger, 0);
    bed->client.ledger = NULL;
    assert_int_equal(adl_dir_lend(bed->dir, &root_fd, &aside_fd), 0);
    assert_int_equal(adl_journal_open(journal, aside_fd, ADL_JOURNAL_KEEP,
                                      false, why, sizeof(why)),
                     0);
    assert_int_equal(adl_journal_match(*journal, bed->t->key, out), 1);
}

static void close_bed(struct bed *bed)
{
    adl_ledger_close(bed->client.ledger, 0);
    adl_transfer_destroy(bed->t, &bed->client.spares);
    adl_transfer_spares_finish(&bed->client.spares);
    adl_dir_destroy(bed->dir);
}

static void make_validator(struct adl_validator *out, const char *etag)
{
    *out = (struct adl_validator){.size = 9, .has_size = true};
    (void)snprintf(out->etag, sizeof(out->etag), "%s", etag);
}

/* The loop goes on while a job writes: the answer that it is of may be gone. */
static void test_a_half_is_noted_as_it_was_handed_over(void **state)
{
    struct adl_validator version;
    struct adl_journal *journal = NULL;
    struct adl_record record;
    struct bed bed;

    open_bed(&bed, state);
    make_validator(&version, "\"of the part\"");
    adl_remember_handover(bed.t->body);
    bed.t->body->work.version = &version;
    bed.t->version = malloc(sizeof(version));
    assert_non_null(bed.t->version);
    make_validator(bed.t->version, "\"of the next answer\"");
    bed.t->n_attempts = 4;
    bed.t->last.status = 503;
    adl_remember_half(bed.t->body, "0123456789abcdef.part", 5);
    bed.t->body->work.version = NULL;

    read_back(&bed, &record, &journal);
    assert_int_equal(record.state, ADL_RECORD_PARTIAL);
    assert_string_equal(record.etag, "\"of the part\"");
    assert_null(record.last_modified);
    assert_int_equal(record.bytes, 5);
    assert_int_equal(record.total, 9);
    assert_int_equal(record.attempts, 5);
    assert_int_equal(record.status, 200);
    assert_string_equal(record.part, "0123456789abcdef.part");
    assert_string_equal(record.path, "a");
    assert_non_null(record.boot);
    assert_int_equal(record.err, 0);
    assert_null(strstr(record.url, "secret"));
    assert_null(strstr(record.url, "hidden"));
    adl_journal_close(journal);
    close_bed(&bed);
}

static void test_a_half_that_is_left_says_why(void **state)
{
    static const struct {
        bool is_dropping;
        int err;
        int noted;
    } cases[] = {
        {false, ASYNCDL_ECUT, 0},
        {true, ASYNCDL_ECUT, ASYNCDL_ECUT},
        {true, -ECANCELED, 0},
        {true, 0, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_validator version;
        struct adl_journal *journal = NULL;
        struct adl_record record;
        struct bed bed;

        open_bed(&bed, state);
        make_validator(&version, "\"a\"");
        bed.t->body->work.version = &version;
        bed.t->body->work.is_dropping = cases[i].is_dropping;
        bed.t->err = cases[i].err;
        bed.t->is_retryable = true;
        bed.t->standing.mtime_ns = MTIME_NS; /* of an earlier file */
        adl_remember_half(bed.t->body, "0123456789abcdef.part", 0);
        bed.t->body->work.version = NULL;

        read_back(&bed, &record, &journal);
        assert_int_equal(record.err, cases[i].noted);
        assert_int_equal(record.is_retryable, cases[i].noted != 0);
        assert_int_equal(record.error != NULL, cases[i].noted != 0);
        assert_int_equal(record.mtime_ns, MTIME_NS);
        adl_journal_close(journal);
        close_bed(&bed);
    }
}

static void test_a_half_that_is_void_is_noted_for_good(void **state)
{
    struct adl_validator version;
    struct adl_journal *journal = NULL;
    struct adl_record record;
    struct bed bed;

    open_bed(&bed, state);
    make_validator(&version, "\"a\"");
    adl_remember_handover(bed.t->body);
    bed.t->body->work.version = &version;
    adl_remember_half(bed.t->body, "0123456789abcdef.part", 5);
    bed.t->body->work.version = NULL;
    bed.t->standing.mtime_ns = MTIME_NS;
    assert_int_equal(adl_remember_void(bed.t->body), 0);

    read_back(&bed, &record, &journal);
    assert_int_equal(record.state, ADL_RECORD_PARTIAL);
    assert_null(record.part);
    assert_null(record.etag);
    assert_int_equal(record.bytes, 0);
    assert_int_equal(record.attempts, 5);
    assert_string_equal(record.path, "a");
    assert_int_equal(record.mtime_ns, MTIME_NS);
    adl_journal_close(journal);
    close_bed(&bed);
}

static void test_a_file_that_is_ready_is_noted_as_done(void **state)
{
    const struct adl_sink_target target = {.path = "a", .mtime_s = 1700000000};
    struct adl_journal *journal = NULL;
    struct adl_sink *sink = NULL;
    struct adl_sink_error error;
    struct adl_record record;
    struct bed bed;

    open_bed(&bed, state);
    assert_int_equal(adl_sink_make(&sink, bed.dir, &target, "body", 4, &error),
                     0);
    memset(bed.t->body->sha256, 0xaa, sizeof(bed.t->body->sha256));
    bed.t->checks.sha256 = bed.t->body->sha256;
    bed.t->standing.mtime_ns = MTIME_NS; /* of the file that it replaces */
    assert_int_equal(adl_remember_ready(bed.t->body, sink, &error), 0);
    adl_sink_abort(sink);

    read_back(&bed, &record, &journal);
    assert_int_equal(record.state, ADL_RECORD_DONE);
    assert_int_equal(record.bytes, 4);
    assert_true(record.mtime_ns == INT64_C(1700000000000000000));
    assert_true(record.earlier_ns == MTIME_NS);
    assert_int_equal(record.attempts, 5);
    assert_true(record.has_sha256);
    assert_memory_equal(record.sha256, bed.t->body->sha256, ADL_SHA256_BYTES);
    assert_string_equal(record.checksum,
                        "md5=900150983cd24fb0d6963f7d28e17f72");
    adl_journal_close(journal);
    close_bed(&bed);
}

/* It is on the pool that it fails: the transfer does not know of it yet. */
static void test_a_file_that_was_not_made_is_noted_as_failed(void **state)
{
    static const struct {
        int err;
        bool is_retryable;
    } cases[] = {
        {-ENOSPC, true},
        {-EACCES, true},
        {ASYNCDL_EEXISTS, false},
        {ASYNCDL_EINWAY, false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_journal *journal = NULL;
        struct adl_record record;
        struct bed bed;

        open_bed(&bed, state);
        bed.t->standing.mtime_ns = MTIME_NS;
        adl_remember_unmade(bed.t->body, cases[i].err, "because");

        read_back(&bed, &record, &journal);
        assert_int_equal(record.state, ADL_RECORD_FAILED);
        assert_int_equal(record.err, cases[i].err);
        assert_string_equal(record.error, "because");
        assert_int_equal(record.is_retryable, cases[i].is_retryable);
        assert_int_equal(record.mtime_ns, MTIME_NS);
        adl_journal_close(journal);
        close_bed(&bed);
    }
}

static void test_what_must_be_noted(void **state)
{
    static const struct {
        uint64_t id;
        int err;
        bool is_skipped;
        bool is_left;
        bool must;
    } cases[] = {
        {1, ASYNCDL_EHTTP, false, false, true},
        {1, 0, false, false, false},
        {0, ASYNCDL_EHTTP, false, false, false}, /* no journal */
        {1, ASYNCDL_EEXISTS, true, false, false},
        {1, ASYNCDL_ECUT, false, true, false}, /* its half is */
        {1, -ENOSPC, false, false, false},     /* nothing of the entry's */
        {1, -ECANCELED, false, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_body body = {.is_left = cases[i].is_left};
        struct asyncdl_transfer t = {
            .standing.id = cases[i].id,
            .err = cases[i].err,
            .is_skipped = cases[i].is_skipped,
            .body = &body,
        };

        if (adl_remember_must_note(&t) != cases[i].must) {
            fail_msg("case %zu", i);
        }
        t.body = NULL; /* it never began: nothing is left */
        if (adl_remember_must_note(&t) != (cases[i].must || cases[i].is_left)) {
            fail_msg("case %zu, not begun", i);
        }
    }
}

static void test_without_a_journal_nothing_is_noted(void **state)
{
    struct bed bed;

    open_bed(&bed, state);
    bed.t->standing.id = 0;
    assert_int_equal(adl_remember_ready(bed.t->body, NULL, NULL), 0);
    adl_remember_unmade(bed.t->body, -EIO, "because");
    close_bed(&bed);
    struct asyncdl_journal *reader = NULL;
    struct asyncdl_journal_entry entry;
    assert_int_equal(asyncdl_journal_open(&reader, bed.scratch->path), 0);
    assert_int_equal(asyncdl_journal_next(&entry, reader), 0);
    asyncdl_journal_close(reader);
}

#define TEST(f) \
    cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

TEST_SUITE(remember)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_half_is_noted_as_it_was_handed_over),
        TEST(test_a_half_that_is_left_says_why),
        TEST(test_a_half_that_is_void_is_noted_for_good),
        TEST(test_a_file_that_is_ready_is_noted_as_done),
        TEST(test_a_file_that_was_not_made_is_noted_as_failed),
        TEST(test_what_must_be_noted),
        TEST(test_without_a_journal_nothing_is_noted),
    };

    return cmocka_run_group_tests_name("remember", tests, NULL, NULL);
}
