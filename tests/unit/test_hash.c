/* SPDX-License-Identifier: MIT */
#include "util/hash.h"

#include <string.h>

#include "support/loop.h"
#include "support/suite.h"

static void test_state_is_fnv_1a(void **state)
{
    (void)state;
    /* From the authors' test vectors. */
    assert_true(adl_hash_add(ADL_HASH_INIT, "", 0) == 0xcbf29ce484222325);
    assert_true(adl_hash_add(ADL_HASH_INIT, "a", 1) == 0xaf63dc4c8601ec8c);
    assert_true(adl_hash_add(ADL_HASH_INIT, "foobar", 6) == 0x85944171f73967e8);
}

static void test_finished_hash_never_changes(void **state)
{
    (void)state;
    assert_true(adl_hash_of("", 0) == 0xefd01f60ba992926);
    assert_true(adl_hash_of("foobar", 6) == 0x2c22194922d1672b);
}

static void test_pieces_hash_as_the_whole(void **state)
{
    uint64_t pieces = adl_hash_add(ADL_HASH_INIT, "foo", 3);

    (void)state;
    pieces = adl_hash_add(pieces, "bar", 3);
    assert_true(adl_hash_finish(pieces) == adl_hash_of("foobar", 6));
}

TEST_SUITE(hash)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state_is_fnv_1a),
        cmocka_unit_test(test_finished_hash_never_changes),
        cmocka_unit_test(test_pieces_hash_as_the_whole),
    };

    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
