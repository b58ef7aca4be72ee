/* SPDX-License-Identifier: MIT */
#include "pool/ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"
#include "util/rng.h"

static void test_a_record_is_a_length_and_whole_words(void **state)
{
    static const struct {
        uint64_t len, record;
    } cases[] = {
        {0, 8}, {1, 16}, {7, 16}, {8, 16}, {9, 24}, {1u << 20, 8 + (1u << 20)},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(adl_ring_count_record(cases[i].len), cases[i].record);
    }
}

static void test_the_capacity_holds_whatever_the_limits_allow(void **state)
{
    static const struct {
        uint64_t max_items, max_bytes, cap;
    } cases[] = {
        {1, 1, 16},
        {1, 8, 24},
        {3, 3, 48}, /* three records of one byte are just that */
        {1024, 1u << 24, 1024 * 15 + (1u << 24)},
        {UINT64_MAX, 1, 0},
        {1, UINT64_MAX, 0},
        {UINT64_MAX / 2 / 15, UINT64_MAX / 4,
         (UINT64_MAX / 2 / 15 * 15 + UINT64_MAX / 4 + 7) / 8 * 8},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(
            adl_ring_count_cap(cases[i].max_items, cases[i].max_bytes),
            cases[i].cap);
    }
}

static void test_states_that_cannot_be_are_not_sound(void **state)
{
    static const struct adl_ring_limits limits = {
        .max_items = 4, .max_bytes = 100, .cap = 160};
    static const struct {
        struct adl_ring ring;
        bool is_sound;
    } cases[] = {
        {{0, 0, 0, 0}, true},
        {{1600, 1600, 0, 0}, true},
        {{0, 8, 1, 0}, true},
        {{8, 168, 4, 100}, true},
        {{UINT64_MAX - 15, UINT64_MAX - 7, 1, 0}, true},
        {{8, 0, 0, 0}, false},                   /* tail before head */
        {{UINT64_MAX - 7, 0, 1, 0}, false},      /* the same, gone round */
        {{0, 168, 4, 100}, false},               /* more than there is */
        {{0, UINT64_MAX - 7, 4, 100}, false},    /* the same */
        {{4, 12, 1, 0}, false},                  /* between words */
        {{0, 12, 1, 0}, false},                  /* the same */
        {{0, 80, 5, 0}, false},                  /* too many items */
        {{0, 160, 1, 101}, false},               /* too many bytes */
        {{0, 16, 0, 0}, false},                  /* bytes of no item */
        {{0, 0, 1, 0}, false},                   /* an item of no bytes */
        {{0, 16, 2, 8}, false},                  /* less than they take */
        {{0, 16, UINT64_MAX, UINT64_MAX}, false} /* nonsense */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(adl_ring_is_sound(&cases[i].ring, &limits),
                         cases[i].is_sound);
    }
}

static void test_an_item_fits_within_both_limits(void **state)
{
    static const struct adl_ring_limits limits = {
        .max_items = 3, .max_bytes = 100, .cap = 3 * 15 + 100 + 7};
    static const struct {
        struct adl_ring ring;
        uint64_t len;
        bool fits;
    } cases[] = {
        {{0, 0, 0, 0}, 0, true},    {{0, 0, 0, 0}, 100, true},
        {{0, 0, 0, 0}, 101, false}, {{0, 0, 0, 0}, UINT64_MAX, false},
        {{0, 24, 2, 8}, 92, true},  {{0, 24, 2, 8}, 93, false},
        {{0, 24, 3, 0}, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(adl_ring_fits(&cases[i].ring, &limits, cases[i].len),
                         cases[i].fits);
    }
}

static void test_a_length_at_the_head_is_checked(void **state)
{
    static const struct {
        struct adl_ring ring;
        uint64_t len;
        bool has;
    } cases[] = {
        {{0, 16, 1, 8}, 8, true},
        {{0, 16, 1, 8}, 9, false},
        {{0, 16, 2, 0}, 0, true},
        {{0, 16, 1, 20}, 9, false}, /* over the tail */
        {{0, 16, 1, 8}, UINT64_MAX, false},
        {{0, 0, 0, 0}, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(adl_ring_has_record(&cases[i].ring, cases[i].len),
                         cases[i].has);
    }
}

static void test_bytes_go_over_the_end_and_come_back(void **state)
{
    const char text[] = "0123456789abcdef";
    unsigned char bytes[24];
    char back[sizeof(text)];

    (void)state;
    for (uint64_t position = 0; position < 60; position++) {
        memset(bytes, '.', sizeof(bytes));
        memset(back, 0, sizeof(back));
        adl_ring_write(bytes, sizeof(bytes), position, text, 16);
        adl_ring_read(bytes, sizeof(bytes), position, back, 16);

        assert_string_equal(back, text);
        assert_int_equal(bytes[position % 24], '0');
        assert_int_equal(bytes[(position + 15) % 24], 'f');
        assert_int_equal(bytes[(position + 16) % 24], '.');
    }
    adl_ring_write(bytes, sizeof(bytes), 5, NULL, 0);
}

/* Put records of these lengths, up to UINT64_MAX, from a position. */
static struct adl_ring fill(unsigned char *bytes, uint64_t cap, uint64_t head,
                            const uint64_t *lens)
{
    struct adl_ring ring = {.head = head, .tail = head};

    for (size_t i = 0; lens[i] != UINT64_MAX; i++) {
        adl_ring_write(bytes, cap, ring.tail, &lens[i], sizeof(lens[i]));
        ring.tail += adl_ring_count_record(lens[i]);
    }
    return ring;
}

static void test_recounting_finds_what_was_put(void **state)
{
    static const uint64_t lens[] = {0, 10, 1, 33, UINT64_MAX};
    const struct adl_ring_limits limits = {
        .max_items = 4, .max_bytes = 44, .cap = adl_ring_count_cap(4, 44)};
    unsigned char bytes[256] = {0};

    (void)state;
    assert_true(limits.cap <= sizeof(bytes));
    for (uint64_t head = 0; head < 2 * limits.cap; head += 8) {
        struct adl_ring ring = fill(bytes, limits.cap, head, lens);

        ring.n_items = 77;
        ring.n_bytes = 78;
        assert_true(adl_ring_recount(&ring, &limits, bytes));
        assert_int_equal(ring.n_items, 4);
        assert_int_equal(ring.n_bytes, 44);
        assert_true(adl_ring_is_sound(&ring, &limits));
    }
}

static void test_recounting_refuses_what_nobody_can_have_put(void **state)
{
    static const struct adl_ring_limits limits = {
        .max_items = 2, .max_bytes = 40, .cap = 80};
    static const struct {
        uint64_t lens[5];
        int64_t more; /* what the tail is off */
    } cases[] = {
        {{41, UINT64_MAX}, 0},
        {{20, 21, UINT64_MAX}, 0},
        {{1, 1, 1, UINT64_MAX}, 0},
        {{8, UINT64_MAX}, -8},
        {{8, UINT64_MAX}, 1},
        {{8, UINT64_MAX}, 80},
        {{8, UINT64_MAX}, -24},
        {{UINT64_MAX - 1, UINT64_MAX}, 16},
        {{UINT64_MAX - 8, UINT64_MAX}, 16},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned char bytes[80] = {0};
        struct adl_ring ring = fill(bytes, limits.cap, 80, cases[i].lens);

        ring.tail += (uint64_t)cases[i].more;
        assert_false(adl_ring_recount(&ring, &limits, bytes));
    }
}

static void test_no_bytes_at_all_lead_out_of_the_ring(void **state)
{
    static const struct adl_ring_limits limits = {
        .max_items = 20, .max_bytes = 150, .cap = 456};
    struct adl_rng rng = {.state = 3};
    unsigned char bytes[456];

    (void)state;
    for (int i = 0; i < 20000; i++) {
        for (size_t k = 0; k < sizeof(bytes); k++) {
            bytes[k] = k % 8 == 0 ? (unsigned char)(adl_rng_next(&rng) % 40)
                                  : (unsigned char)(adl_rng_next(&rng) % 9 / 8);
        }
        struct adl_ring ring = {.head = adl_rng_next(&rng) % 1000,
                                .tail = adl_rng_next(&rng) % 1500};
        if (i % 4 != 0) {
            ring.head = ring.head / 8 * 8;
            ring.tail = ring.tail / 8 * 8;
        }
        if (adl_ring_recount(&ring, &limits, bytes)) {
            assert_true(adl_ring_is_sound(&ring, &limits));
        }
    }
}

TEST_SUITE(ring)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_record_is_a_length_and_whole_words),
        cmocka_unit_test(test_the_capacity_holds_whatever_the_limits_allow),
        cmocka_unit_test(test_states_that_cannot_be_are_not_sound),
        cmocka_unit_test(test_an_item_fits_within_both_limits),
        cmocka_unit_test(test_a_length_at_the_head_is_checked),
        cmocka_unit_test(test_bytes_go_over_the_end_and_come_back),
        cmocka_unit_test(test_recounting_finds_what_was_put),
        cmocka_unit_test(test_recounting_refuses_what_nobody_can_have_put),
        cmocka_unit_test(test_no_bytes_at_all_lead_out_of_the_ring),
    };

    return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
