/* SPDX-License-Identifier: MIT */
#include "store/leftovers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/part.h"
#include "support/scratch.h"
#include "support/suite.h"

struct bed {
    struct scratch *scratch;
    struct adl_dir *dir;
    int aside_fd;
};

static int setup(void **state)
{
    struct bed *bed = calloc(1, sizeof(*bed));
    void *scratch = NULL;
    int root_fd;

    if (bed == NULL || scratch_setup(&scratch) < 0) {
        free(bed);
        return -1;
    }
    bed->scratch = scratch;
    *state = bed;
    return adl_dir_create(&bed->dir, bed->scratch->path) < 0
               ? -1
               : adl_dir_lend(bed->dir, &root_fd, &bed->aside_fd);
}

static int teardown(void **state)
{
    struct bed *bed = *state;
    void *scratch = bed->scratch;

    adl_dir_destroy(bed->dir);
    free(bed);
    return scratch_teardown(&scratch);
}

static void leave(struct bed *bed, const char *path)
{
    struct adl_part part;

    assert_int_equal(adl_part_open(&part, bed->aside_fd, path), 0);
    adl_part_leave(&part);
}

static int count(struct bed *bed)
{
    return scratch_count_entries(scratch_path(bed->scratch, ".asyncdl"));
}

static void test_a_part_of_that_file_goes_and_others_stay(void **state)
{
    struct adl_leftovers leftovers = {0};
    struct bed *bed = *state;

    leave(bed, "a");
    leave(bed, "b");
    adl_leftovers_remove(&leftovers, bed->dir, "c");
    assert_int_equal(count(bed), 2);
    adl_leftovers_remove(&leftovers, bed->dir, "a");
    assert_int_equal(count(bed), 1);
    adl_leftovers_remove(&leftovers, bed->dir, "a");
    assert_int_equal(count(bed), 1);
    adl_leftovers_remove(&leftovers, bed->dir, "b");
    assert_int_equal(count(bed), 0);
}

static void test_what_is_held_stays(void **state)
{
    struct adl_leftovers leftovers = {0};
    struct bed *bed = *state;
    struct adl_part part;

    assert_int_equal(adl_part_open(&part, bed->aside_fd, "a"), 0);
    adl_leftovers_remove(&leftovers, bed->dir, "a");
    assert_int_equal(count(bed), 1);
    adl_part_leave(&part);
    adl_leftovers_remove(&leftovers, bed->dir, "a");
    assert_int_equal(count(bed), 0);
}

/* So that the many files of a fresh folder cost nothing. */
static void test_where_there_were_none_nobody_looks_again(void **state)
{
    struct adl_leftovers leftovers = {0};
    struct bed *bed = *state;

    scratch_write(scratch_path(bed->scratch, ".asyncdl/journal.db"), "");
    adl_leftovers_remove(&leftovers, bed->dir, "a");
    leave(bed, "a");
    adl_leftovers_remove(&leftovers, bed->dir, "a");
    assert_int_equal(count(bed), 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

TEST_SUITE(leftovers)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_part_of_that_file_goes_and_others_stay),
        TEST(test_what_is_held_stays),
        TEST(test_where_there_were_none_nobody_looks_again),
    };

    return cmocka_run_group_tests_name("leftovers", tests, NULL, NULL);
}
