/* SPDX-License-Identifier: MIT */
#include "fetch/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/coded.h"
#include "support/suite.h"

#define PLAIN_BYTES  100000 /* several pieces */
#define CODED_MAX    200000
#define N_OF(a)      (sizeof(a) / sizeof((a)[0]))
#define TRAILER_SIZE 8

static uint8_t plain[PLAIN_BYTES];
static uint8_t got[3 * PLAIN_BYTES];

/* How a body is coded. */
static const struct form {
    enum adl_coding coding;
    int form; /* as coded_make() has it */
} forms[] = {
    {ADL_CODING_GZIP, CODED_GZIP},
    {ADL_CODING_DEFLATE, CODED_DEFLATE},
    {ADL_CODING_DEFLATE, 9} /* a small window */,
    {ADL_CODING_DEFLATE, CODED_BARE},
};

struct coded {
    uint8_t bytes[CODED_MAX];
    size_t len;
};

static void encode(struct coded *out, const struct form *form, size_t len)
{
    out->len = coded_make(out->bytes, CODED_MAX, form->form, 6, plain, len);
    assert_int_not_equal(out->len, 0);
}

/* Take all pieces that there are, but refuse once where refuse_at says so. 0,
 * or the error; -1 where it was refused. */
static int take_all(struct adl_decoder *decoder, size_t *n_got,
                    size_t *refuse_at)
{
    const void *piece;
    size_t len;
    int rc;

    while ((rc = adl_decoder_next(decoder, &piece, &len)) > 0) {
        assert_true(len > 0);
        if (*n_got >= *refuse_at) {
            *refuse_at = SIZE_MAX;
            adl_decoder_refuse(decoder);
            return 1;
        }
        assert_true(*n_got + len <= sizeof(got));
        memcpy(got + *n_got, piece, len);
        *n_got += len;
        adl_decoder_take(decoder);
    }
    return rc;
}

struct result {
    int err;
    size_t len;
    bool is_whole;
};

/* In steps of that many bytes; what is refused comes again, in other steps. */
static struct result decode(enum adl_coding coding, const uint8_t *bytes,
                            size_t len, size_t step, size_t refuse_at)
{
    struct adl_decoder *decoder = NULL;
    struct result result = {0};
    size_t from = 0;

    assert_int_equal(adl_decoder_create(&decoder, coding), 0);
    while (from < len && result.err == 0) {
        size_t n = len - from < step ? len - from : step;

        adl_decoder_give(decoder, bytes + from, n);
        int rc = take_all(decoder, &result.len, &refuse_at);
        if (rc == 1) {
            step = step / 3 + 1;
        } else {
            result.err = rc;
            from += n;
        }
    }
    result.is_whole = adl_decoder_is_whole(decoder);
    adl_decoder_destroy(decoder);
    return result;
}

static void fill_plain(void)
{
    uint32_t x = 1;

    for (size_t i = 0; i < PLAIN_BYTES; i++) {
        x = x * 1664525u + 1013904223u;
        plain[i] = (uint8_t)("abcdefgh"[x >> 29] + (i % 97 == 0));
    }
}

static void test_each_form_is_decoded_however_it_comes(void **state)
{
    static const size_t steps[] = {1, 7, 1000, 16384, CODED_MAX};
    static struct coded coded;

    (void)state;
    for (size_t i = 0; i < N_OF(forms) * N_OF(steps); i++) {
        encode(&coded, &forms[i % N_OF(forms)], PLAIN_BYTES);
        struct result r = decode(forms[i % N_OF(forms)].coding, coded.bytes,
                                 coded.len, steps[i / N_OF(forms)], SIZE_MAX);
        assert_int_equal(r.err, 0);
        assert_true(r.is_whole);
        assert_int_equal(r.len, PLAIN_BYTES);
        assert_memory_equal(got, plain, PLAIN_BYTES);
    }
}

static void test_what_was_refused_is_not_decoded_twice(void **state)
{
    static const size_t refusals[] = {0, 1, 20000, 60000, PLAIN_BYTES - 1};
    static struct coded coded;

    (void)state;
    encode(&coded, &forms[0], PLAIN_BYTES);
    for (size_t i = 0; i < N_OF(refusals) * 2; i++) {
        struct result r = decode(ADL_CODING_GZIP, coded.bytes, coded.len,
                                 i % 2 == 0 ? CODED_MAX : 500, refusals[i / 2]);

        assert_int_equal(r.err, 0);
        assert_true(r.is_whole);
        assert_int_equal(r.len, PLAIN_BYTES);
        assert_memory_equal(got, plain, PLAIN_BYTES);
    }
}

static void test_no_shorter_body_is_whole(void **state)
{
    static struct coded coded;

    (void)state;
    for (size_t i = 0; i < N_OF(forms); i++) {
        encode(&coded, &forms[i], 300);
        for (size_t len = 1; len < coded.len; len++) {
            struct result r =
                decode(forms[i].coding, coded.bytes, len, 64, SIZE_MAX);

            assert_int_equal(r.err, 0);
            assert_false(r.is_whole);
        }
    }
}

static void test_empty_bodies_have_a_frame(void **state)
{
    static struct coded coded;

    (void)state;
    for (size_t i = 0; i < N_OF(forms); i++) {
        encode(&coded, &forms[i], 0);
        struct result r = decode(forms[i].coding, coded.bytes, coded.len,
                                 CODED_MAX, SIZE_MAX);
        assert_int_equal(r.err, 0);
        assert_true(r.is_whole);
        assert_int_equal(r.len, 0);
    }
}

static void test_damage_in_the_trailer_is_found(void **state)
{
    static struct coded coded;

    (void)state;
    encode(&coded, &forms[0], PLAIN_BYTES);
    for (size_t i = 1; i <= TRAILER_SIZE; i++) {
        coded.bytes[coded.len - i] ^= 0x10;
        assert_int_equal(
            decode(ADL_CODING_GZIP, coded.bytes, coded.len, CODED_MAX, SIZE_MAX)
                .err,
            ASYNCDL_EENCODING);
        coded.bytes[coded.len - i] ^= 0x10;
    }
}

static void test_gzip_may_be_several_streams(void **state)
{
    static struct coded coded;

    (void)state;
    encode(&coded, &forms[0], PLAIN_BYTES);
    memcpy(coded.bytes + coded.len, coded.bytes, coded.len);
    struct result r =
        decode(ADL_CODING_GZIP, coded.bytes, 2 * coded.len, 1000, SIZE_MAX);
    assert_int_equal(r.err, 0);
    assert_true(r.is_whole);
    assert_int_equal(r.len, 2 * PLAIN_BYTES);

    r = decode(ADL_CODING_GZIP, coded.bytes, 2 * coded.len - 1, 1000, SIZE_MAX);
    assert_int_equal(r.err, 0);
    assert_false(r.is_whole);
}

static void test_nothing_else_may_follow(void **state)
{
    static struct coded coded;

    (void)state;
    for (size_t i = 0; i < N_OF(forms); i++) {
        encode(&coded, &forms[i], 300);
        memcpy(coded.bytes + coded.len, "more", 4);
        for (size_t step = 1; step < 400; step += 300) {
            assert_int_equal(decode(forms[i].coding, coded.bytes, coded.len + 4,
                                    step, SIZE_MAX)
                                 .err,
                             ASYNCDL_EENCODING);
        }
    }
}

static void test_what_is_not_coded_is_told(void **state)
{
    static const uint8_t text[] = "<html>not compressed at all</html>";

    (void)state;
    assert_int_equal(
        decode(ADL_CODING_GZIP, text, sizeof(text), 100, SIZE_MAX).err,
        ASYNCDL_EENCODING);
    assert_int_equal(
        decode(ADL_CODING_DEFLATE, text, sizeof(text), 100, SIZE_MAX).err,
        ASYNCDL_EENCODING);
}

static void test_bombs_are_told_from_honest_bodies(void **state)
{
    static const struct {
        uint64_t n_decoded;
        uint64_t n_coded;
        bool is_bomb;
    } cases[] = {
        {0, 0, false},
        {64u << 20, 1, false}, /* so much is no harm yet */
        {(64u << 20) + 1, 1, true},
        {100u << 20, 1u << 20, false},
        {(100u << 20) + 100, 1u << 20, true},
        {UINT64_MAX, UINT64_MAX, false},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        if (adl_coding_is_bomb(cases[i].n_decoded, cases[i].n_coded) !=
            cases[i].is_bomb) {
            fail_msg("case %zu", i);
        }
    }
}

static void test_names_of_codings(void **state)
{
    static const struct {
        enum adl_coding before;
        const char *name;
        enum adl_coding after;
    } cases[] = {
        {ADL_CODING_NONE, "gzip", ADL_CODING_GZIP},
        {ADL_CODING_NONE, "X-GZIP", ADL_CODING_GZIP},
        {ADL_CODING_NONE, "deflate", ADL_CODING_DEFLATE},
        {ADL_CODING_NONE, "identity", ADL_CODING_NONE},
        {ADL_CODING_NONE, "", ADL_CODING_NONE},
        {ADL_CODING_NONE, "br", ADL_CODING_UNKNOWN},
        {ADL_CODING_NONE, "gzi", ADL_CODING_UNKNOWN},
        {ADL_CODING_GZIP, "identity", ADL_CODING_GZIP},
        {ADL_CODING_GZIP, "gzip", ADL_CODING_UNKNOWN},
        {ADL_CODING_DEFLATE, "gzip", ADL_CODING_UNKNOWN},
    };
    struct adl_decoder *decoder;

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        assert_int_equal(adl_coding_add(cases[i].before, cases[i].name,
                                        strlen(cases[i].name)),
                         cases[i].after);
    }
    assert_int_equal(adl_decoder_create(&decoder, ADL_CODING_UNKNOWN),
                     ASYNCDL_EPROTOCOL);
}

TEST_SUITE(decode)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_form_is_decoded_however_it_comes),
        cmocka_unit_test(test_what_was_refused_is_not_decoded_twice),
        cmocka_unit_test(test_no_shorter_body_is_whole),
        cmocka_unit_test(test_empty_bodies_have_a_frame),
        cmocka_unit_test(test_damage_in_the_trailer_is_found),
        cmocka_unit_test(test_gzip_may_be_several_streams),
        cmocka_unit_test(test_nothing_else_may_follow),
        cmocka_unit_test(test_what_is_not_coded_is_told),
        cmocka_unit_test(test_bombs_are_told_from_honest_bodies),
        cmocka_unit_test(test_names_of_codings),
    };

    fill_plain();
    return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
