/* SPDX-License-Identifier: MIT */
#include "store/ledger.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/fault.h"
#include "support/scratch.h"
#include "support/suite.h"
#include "unit/ledger_wanted.h"

struct bed {
    const struct scratch *scratch;
    struct adl_dir *dir;
    struct adl_ledger *ledger;
    struct adl_buf path;
    struct adl_standing standing;
    char error[ADL_LEDGER_ERROR_MAX];
};

static const struct adl_ledger_options no_journal = {.sync = ADL_SYNC_NONE};

static void open_bed(struct bed *bed, void **state)
{
    *bed = (struct bed){.scratch = *state};
    assert_int_equal(adl_dir_create(&bed->dir, bed->scratch->path), 0);
    assert_int_equal(
        adl_ledger_open(&bed->ledger, bed->dir, &no_journal, bed->error), 0);
}

static void close_bed(struct bed *bed)
{
    adl_buf_finish(&bed->path);
    adl_ledger_close(bed->ledger, -1);
    adl_dir_destroy(bed->dir);
}

static int admit(struct bed *bed, struct adl_ledger_ask ask)
{
    return admit_and_look(bed->ledger, &ask, &bed->path, &bed->standing,
                          bed->error);
}

static void test_names_are_given_in_order(void **state)
{
    static const char *const names[] = {"a", "a~2", "a~3"};
    struct bed bed;

    open_bed(&bed, state);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(admit(&bed, (struct adl_ledger_ask){WANTED("a")}), 0);
        assert_string_equal(adl_buf_str(&bed.path), names[i]);
        assert_int_equal(bed.standing.state, ADL_STANDING_OPEN);
    }
    close_bed(&bed);
}

static void test_what_is_there_is_seen_unless_it_may_be_replaced(void **state)
{
    static const struct {
        struct adl_ledger_ask ask;
        enum adl_standing_state state;
    } cases[] = {
        {{WANTED("there")}, ADL_STANDING_TAKEN},
        {{WANTED("there"), .overwrite = true}, ADL_STANDING_OPEN},
        {{WANTED("there"), .is_name_open = true}, ADL_STANDING_OPEN},
        {{WANTED("not")}, ADL_STANDING_OPEN},
        {{WANTED("not/there")}, ADL_STANDING_OPEN},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bed bed;

        open_bed(&bed, state);
        scratch_write(scratch_path(bed.scratch, "there"), "x");
        assert_int_equal(admit(&bed, cases[i].ask), 0);
        assert_int_equal(bed.standing.state, cases[i].state);
        assert_string_equal(adl_buf_str(&bed.path),
                            (const char *)cases[i].ask.data);
        close_bed(&bed);
    }
}

static void test_open_name_is_claimed_later(void **state)
{
    struct bed bed;

    open_bed(&bed, state);
    assert_int_equal(
        admit(&bed, (struct adl_ledger_ask){WANTED("a"), .is_name_open = true}),
        0);
    assert_int_equal(admit(&bed, (struct adl_ledger_ask){WANTED("a")}), 0);
    assert_string_equal(adl_buf_str(&bed.path), "a");
    assert_int_equal(adl_ledger_claim(bed.ledger, "a", &bed.path, bed.error),
                     0);
    assert_string_equal(adl_buf_str(&bed.path), "a~2");
    close_bed(&bed);
}

static void test_path_through_a_file_is_in_the_way(void **state)
{
    struct bed bed;

    open_bed(&bed, state);
    scratch_write(scratch_path(bed.scratch, "file"), "x");
    assert_int_equal(admit(&bed, (struct adl_ledger_ask){WANTED("file/a")}),
                     ASYNCDL_EINWAY);
    assert_non_null(strstr(bed.error, "look for file/a: "));
    close_bed(&bed);
}

static void test_without_memory_nothing_is_claimed(void **state)
{
    struct bed bed;

    open_bed(&bed, state);
    fault_arm(FAULT_CALLOC, 1, ENOMEM);
    assert_int_equal(admit(&bed, (struct adl_ledger_ask){WANTED("a")}),
                     -ENOMEM);
    fault_clear();
    assert_non_null(strstr(bed.error, "keep the names of files: "));
    assert_int_equal(admit(&bed, (struct adl_ledger_ask){WANTED("a")}), 0);
    assert_string_equal(adl_buf_str(&bed.path), "a");
    close_bed(&bed);
}

static void test_create_without_memory(void **state)
{
    struct adl_ledger *ledger = NULL;
    struct bed bed;

    open_bed(&bed, state);
    for (int i = 1; i <= 2; i++) {
        fault_arm(FAULT_CALLOC, i, ENOMEM);
        assert_int_equal(
            adl_ledger_open(&ledger, bed.dir, &no_journal, bed.error), -ENOMEM);
        fault_clear();
        assert_null(ledger);
    }
    adl_ledger_close(NULL, -1);
    close_bed(&bed);
}

#define TEST(f) \
    cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

TEST_SUITE(ledger)
{
    const struct CMUnitTest tests[] = {
        TEST(test_names_are_given_in_order),
        TEST(test_what_is_there_is_seen_unless_it_may_be_replaced),
        TEST(test_open_name_is_claimed_later),
        TEST(test_path_through_a_file_is_in_the_way),
        TEST(test_without_memory_nothing_is_claimed),
        TEST(test_create_without_memory),
    };

    return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
