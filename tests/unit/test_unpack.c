/* SPDX-License-Identifier: MIT */
/* What the jobs do with a body that has a coding, as the pool would. */
#include "fetch/unpack.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/coded.h"
#include "support/fault.h"
#include "support/scratch.h"
#include "support/suite.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))
#define MIB     ((size_t)1 << 20)
#define SMALL_BYTES                                          \
    (4 * (size_t)ADL_BODY_SMALL_BYTES) /* as unpack.c has it \
                                        */

struct bed {
    struct adl_body body;
    struct adl_body_env env;
    struct scratch *scratch;
    struct adl_sink_error error;
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
    bed->body.env = &bed->env;
    bed->body.coding = ADL_CODING_GZIP;
    bed->body.target.path = "a";
    bed->body.target.mtime_s = ADL_SINK_NO_TIME;
    adl_sink_error_init(&bed->error);
    *state = bed;
    return adl_dir_create(&bed->env.dir, bed->scratch->path);
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    void *scratch = bed->scratch;

    fault_clear();
    adl_sink_abort(bed->body.sink);
    adl_decoder_destroy(bed->body.decoder);
    adl_buf_finish(&bed->body.mem);
    adl_dir_destroy(bed->env.dir);
    free(bed);
    return scratch_teardown(&scratch);
}

/* Of zeros, which are next to nothing, or of noise, which stays as long. */
static uint8_t *make_plain(size_t len, bool is_noise)
{
    uint8_t *plain = calloc(1, len + 1);
    uint32_t x = 1;

    assert_non_null(plain);
    for (size_t i = 0; is_noise && i < len; i++) {
        x = x * 1664525u + 1013904223u;
        plain[i] = (uint8_t)(x >> 24);
    }
    return plain;
}

static void take_coded(struct bed *bed, const uint8_t *plain, size_t len)
{
    size_t cap = coded_bound(len);
    uint8_t *coded = malloc(cap);

    assert_non_null(coded);
    size_t n = coded_make(coded, cap, CODED_GZIP, 6, plain, len);
    assert_int_not_equal(n, 0);
    adl_buf_reset(&bed->body.mem);
    assert_int_equal(adl_buf_add(&bed->body.mem, coded, n), 0);
    free(coded);
}

/* Whose fault it was, and that nothing is left of it. */
static void need_nothing(struct bed *bed, bool is_damaged)
{
    const char *aside = scratch_path(bed->scratch, ".asyncdl");

    assert_null(bed->body.sink);
    assert_int_equal(scratch_count_entries(bed->scratch->path),
                     access(aside, F_OK) == 0 ? 1 : 0);
    assert_true(scratch_count_entries(aside) <= 0);
    assert_true(bed->error.is_damaged == is_damaged);
    adl_sink_error_init(&bed->error);
}

static void need_file(struct bed *bed, const uint8_t *plain, size_t len)
{
    const char *path = scratch_path(bed->scratch, "a");

    assert_int_equal(adl_sink_get_size(bed->body.sink), len);
    assert_int_equal(
        adl_sink_commit(bed->body.sink, &bed->body.target, &bed->error), 0);
    bed->body.sink = NULL;
    assert_true(scratch_holds(path, plain, len));
    bed->body.target.overwrite = true; /* the next one */
}

static void test_a_small_body_is_decoded_whatever_becomes_of_it(void **state)
{
    static const size_t sizes[] = {
        0, 1, 65536, SMALL_BYTES - 1, SMALL_BYTES, SMALL_BYTES + 1, 5 * MIB};
    struct bed *bed = *state;

    for (size_t i = 0; i < 2 * N_OF(sizes); i++) {
        size_t len = sizes[i / 2];
        uint8_t *plain = make_plain(len, i % 2 == 1);

        take_coded(bed, plain, len);
        bed->body.max_size = len; /* and not a byte less */
        assert_int_equal(adl_unpack_small(&bed->body, &bed->error), 0);
        need_file(bed, plain, len);
        free(plain);
    }
}

static void test_no_byte_more_than_allowed_is_kept(void **state)
{
    static const size_t sizes[] = {1, 100, 65537, SMALL_BYTES + 1, MIB};
    struct bed *bed = *state;

    for (size_t i = 0; i < N_OF(sizes); i++) {
        uint8_t *plain = make_plain(sizes[i] + 1, i % 2 == 1);

        take_coded(bed, plain, sizes[i] + 1);
        bed->body.max_size = sizes[i];
        assert_int_equal(adl_unpack_small(&bed->body, &bed->error),
                         ASYNCDL_ETOOBIG);
        need_nothing(bed, true);
        free(plain);
    }
}

static void test_a_bomb_leaves_nothing(void **state)
{
    struct bed *bed = *state;
    uint8_t *plain = make_plain(70 * MIB, false);

    take_coded(bed, plain, 70 * MIB);
    assert_int_equal(adl_unpack_small(&bed->body, &bed->error),
                     ASYNCDL_ETOOBIG);
    need_nothing(bed, true);
    bed->body.max_size = 70 * MIB; /* who says so wants it */
    assert_int_equal(adl_unpack_small(&bed->body, &bed->error), 0);
    need_file(bed, plain, 70 * MIB);
    free(plain);
}

static void test_a_torn_small_body_leaves_nothing(void **state)
{
    static const size_t sizes[] = {100, SMALL_BYTES + 1};
    struct bed *bed = *state;

    for (size_t i = 0; i < N_OF(sizes); i++) {
        uint8_t *plain = make_plain(sizes[i], false);

        take_coded(bed, plain, sizes[i]);
        bed->body.mem.data[bed->body.mem.len - 1] ^= 1;
        assert_int_equal(adl_unpack_small(&bed->body, &bed->error),
                         ASYNCDL_EENCODING);
        need_nothing(bed, true);
        bed->body.mem.len--;
        assert_int_equal(adl_unpack_small(&bed->body, &bed->error),
                         ASYNCDL_EENCODING);
        assert_non_null(strstr(bed->error.text, "gzip without its end"));
        need_nothing(bed, true);
        free(plain);
    }
}

static void test_what_is_decoded_is_checked(void **state)
{
    static const size_t sizes[] = {100, SMALL_BYTES + 1};
    struct bed *bed = *state;

    assert_int_equal(adl_checksum_parse(&bed->body.target.checks.expected,
                                        "md5=00000000000000000000000000000000"),
                     0);
    for (size_t i = 0; i < N_OF(sizes); i++) {
        uint8_t *plain = make_plain(sizes[i], false);

        take_coded(bed, plain, sizes[i]);
        assert_int_equal(adl_unpack_small(&bed->body, &bed->error),
                         ASYNCDL_ECHECKSUM);
        need_nothing(bed, false);
        free(plain);
    }
}

static void test_a_full_disk_leaves_nothing(void **state)
{
    static const size_t sizes[] = {100, SMALL_BYTES + 1, MIB};
    struct bed *bed = *state;

    for (size_t i = 0; i < N_OF(sizes); i++) {
        uint8_t *plain = make_plain(sizes[i], false);

        take_coded(bed, plain, sizes[i]);
        for (int nth = 1; nth <= (int)i + 1; nth++) {
            fault_arm(FAULT_WRITE, nth, ENOSPC);
            assert_int_equal(adl_unpack_small(&bed->body, &bed->error),
                             -ENOSPC);
            fault_clear();
            need_nothing(bed, false);
        }
        free(plain);
    }
}

/* A body in pieces of that size, to an open sink. */
static int write_pieces(struct bed *bed, const uint8_t *bytes, size_t len,
                        size_t step)
{
    int err = 0;

    for (size_t from = 0; from < len && err == 0; from += step) {
        size_t n = len - from < step ? len - from : step;

        err = adl_unpack_write(&bed->body, bytes + from, n, &bed->error);
    }
    return err;
}

static void open_sink(struct bed *bed)
{
    assert_int_equal(adl_sink_open(&bed->body.sink, bed->env.dir,
                                   &bed->body.target, 0, &bed->error),
                     0);
}

static void test_pieces_make_up_the_file(void **state)
{
    static const size_t steps[] = {1, 7, 1000, 65536};
    struct bed *bed = *state;
    uint8_t *plain = make_plain(70000, true);

    take_coded(bed, plain, 70000);
    const uint8_t *coded = (const uint8_t *)bed->body.mem.data;
    for (size_t i = 0; i < N_OF(steps); i++) {
        open_sink(bed);
        assert_int_equal(
            adl_unpack_begin(&bed->body, ADL_CODING_GZIP, &bed->error), 0);
        assert_int_equal(adl_unpack_end(&bed->body, &bed->error), 0);
        assert_int_equal(
            write_pieces(bed, coded, bed->body.mem.len - 1, steps[i]), 0);
        assert_int_equal(adl_unpack_end(&bed->body, &bed->error),
                         ASYNCDL_EENCODING);
        assert_int_equal(write_pieces(bed, coded + bed->body.mem.len - 1, 1, 1),
                         0);
        assert_int_equal(adl_unpack_end(&bed->body, &bed->error), 0);
        assert_int_equal(
            adl_sink_prepare(bed->body.sink, &bed->body.target, &bed->error),
            0);
        need_file(bed, plain, 70000);
    }
    free(plain);
}

/* A retry may bring it in another coding, or in none. */
static void test_a_body_begins_anew_in_any_coding(void **state)
{
    struct bed *bed = *state;

    open_sink(bed);
    take_coded(bed, (const uint8_t *)"body", 4);
    assert_int_equal(adl_unpack_begin(&bed->body, ADL_CODING_GZIP, &bed->error),
                     0);
    assert_int_equal(
        write_pieces(bed, (const uint8_t *)bed->body.mem.data, 12, 12), 0);
    assert_int_equal(
        adl_unpack_begin(&bed->body, ADL_CODING_DEFLATE, &bed->error), 0);
    assert_int_equal(write_pieces(bed,
                                  (const uint8_t *)"\x07"
                                                   "rubbish",
                                  8, 8),
                     ASYNCDL_EENCODING);
    assert_int_equal(
        adl_sink_rewind(bed->body.sink, &bed->body.target, &bed->error), 0);
    assert_int_equal(adl_unpack_begin(&bed->body, ADL_CODING_NONE, &bed->error),
                     0);
    assert_int_equal(write_pieces(bed, (const uint8_t *)"plain", 5, 2), 0);
    assert_int_equal(adl_unpack_end(&bed->body, &bed->error), 0);
    need_file(bed, (const uint8_t *)"plain", 5);
}

static void test_what_is_void_is_not_decoded(void **state)
{
    struct bed *bed = *state;

    open_sink(bed);
    take_coded(bed, (const uint8_t *)"body", 4);
    assert_int_equal(adl_unpack_begin(&bed->body, ADL_CODING_GZIP, &bed->error),
                     0);
    atomic_store(&bed->body.is_unwanted, true);
    assert_int_equal(write_pieces(bed, (const uint8_t *)bed->body.mem.data,
                                  bed->body.mem.len, 1000),
                     -ECANCELED);
    assert_true(bed->error.is_damaged); /* and so it can be forgiven */
    assert_int_equal(adl_sink_get_size(bed->body.sink), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

TEST_SUITE(unpack)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_small_body_is_decoded_whatever_becomes_of_it),
        TEST(test_no_byte_more_than_allowed_is_kept),
        TEST(test_a_bomb_leaves_nothing),
        TEST(test_a_torn_small_body_leaves_nothing),
        TEST(test_what_is_decoded_is_checked),
        TEST(test_a_full_disk_leaves_nothing),
        TEST(test_pieces_make_up_the_file),
        TEST(test_a_body_begins_anew_in_any_coding),
        TEST(test_what_is_void_is_not_decoded),
    };

    return cmocka_run_group_tests_name("unpack", tests, NULL, NULL);
}
