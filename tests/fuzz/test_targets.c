/* SPDX-License-Identifier: MIT */
/* The fuzz targets without a fuzzer: no seed breaks a promise, and every bug
 * that can be planted is found with one of them. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "support/loop.h"

/* In memory of its very size, so that a sanitizer sees who reads on. */
static const char *check_seed(const struct fuzz_target *target, size_t i)
{
    const struct fuzz_seed *seed = &target->seeds[i];
    char *bytes = malloc(seed->len > 0 ? seed->len : 1);

    assert_non_null(bytes);
    memcpy(bytes, seed->bytes, seed->len);
    const char *broken = target->check(bytes, seed->len);
    free(bytes);
    return broken;
}

static void test_no_seed_breaks_a_promise(void **state)
{
    (void)state;
    for (size_t t = 0; t < fuzz_n_targets; t++) {
        for (size_t i = 0; i < fuzz_targets[t]->n_seeds; i++) {
            const char *broken = check_seed(fuzz_targets[t], i);

            if (broken != NULL) {
                fail_msg("%s, seed %zu: %s", fuzz_targets[t]->name, i, broken);
            }
        }
    }
}

static bool is_found(const struct fuzz_target *target)
{
    for (size_t i = 0; i < target->n_seeds; i++) {
        if (check_seed(target, i) != NULL) {
            return true;
        }
    }
    return false;
}

static void test_every_planted_bug_is_found(void **state)
{
    (void)state;
    for (size_t t = 0; t < fuzz_n_targets; t++) {
        assert_true(fuzz_targets[t]->n_plants > 0);
        for (int plant = 1; plant <= fuzz_targets[t]->n_plants; plant++) {
            fuzz_plant = plant;
            bool found = is_found(fuzz_targets[t]);

            fuzz_plant = 0;
            if (!found) {
                fail_msg("%s, bug %d: not found", fuzz_targets[t]->name, plant);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_seed_breaks_a_promise),
        cmocka_unit_test(test_every_planted_bug_is_found),
    };

    return cmocka_run_group_tests_name("targets", tests, NULL, NULL);
}
