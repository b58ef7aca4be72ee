/* SPDX-License-Identifier: MIT */
#include "fetch/body.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/suite.h"

static int n_saved;

static void on_saved(struct adl_body *body)
{
    (void)body;
    n_saved++;
}

static const struct adl_body_ops ops = {.on_saved = on_saved};

static struct adl_body make_body(enum asyncdl_body kind)
{
    n_saved = 0;
    return (struct adl_body){.kind = kind, .ops = &ops};
}

static void test_memory_holds_what_was_added(void **state)
{
    struct adl_body body = make_body(ASYNCDL_BODY_MEMORY);

    (void)state;
    adl_body_expect(&body, 6);
    assert_int_equal(adl_body_add(&body, "abc", 3), 0);
    assert_int_equal(adl_body_add(&body, "def", 3), 0);
    assert_int_equal(body.size, 6);
    assert_string_equal(adl_buf_str(&body.mem), "abcdef");
    adl_body_save(&body);
    assert_int_equal(n_saved, 1);
    assert_int_equal(body.err, 0);
    adl_body_finish(&body);
}

static void test_ceiling_is_not_passed_by_a_byte(void **state)
{
    struct adl_body body = make_body(ASYNCDL_BODY_MEMORY);

    (void)state;
    body.max_size = 4;
    assert_int_equal(adl_body_add(&body, "abcd", 4), 0);
    assert_int_equal(adl_body_add(&body, "e", 1), ASYNCDL_ETOOBIG);
    assert_int_equal(body.size, 4);
    adl_body_finish(&body);
}

static void test_restart_forgets_bytes_and_digest(void **state)
{
    struct adl_body body = make_body(ASYNCDL_BODY_MEMORY);

    (void)state;
    assert_int_equal(adl_checksum_parse(&body.target.checks.expected,
                                        "md5=900150983cd24fb0d6963f7d28e17f72"),
                     0);
    assert_int_equal(adl_body_add(&body, "torn", 4), 0);
    adl_body_restart(&body);
    assert_int_equal(body.size, 0);
    assert_int_equal(adl_body_add(&body, "abc", 3), 0);
    adl_body_save(&body);
    assert_int_equal(body.err, 0);
    assert_string_equal(adl_buf_str(&body.mem), "abc");
    adl_body_finish(&body);
}

static void test_wrong_digest_is_told_in_words(void **state)
{
    struct adl_body body = make_body(ASYNCDL_BODY_DISCARD);

    (void)state;
    assert_int_equal(adl_checksum_parse(&body.target.checks.expected,
                                        "md5=900150983cd24fb0d6963f7d28e17f72"),
                     0);
    adl_body_save(&body); /* of an empty body */
    assert_int_equal(n_saved, 1);
    assert_int_equal(body.err, ASYNCDL_ECHECKSUM);
    assert_non_null(strstr(body.error, "expected 900150983cd24fb0"));
    adl_body_reset(&body);
    assert_int_equal(body.err, 0);
    assert_null(body.error);
    adl_body_finish(&body);
}

struct taker {
    int rc;
    uint64_t offset;
};

static int on_body(struct asyncdl_transfer *transfer,
                   const struct asyncdl_chunk *chunk, void *data)
{
    struct taker *taker = data;

    (void)transfer;
    taker->offset = chunk->offset;
    return taker->rc;
}

static void test_callback_may_pause_and_refuse(void **state)
{
    struct adl_body body = make_body(ASYNCDL_BODY_STREAM);
    struct taker taker = {.rc = 0};

    (void)state;
    body.on_body = on_body;
    body.data = &taker;
    assert_int_equal(adl_body_add(&body, "abc", 3), 0);
    taker.rc = ASYNCDL_PAUSE;
    assert_int_equal(adl_body_add(&body, "de", 2), ADL_BODY_PAUSED);
    assert_int_equal(taker.offset, 3);
    assert_int_equal(body.size, 5); /* taken all the same */
    assert_false(body.is_refused);
    taker.rc = -EIO;
    assert_int_equal(adl_body_add(&body, "f", 1), -EIO);
    assert_int_equal(body.size, 5);
    assert_true(body.is_refused);
    adl_body_drop(&body);
    assert_int_equal(n_saved, 1); /* at once: no disk is involved */
    adl_body_finish(&body);
}

TEST_SUITE(body)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_holds_what_was_added),
        cmocka_unit_test(test_ceiling_is_not_passed_by_a_byte),
        cmocka_unit_test(test_restart_forgets_bytes_and_digest),
        cmocka_unit_test(test_wrong_digest_is_told_in_words),
        cmocka_unit_test(test_callback_may_pause_and_refuse),
    };

    return cmocka_run_group_tests_name("body", tests, NULL, NULL);
}
