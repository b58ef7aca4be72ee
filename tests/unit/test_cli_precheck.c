/* SPDX-License-Identifier: MIT */
#include "cli/precheck.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "support/suite.h"

static void on_bad(const struct adl_place *place, const char *why, void *data)
{
    (void)why;
    assert_int_equal(
        adl_buf_addf(data, "%s:%u ", place->file, (unsigned)place->line), 0);
}

static void on_unknown(const struct adl_place *place, const char *name,
                       void *data)
{
    (void)place;
    (void)name;
    (void)data;
}

static const struct adl_listparse_callbacks callbacks = {
    .on_bad = on_bad, .on_unknown = on_unknown};

static void test_all_bad_lines_of_all_sources_are_reported(void **state)
{
    char path[] = "/tmp/asyncdl-test-XXXXXX";
    struct adl_source items[] = {
        {.kind = ADL_SOURCE_URL,
         .text = "ftp://x",
         .name = "argument",
         .position = 1,
         .fd = -1},
        {.kind = ADL_SOURCE_FILE, .text = path, .name = "list", .fd = -1},
    };
    struct adl_sources sources = {.items = items, .n = 2};
    struct adl_buf bad = {0};
    const char *name = NULL;
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "http://a\nx\n out=y\n{\n", 20), 20);
    assert_int_equal(close(fd), 0);

    assert_int_equal(adl_precheck(&name, &sources, NULL, &callbacks, &bad), 0);
    assert_string_equal(adl_buf_str(&bad), "argument:1 list:2 list:4 ");
    assert_int_equal(items[1].fd, -1); /* can be opened again */
    assert_int_equal(unlink(path), 0);
    adl_buf_finish(&bad);
}

static void test_standard_input_can_be_read_again(void **state)
{
    struct adl_source item = {
        .kind = ADL_SOURCE_STDIN, .text = "-", .name = "-", .fd = -1};
    struct adl_sources sources = {.items = &item, .n = 1};
    struct adl_buf bad = {0};
    const char *name = NULL;
    char text[32] = "";
    int saved = dup(STDIN_FILENO);
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "http://a\nrubbish\n", 17), 17);
    assert_int_equal(close(fds[1]), 0);
    assert_int_equal(dup2(fds[0], STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(adl_precheck(&name, &sources, NULL, &callbacks, &bad), 0);
    if (saved >= 0) {
        assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
        assert_int_equal(close(saved), 0);
    }
    assert_int_equal(close(fds[0]), 0);

    assert_string_equal(adl_buf_str(&bad), "-:2 ");
    assert_int_equal(read(item.fd, text, sizeof(text) - 1), 17);
    assert_string_equal(text, "http://a\nrubbish\n");
    assert_int_equal(close(item.fd), 0);
    adl_buf_finish(&bad);
}

static void test_a_source_that_cannot_be_read_is_named(void **state)
{
    struct adl_source item = {.kind = ADL_SOURCE_FILE,
                              .text = "/does/not/exist",
                              .name = "list",
                              .fd = -1};
    struct adl_sources sources = {.items = &item, .n = 1};
    struct adl_buf bad = {0};
    const char *name = NULL;

    (void)state;
    assert_int_equal(adl_precheck(&name, &sources, NULL, &callbacks, &bad),
                     -ENOENT);
    assert_string_equal(name, "list");
}

TEST_SUITE(cli_precheck)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_bad_lines_of_all_sources_are_reported),
        cmocka_unit_test(test_standard_input_can_be_read_again),
        cmocka_unit_test(test_a_source_that_cannot_be_read_is_named),
    };

    return cmocka_run_group_tests_name("precheck", tests, NULL, NULL);
}
