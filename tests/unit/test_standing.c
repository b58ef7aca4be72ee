/* SPDX-License-Identifier: MIT */
#include "store/standing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"

#define TIME_NS    INT64_C(1700000000123456789)
#define EARLIER_NS (TIME_NS - 5)

/* The hash of what the journal knows, of something else, and none. */
enum hash { NO_HASH, SAME, OTHER };

/* What of the entry lies in the directory. */
enum thing {
    NOTHING,
    INTACT,
    TOUCHED, /* of another time */
    TORN,    /* of another size */
    EDITED,  /* of another time and size */
    FOLDER,
    EARLIER, /* what the file of the record was to replace */
    N_THINGS,
};

static const char *const thing_names[N_THINGS] = {
    "nothing", "intact", "touched", "torn", "edited", "folder", "earlier",
};

static void fill_hash(uint8_t *bytes, size_t len, enum hash hash)
{
    memset(bytes, hash == SAME ? 0xaa : 0xbb, len);
}

static struct adl_found make_found(enum thing thing, const struct adl_record *r)
{
    struct adl_found found = {
        .is_there = thing != NOTHING,
        .is_file = thing != NOTHING && thing != FOLDER,
        .size = r->bytes,
        .mtime_ns = r->mtime_ns,
    };

    if (thing == NOTHING) {
        return (struct adl_found){0};
    }
    if (thing == EARLIER) {
        found.mtime_ns = EARLIER_NS;
        found.size += 2;
    }
    if (thing == TOUCHED || thing == EDITED) {
        found.mtime_ns++;
    }
    if (thing == TORN || thing == EDITED) {
        found.size++;
    }
    return found;
}

static struct adl_checksum make_checksum(enum adl_digest_kind kind,
                                         enum hash hash)
{
    struct adl_checksum sum = {0};

    if (hash != NO_HASH) {
        sum.kind = kind;
        fill_hash(sum.bytes, adl_digest_size(kind), hash);
    }
    return sum;
}

/* What the journal knows, and what is demanded. */
struct question {
    const char *name;
    struct adl_record record; /* of state 0: none */
    struct adl_demand demand;
    enum adl_digest_kind kind; /* of the checksum that is expected */
    enum hash expected;
    enum adl_verdict verdicts[N_THINGS];
};

#define OPEN    ADL_VERDICT_OPEN
#define REPLACE ADL_VERDICT_REPLACE
#define DONE    ADL_VERDICT_DONE
#define HASH    ADL_VERDICT_HASH
#define TAKEN   ADL_VERDICT_TAKEN
#define CHANGED ADL_VERDICT_CHANGED

#define DONE_RECORD(hashed)                                        \
    {                                                              \
        .state = ADL_RECORD_DONE, .bytes = 9, .mtime_ns = TIME_NS, \
        .has_sha256 = (hashed)                                     \
    }
#define LEFT_RECORD(its_state, time_ns)             \
    {                                               \
        .state = (its_state), .mtime_ns = (time_ns) \
    }

/* Things: nothing, intact, touched, torn, edited, folder, earlier. */
static const struct question questions[] = {
    {.name = "unknown",
     .verdicts = {OPEN, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN}},
    {.name = "unknown, overwrite",
     .demand = {.overwrite = true},
     .verdicts = {OPEN, OPEN, OPEN, OPEN, OPEN, OPEN, OPEN}},
    {.name = "unknown, restart",
     .demand = {.restarts = true},
     .verdicts = {OPEN, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN}},
    {.name = "done",
     .record = DONE_RECORD(false),
     .verdicts = {OPEN, DONE, CHANGED, REPLACE, CHANGED, CHANGED, CHANGED}},
    {.name = "done, and may not have replaced the earlier file",
     .record = {.state = ADL_RECORD_DONE,
                .bytes = 9,
                .mtime_ns = TIME_NS,
                .earlier_ns = EARLIER_NS},
     .verdicts = {OPEN, DONE, CHANGED, REPLACE, CHANGED, CHANGED, REPLACE}},
    {.name = "done, and may not have replaced it, overwrite",
     .record = {.state = ADL_RECORD_DONE,
                .bytes = 9,
                .mtime_ns = TIME_NS,
                .earlier_ns = EARLIER_NS},
     .demand = {.overwrite = true},
     .verdicts = {OPEN, DONE, OPEN, OPEN, OPEN, OPEN, OPEN}},
    {.name = "done, hashed",
     .record = DONE_RECORD(true),
     .verdicts = {OPEN, DONE, HASH, REPLACE, CHANGED, CHANGED, CHANGED}},
    {.name = "done, overwrite",
     .record = DONE_RECORD(true),
     .demand = {.overwrite = true},
     .verdicts = {OPEN, DONE, OPEN, OPEN, OPEN, OPEN, OPEN}},
    {.name = "done, restart",
     .record = DONE_RECORD(true),
     .demand = {.restarts = true},
     .verdicts = {OPEN, REPLACE, HASH, REPLACE, CHANGED, CHANGED, CHANGED}},
    {.name = "done, verify",
     .record = DONE_RECORD(true),
     .demand = {.verifies = true},
     .verdicts = {OPEN, HASH, HASH, REPLACE, CHANGED, CHANGED, CHANGED}},
    {.name = "done, verify, nothing to verify by",
     .record = DONE_RECORD(false),
     .demand = {.verifies = true},
     .verdicts = {OPEN, DONE, CHANGED, REPLACE, CHANGED, CHANGED, CHANGED}},
    {.name = "done, its hash is expected",
     .record = DONE_RECORD(true),
     .kind = ADL_DIGEST_SHA256,
     .expected = SAME,
     .verdicts = {OPEN, DONE, HASH, REPLACE, CHANGED, CHANGED, CHANGED}},
    {.name = "done, another hash is expected",
     .record = DONE_RECORD(true),
     .kind = ADL_DIGEST_SHA256,
     .expected = OTHER,
     .verdicts = {OPEN, REPLACE, HASH, REPLACE, CHANGED, CHANGED, CHANGED}},
    {.name = "done, a hash of unknown kind is expected",
     .record = DONE_RECORD(true),
     .kind = ADL_DIGEST_MD5,
     .expected = SAME,
     .verdicts = {OPEN, HASH, HASH, REPLACE, CHANGED, CHANGED, CHANGED}},
    {.name = "done, not hashed, a hash is expected",
     .record = DONE_RECORD(false),
     .kind = ADL_DIGEST_SHA256,
     .expected = SAME,
     .verdicts = {OPEN, HASH, CHANGED, REPLACE, CHANGED, CHANGED, CHANGED}},
    {.name = "done at the time 0",
     .record = {.state = ADL_RECORD_DONE, .bytes = 9},
     .verdicts = {OPEN, DONE, CHANGED, REPLACE, CHANGED, CHANGED, CHANGED}},
    {.name = "done, empty",
     .record = {.state = ADL_RECORD_DONE, .mtime_ns = TIME_NS},
     .verdicts = {OPEN, DONE, CHANGED, REPLACE, CHANGED, CHANGED, CHANGED}},
    {.name = "failed, never had a file",
     .record = LEFT_RECORD(ADL_RECORD_FAILED, 0),
     .verdicts = {OPEN, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN}},
    {.name = "failed, never had a file, overwrite",
     .record = LEFT_RECORD(ADL_RECORD_FAILED, 0),
     .demand = {.overwrite = true},
     .verdicts = {OPEN, OPEN, OPEN, OPEN, OPEN, OPEN, OPEN}},
    {.name = "failed, its earlier file stays",
     .record = LEFT_RECORD(ADL_RECORD_FAILED, TIME_NS),
     .verdicts = {OPEN, REPLACE, TAKEN, REPLACE, TAKEN, TAKEN, TAKEN}},
    {.name = "half",
     .record = LEFT_RECORD(ADL_RECORD_PARTIAL, 0),
     .verdicts = {OPEN, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN, TAKEN}},
    {.name = "half, its earlier file stays",
     .record = LEFT_RECORD(ADL_RECORD_PARTIAL, TIME_NS),
     .verdicts = {OPEN, REPLACE, TAKEN, REPLACE, TAKEN, TAKEN, TAKEN}},
};

static void test_what_is_found_is_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
        const struct question *q = &questions[i];
        struct adl_record record = q->record;
        struct adl_demand demand = q->demand;

        fill_hash(record.sha256, sizeof(record.sha256), SAME);
        demand.expected = make_checksum(q->kind, q->expected);
        for (int t = 0; t < N_THINGS; t++) {
            struct adl_found found = make_found((enum thing)t, &record);
            enum adl_verdict verdict = adl_standing_judge(
                record.state != 0 ? &record : NULL, &found, &demand);

            if (verdict != q->verdicts[t]) {
                fail_msg("%s, %s: verdict %d", q->name, thing_names[t],
                         (int)verdict);
            }
        }
    }
}

/* What a finished file was checked against is remembered. */
static void test_a_checksum_that_was_checked_is_not_asked_again(void **state)
{
    static const struct {
        const char *checked;
        enum hash expected; /* an MD5 */
        enum adl_verdict verdict;
    } cases[] = {
        {"md5=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", SAME, DONE},
        {"md5=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", OTHER, REPLACE},
        {"sha-1=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", SAME, HASH},
        {"no checksum", SAME, HASH},
        {NULL, SAME, HASH},
        {NULL, NO_HASH, DONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_record record = DONE_RECORD(false);
        const struct adl_demand demand = {
            .expected = make_checksum(ADL_DIGEST_MD5, cases[i].expected),
        };

        record.checksum = cases[i].checked;
        struct adl_found found = make_found(INTACT, &record);
        if (adl_standing_judge(&record, &found, &demand) != cases[i].verdict) {
            fail_msg("case %zu", i);
        }
    }
}

static void test_what_can_be_compared_is_hashed(void **state)
{
    const struct adl_record plain = DONE_RECORD(false);
    const struct adl_record hashed = DONE_RECORD(true);
    const struct adl_demand none = {.verifies = true};
    const struct adl_demand md5 = {.expected = {.kind = ADL_DIGEST_MD5}};

    (void)state;
    assert_int_equal(adl_standing_kinds(&plain, &none), 0);
    assert_int_equal(adl_standing_kinds(&hashed, &none),
                     ADL_DIGEST_BIT(ADL_DIGEST_SHA256));
    assert_int_equal(adl_standing_kinds(&plain, &md5),
                     ADL_DIGEST_BIT(ADL_DIGEST_MD5));
    assert_int_equal(adl_standing_kinds(&hashed, &md5),
                     ADL_DIGEST_BIT(ADL_DIGEST_SHA256) |
                         ADL_DIGEST_BIT(ADL_DIGEST_MD5));
}

/* The hashes that were found. */
static struct adl_sums make_sums(enum hash sha256, enum hash md5)
{
    struct adl_sums sums = {0};

    fill_hash(sums.bytes[ADL_DIGEST_SHA256], ADL_SHA256_BYTES, sha256);
    fill_hash(sums.bytes[ADL_DIGEST_MD5], adl_digest_size(ADL_DIGEST_MD5), md5);
    return sums;
}

static void test_hashes_settle_it(void **state)
{
    static const struct {
        enum hash known;    /* SHA-256 of the record: SAME or NO_HASH */
        enum hash expected; /* MD5: SAME or NO_HASH */
        enum hash sha256;   /* that was found */
        enum hash md5;
        enum thing thing;
        bool overwrite;
        bool restarts;
        enum adl_verdict verdict;
    } cases[] = {
        {SAME, NO_HASH, SAME, OTHER, INTACT, false, false, DONE},
        {SAME, NO_HASH, OTHER, OTHER, INTACT, false, false, REPLACE},
        {SAME, NO_HASH, SAME, OTHER, TOUCHED, false, false, DONE},
        {SAME, NO_HASH, OTHER, OTHER, TOUCHED, false, false, CHANGED},
        {SAME, NO_HASH, OTHER, OTHER, TOUCHED, true, false, OPEN},
        {SAME, NO_HASH, SAME, OTHER, TOUCHED, false, true, REPLACE},
        {SAME, SAME, SAME, SAME, INTACT, false, false, DONE},
        {SAME, SAME, SAME, SAME, TOUCHED, false, false, DONE},
        {SAME, SAME, SAME, OTHER, INTACT, false, false, REPLACE},
        /* ours, though its time was changed, and not what is wanted */
        {SAME, SAME, SAME, OTHER, TOUCHED, false, false, REPLACE},
        {SAME, SAME, OTHER, SAME, TOUCHED, false, false, CHANGED},
        {SAME, SAME, OTHER, SAME, INTACT, false, false, REPLACE},
        {NO_HASH, SAME, OTHER, SAME, INTACT, false, false, DONE},
        {NO_HASH, SAME, OTHER, OTHER, INTACT, false, false, REPLACE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_record record = DONE_RECORD(cases[i].known == SAME);
        struct adl_found found = make_found(cases[i].thing, &record);
        struct adl_sums sums = make_sums(cases[i].sha256, cases[i].md5);
        const struct adl_demand demand = {
            .expected = make_checksum(ADL_DIGEST_MD5, cases[i].expected),
            .overwrite = cases[i].overwrite,
            .restarts = cases[i].restarts,
        };

        fill_hash(record.sha256, sizeof(record.sha256), SAME);
        if (adl_standing_settle(&record, &found, &demand, &sums) !=
            cases[i].verdict) {
            fail_msg("case %zu", i);
        }
    }
}

static void test_a_part_is_trusted_as_far_as_it_lasted(void **state)
{
    static const char etag[] = "\"a\"";
    static const struct {
        struct adl_record record;
        struct adl_found part;
        bool is_same_boot;
        uint64_t bytes;
    } cases[] = {
        /* the same boot: all that was written is there */
        {{.state = ADL_RECORD_PARTIAL, .etag = etag, .bytes = 5},
         {.is_there = true, .is_file = true, .size = 9},
         true,
         9},
        {{.state = ADL_RECORD_PARTIAL, .last_modified = "x", .bytes = 5},
         {.is_there = true, .is_file = true, .size = 9},
         true,
         9},
        /* another: what was synced */
        {{.state = ADL_RECORD_PARTIAL, .etag = etag, .bytes = 5},
         {.is_there = true, .is_file = true, .size = 9},
         false,
         5},
        {{.state = ADL_RECORD_PARTIAL, .etag = etag},
         {.is_there = true, .is_file = true, .size = 9},
         false,
         0},
        {{.state = ADL_RECORD_PARTIAL, .etag = etag, .bytes = 5},
         {.is_there = true, .is_file = true, .size = 4},
         false,
         4},
        /* the whole is half a body like any other, and more is none of it */
        {{.state = ADL_RECORD_PARTIAL, .etag = etag, .bytes = 5, .total = 9},
         {.is_there = true, .is_file = true, .size = 9},
         true,
         9},
        {{.state = ADL_RECORD_PARTIAL, .etag = etag, .bytes = 5, .total = 9},
         {.is_there = true, .is_file = true, .size = 10},
         true,
         0},
        {{.state = ADL_RECORD_PARTIAL, .etag = etag, .bytes = 5, .total = 9},
         {.is_there = true, .is_file = true, .size = 10},
         false,
         0},
        /* nothing to compare versions by */
        {{.state = ADL_RECORD_PARTIAL, .bytes = 5},
         {.is_there = true, .is_file = true, .size = 9},
         true,
         0},
        /* no part */
        {{.state = ADL_RECORD_PARTIAL, .etag = etag, .bytes = 5},
         {.is_there = false},
         true,
         0},
        {{.state = ADL_RECORD_PARTIAL, .etag = etag, .bytes = 5},
         {.is_there = true, .size = 9},
         true,
         0},
        {{.state = ADL_RECORD_PARTIAL, .etag = etag},
         {.is_there = true, .is_file = true},
         true,
         0},
        /* no half */
        {{.state = ADL_RECORD_DONE, .etag = etag, .bytes = 5},
         {.is_there = true, .is_file = true, .size = 5},
         true,
         0},
        {{.state = ADL_RECORD_FAILED, .etag = etag, .bytes = 5},
         {.is_there = true, .is_file = true, .size = 5},
         true,
         0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t bytes = adl_standing_trust(&cases[i].record, &cases[i].part,
                                            cases[i].is_same_boot);

        if (bytes != cases[i].bytes) {
            fail_msg("case %zu: %d", i, (int)bytes);
        }
    }
}

TEST_SUITE(standing)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_found_is_judged),
        cmocka_unit_test(test_a_checksum_that_was_checked_is_not_asked_again),
        cmocka_unit_test(test_what_can_be_compared_is_hashed),
        cmocka_unit_test(test_hashes_settle_it),
        cmocka_unit_test(test_a_part_is_trusted_as_far_as_it_lasted),
    };

    return cmocka_run_group_tests_name("standing", tests, NULL, NULL);
}
