/* SPDX-License-Identifier: MIT */
#include "pool/outbox.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/suite.h"

/* Of the shared memory, as outbox.c has it. */
enum { AT_TAIL = 0, AT_RING = 128 };

/* Both sides of one. */
struct pair {
    struct adl_outbox program;
    struct adl_outbox helper;
};

static char taken[ADL_OUTBOX_MAX];

static void open_pair(struct pair *pair)
{
    assert_int_equal(adl_outbox_create(&pair->program), 0);
    assert_int_equal(adl_outbox_adopt(&pair->helper, dup(pair->program.shm.fd)),
                     0);
    adl_outbox_close_fd(&pair->program);
    adl_outbox_close_fd(&pair->helper);
}

static void close_pair(struct pair *pair)
{
    adl_outbox_finish(&pair->program);
    adl_outbox_finish(&pair->helper);
}

static void fill(char *bytes, size_t len, size_t seed)
{
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (char)(seed + i * 7);
    }
}

static void test_frames_are_taken_as_they_were_put(void **state)
{
    static const size_t lens[] = {1, 16, 80, 1000, 16000, ADL_OUTBOX_MAX};
    char bytes[ADL_OUTBOX_MAX];
    struct pair pair;

    (void)state;
    open_pair(&pair);
    for (size_t i = 0; i < 200; i++) { /* many times around */
        size_t len = lens[i % (sizeof(lens) / sizeof(*lens))];

        fill(bytes, len, i);
        assert_true(adl_outbox_put(&pair.helper, bytes, len));
        assert_int_equal(adl_outbox_peek(&pair.program, taken), len);
        assert_memory_equal(taken, bytes, len);
        /* It is there until it is dropped. */
        assert_int_equal(adl_outbox_peek(&pair.program, taken), len);
        adl_outbox_drop(&pair.program, len);
        assert_int_equal(adl_outbox_peek(&pair.program, taken), 0);
    }
    close_pair(&pair);
}

static void test_a_full_outbox_takes_no_more_until_some_is_dropped(void **state)
{
    char bytes[ADL_OUTBOX_MAX + 1] = "";
    struct pair pair;
    int n = 0;

    (void)state;
    open_pair(&pair);
    assert_false(adl_outbox_put(&pair.helper, bytes, ADL_OUTBOX_MAX + 1));
    while (adl_outbox_put(&pair.helper, bytes, 5000)) {
        n++;
    }
    assert_int_equal(n, ADL_OUTBOX_CAP / 5008);
    assert_int_equal(adl_outbox_peek(&pair.program, taken), 5000);
    adl_outbox_drop(&pair.program, 5000);
    assert_true(adl_outbox_put(&pair.helper, bytes, 5000));
    assert_false(adl_outbox_put(&pair.helper, bytes, 5000));
    close_pair(&pair);
}

static void test_nonsense_in_it_is_seen(void **state)
{
    static const struct {
        uint64_t tail;
        uint64_t len;
        int result;
    } cases[] = {
        {0, 0, 0},
        {16, 8, 8},
        {8, 8, ASYNCDL_EFRAME}, /* longer than what was put */
        {1, 1, ASYNCDL_EFRAME}, /* no place for a length */
        {16, 9, ASYNCDL_EFRAME},
        {16, 0, ASYNCDL_EFRAME},
        {16, UINT64_MAX, ASYNCDL_EFRAME},
        {16, UINT64_MAX - 7, ASYNCDL_EFRAME},
        {ADL_OUTBOX_CAP, ADL_OUTBOX_MAX, ADL_OUTBOX_MAX},
        {ADL_OUTBOX_CAP, ADL_OUTBOX_MAX + 1, ASYNCDL_EFRAME},
        {ADL_OUTBOX_CAP + 8, 8, ASYNCDL_EFRAME},
        {UINT64_MAX, 8, ASYNCDL_EFRAME},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct pair pair;

        open_pair(&pair);
        char *bytes = pair.helper.shm.data;
        memcpy(bytes + AT_TAIL, &cases[i].tail, sizeof(cases[i].tail));
        memcpy(bytes + AT_RING, &cases[i].len, sizeof(cases[i].len));
        int result = adl_outbox_peek(&pair.program, taken);
        if (result != cases[i].result) {
            fail_msg("case %zu: %d", i, result);
        }
        close_pair(&pair);
    }
}

static void test_a_call_is_either_claimed_or_recalled(void **state)
{
    static const struct {
        uint64_t n_claimed; /* 1 .. n */
        uint64_t last;      /* to be recalled up to */
        uint64_t begun;
    } cases[] = {{0, 0, 0}, {0, 3, 0}, {2, 5, 2}, {5, 5, 5}};
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct pair pair;

        open_pair(&pair);
        for (uint64_t k = 1; k <= cases[i].n_claimed; k++) {
            assert_true(adl_outbox_claim(&pair.helper, k));
        }
        assert_int_equal(adl_outbox_recall(&pair.program, cases[i].last),
                         cases[i].begun);
        for (uint64_t k = 1; k <= cases[i].last; k++) {
            assert_false(adl_outbox_claim(&pair.helper, k));
        }
        assert_true(adl_outbox_claim(&pair.helper, cases[i].last + 1));
        close_pair(&pair);
    }
}

static void test_what_is_put_is_news_until_it_was_looked_at(void **state)
{
    struct pair pair;

    (void)state;
    open_pair(&pair);
    assert_int_equal(adl_outbox_get_reader(&pair.helper), ADL_OUTBOX_ASLEEP);
    assert_false(adl_outbox_has_news(&pair.program));
    adl_outbox_set_reader(&pair.program, ADL_OUTBOX_DOZING);
    assert_int_equal(adl_outbox_get_reader(&pair.helper), ADL_OUTBOX_DOZING);
    assert_true(adl_outbox_put(&pair.helper, "letter", 6));
    assert_true(adl_outbox_has_news(&pair.program));
    assert_int_equal(adl_outbox_peek(&pair.program, taken), 6);
    assert_false(adl_outbox_has_news(&pair.program));
    close_pair(&pair);
}

static void test_other_memory_is_no_outbox(void **state)
{
    struct adl_outbox box;
    struct adl_shm shm;

    (void)state;
    assert_true(adl_outbox_adopt(&box, -1) < 0);
    assert_int_equal(adl_shm_create(&shm, "other", 4096, 0), 0);
    assert_int_equal(adl_outbox_adopt(&box, shm.fd), -EINVAL);
    adl_shm_finish(&shm);
}

TEST_SUITE(outbox)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_are_taken_as_they_were_put),
        cmocka_unit_test(
            test_a_full_outbox_takes_no_more_until_some_is_dropped),
        cmocka_unit_test(test_nonsense_in_it_is_seen),
        cmocka_unit_test(test_a_call_is_either_claimed_or_recalled),
        cmocka_unit_test(test_what_is_put_is_news_until_it_was_looked_at),
        cmocka_unit_test(test_other_memory_is_no_outbox),
    };

    return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
