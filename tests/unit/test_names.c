/* SPDX-License-Identifier: MIT */
#include "store/names.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/name.h"
#include "support/effort.h"
#include "support/loop.h"
#include "support/suite.h"

struct claim {
    const char *path;
    const char *got;
};

static void check(const struct claim *claims, size_t n)
{
    struct adl_names *names;
    struct adl_buf buf = {0};

    assert_int_equal(adl_names_create(&names), 0);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(adl_names_claim(names, claims[i].path, &buf), 0);
        assert_string_equal(buf.data, claims[i].got);
    }
    adl_names_destroy(names);
    adl_buf_finish(&buf);
}

#define CHECK(claims) check(claims, sizeof(claims) / sizeof((claims)[0]))

static void test_later_claims_are_numbered_in_order(void **state)
{
    static const struct claim claims[] = {
        {"a", "a"},   {"b", "b"},     {"a", "a~2"},     {"a", "a~3"},
        {"b", "b~2"}, {"d/a", "d/a"}, {"d/a", "d/a~2"}, {"A", "A"},
    };

    (void)state;
    CHECK(claims);
}

static void test_literal_claim_never_gets_a_numbered_name(void **state)
{
    static const struct claim claims[] = {
        {"a", "a"},   {"a", "a~2"},     {"a~2", "a~2~2"}, {"a~3", "a~3"},
        {"a", "a~4"}, {"a~2", "a~2~3"}, {"a", "a~5"},     {"a~2~2", "a~2~2~2"},
    };

    (void)state;
    CHECK(claims);
}

static void test_file_is_never_a_folder_of_another(void **state)
{
    static const struct claim claims[] = {
        {"a", "a"},
        {"a/x", "a~2/x"},
        {"a/y", "a~2/y"},
        {"a", "a~3"},
        {"a/x", "a~2/x~2"},
        {"a~2", "a~2~2"},
        {"a/x/z", "a~2/x~3/z"},
        {"a/x/y", "a~2/x~3/y"},
    };

    (void)state;
    CHECK(claims);
}

static void test_folder_is_never_taken_for_a_file(void **state)
{
    static const struct claim claims[] = {
        {"a/x", "a/x"},     {"a", "a~2"},     {"a/y", "a/y"},
        {"a", "a~3"},       {"a", "a~4"},     {"a~2/z", "a~2~2/z"},
        {"b/c/d", "b/c/d"}, {"b/c", "b/c~2"}, {"b", "b~2"},
    };

    (void)state;
    CHECK(claims);
}

static void test_many_claims_of_one_name_take_no_search(void **state)
{
    struct adl_names *names;
    struct adl_buf buf = {0};
    const unsigned n = effort(200000, 20000);
    char expected[32];

    (void)state;
    assert_int_equal(adl_names_create(&names), 0);
    for (unsigned i = 1; i <= n; i++) {
        assert_int_equal(adl_names_claim(names, "index.html", &buf), 0);
    }
    (void)snprintf(expected, sizeof(expected), "index.html~%u", n);

    assert_string_equal(buf.data, expected);
    assert_int_equal(adl_names_claim(names, "index.html/a", &buf), 0);
    (void)snprintf(expected, sizeof(expected), "index.html~%u/a", n + 1);
    assert_string_equal(buf.data, expected);
    adl_names_destroy(names);
    adl_buf_finish(&buf);
}

static void test_long_names_stay_within_their_bounds(void **state)
{
    struct adl_names *names;
    struct adl_buf first = {0};
    struct adl_buf second = {0};
    char path[256] = {0};

    (void)state;
    for (size_t i = 0; i < 255; i++) {
        path[i] = 'a';
    }
    assert_int_equal(adl_names_create(&names), 0);
    assert_int_equal(adl_names_claim(names, path, &first), 0);
    assert_string_equal(first.data, path);
    assert_int_equal(adl_names_claim(names, path, &first), 0);
    assert_int_equal(adl_names_claim(names, path, &second), 0);

    assert_int_equal(first.len, 255);
    assert_int_equal(second.len, 255);
    assert_string_equal(first.data + 253, "~2");
    assert_string_equal(second.data + 253, "~3");
    adl_names_destroy(names);
    adl_buf_finish(&first);
    adl_buf_finish(&second);
}

/* "a/a/.../last": components of one byte. */
static void fill_deep(char *path, size_t n_folders, char last)
{
    for (size_t i = 0; i < n_folders; i++) {
        path[2 * i] = 'a';
        path[2 * i + 1] = '/';
    }
    path[2 * n_folders] = last;
    path[2 * n_folders + 1] = '\0';
}

static void test_path_that_numbers_make_too_long_is_cut(void **state)
{
    struct adl_names *names;
    struct adl_buf first = {0};
    struct adl_buf second = {0};
    char path[ADL_NAME_PATH_MAX + 1];

    (void)state;
    fill_deep(path, ADL_NAME_PATH_MAX / 2 - 1, 'b');
    assert_int_equal(adl_names_create(&names), 0);
    assert_int_equal(adl_names_claim(names, "a", &first), 0);
    assert_int_equal(adl_names_claim(names, "a~2/a", &first), 0);
    assert_int_equal(adl_names_claim(names, path, &first), 0);
    assert_int_equal(adl_names_claim(names, path, &second), 0);

    assert_true(first.len <= ADL_NAME_PATH_MAX);
    assert_true(second.len <= ADL_NAME_PATH_MAX);
    assert_string_not_equal(first.data, second.data);
    assert_memory_equal(first.data, "a~3/", 4);
    adl_names_destroy(names);
    adl_buf_finish(&first);
    adl_buf_finish(&second);
}

static uint32_t roll(uint64_t *seed, uint32_t n)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(*seed >> 33) % n;
}

static void make_path(char *out, uint64_t *seed)
{
    static const char *const parts[] = {"a", "b", "a~2", "a~3", "b~2", "a~2~2"};
    uint32_t depth = 1 + roll(seed, 3);

    out[0] = '\0';
    for (uint32_t i = 0; i < depth; i++) {
        size_t len = strlen(out);

        (void)snprintf(out + len, 64 - len, "%s%s", i > 0 ? "/" : "",
                       parts[roll(seed, 6)]);
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "a/b" lies in "a". */
static bool lies_in(const char *path, const char *folder)
{
    size_t len = strlen(folder);

    return strncmp(path, folder, len) == 0 && path[len] == '/';
}

static char *claim_random(struct adl_names *names, uint64_t *seed)
{
    struct adl_buf buf = {0};
    char path[64];

    make_path(path, seed);
    assert_int_equal(adl_names_claim(names, path, &buf), 0);
    return adl_buf_take(&buf);
}

static void test_random_claims_never_clash_and_repeat_exactly(void **state)
{
    enum { N = 300 };
    static char *got[N];

    (void)state;
    for (uint64_t round = 0; round < 100; round++) {
        struct adl_names *names;
        struct adl_names *again;
        uint64_t seed = round;
        uint64_t seed_again = round;

        assert_int_equal(adl_names_create(&names), 0);
        assert_int_equal(adl_names_create(&again), 0);
        for (size_t i = 0; i < N; i++) {
            got[i] = claim_random(names, &seed);
            char *repeated = claim_random(again, &seed_again);
            assert_string_equal(got[i], repeated);
            free(repeated);
        }
        qsort(got, N, sizeof(got[0]), compare);
        for (size_t i = 0; i < N; i++) {
            for (size_t j = 0; j < N; j++) {
                assert_false(lies_in(got[j], got[i]));
            }
            assert_true(i == 0 || strcmp(got[i - 1], got[i]) != 0);
        }
        for (size_t i = 0; i < N; i++) {
            free(got[i]);
        }
        adl_names_destroy(names);
        adl_names_destroy(again);
    }
}

static void test_destroy_accepts_null(void **state)
{
    (void)state;
    adl_names_destroy(NULL);
}

TEST_SUITE(names)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_later_claims_are_numbered_in_order),
        cmocka_unit_test(test_literal_claim_never_gets_a_numbered_name),
        cmocka_unit_test(test_file_is_never_a_folder_of_another),
        cmocka_unit_test(test_folder_is_never_taken_for_a_file),
        cmocka_unit_test(test_many_claims_of_one_name_take_no_search),
        cmocka_unit_test(test_long_names_stay_within_their_bounds),
        cmocka_unit_test(test_path_that_numbers_make_too_long_is_cut),
        cmocka_unit_test(test_random_claims_never_clash_and_repeat_exactly),
        cmocka_unit_test(test_destroy_accepts_null),
    };

    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
