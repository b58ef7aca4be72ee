/* SPDX-License-Identifier: MIT */
/* The programs of examples/ and README.md do what is said of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "site/pattern.h"
#include "support/proc.h"
#include "support/scratch.h"
#include "support/server.h"
#include "support/suite.h"

static struct server site;

/* Run a program with the URL of that path; out may then be read. */
static void run(struct proc_result *result, const char *variable,
                const char *path)
{
    char url[64];
    const char *argv[] = {server_get_program(variable), url, NULL};

    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", site.port, path);
    assert_int_equal(proc_run(result, &(struct proc_options){.argv = argv}), 0);
}

static void check(const char *variable)
{
    const char *const args[] = {"--latency", "0", NULL};
    struct proc_result good = {0};
    struct proc_result bad = {0};

    server_need(&site, server_start_site(&site, args));
    run(&good, variable, "/bytes/9000");
    run(&bad, variable, "/status/404");
    server_stop(&site);

    assert_int_equal(good.status, 0);
    assert_non_null(strstr(adl_buf_str(&good.out), "/bytes/9000: 9000 bytes"));
    assert_string_equal(adl_buf_str(&good.err), "");
    assert_int_equal(bad.status, 1);
    assert_non_null(strstr(adl_buf_str(&bad.err), "HTTP status 404"));
    proc_result_finish(&good);
    proc_result_finish(&bad);
}

static void test_the_program_of_the_readme_downloads(void **state)
{
    (void)state;
    check("README_PROGRAM");
}

static void test_embed_downloads_beside_its_timer(void **state)
{
    (void)state;
    check("EMBED");
}

static void test_wrong_use_is_told(void **state)
{
    static const struct {
        const char *variable;
        const char *arg;
        int status;
        const char *said;
    } cases[] = {
        {"CHAIN", NULL, 2, "usage: chain DIR URL...\n"},
        {"BUSY", "-1", 2, "usage: busy [COUNT]\n"},
        {"BUSY", "x", 2, "usage: busy [COUNT]\n"},
        {"EMBED", NULL, 2, "usage: embed URL...\n"},
        {"SEARCH", NULL, 2, "usage: search DIR\n"},
        {"SEARCH", "/no/such", 1, "/no/such: No such file or directory\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *argv[] = {server_get_program(cases[i].variable),
                              cases[i].arg, NULL};
        struct proc_result result = {0};

        assert_int_equal(
            proc_run(&result, &(struct proc_options){.argv = argv}), 0);
        assert_int_equal(result.status, cases[i].status);
        assert_string_equal(adl_buf_str(&result.err), cases[i].said);
        assert_string_equal(adl_buf_str(&result.out), "");
        proc_result_finish(&result);
    }
}

/* The name that chain gives a body. */
static void name_of(char out[17], const uint8_t *bytes, size_t len)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < len; i++) {
        sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    (void)snprintf(out, 17, "%016llx", (unsigned long long)sum);
}

static void test_chain_fetches_hashes_and_saves(void **state)
{
    static const size_t sizes[] = {1, 5000, 300000};
    static uint8_t bytes[300000];
    struct scratch *scratch = *state;
    const char *const args[] = {"--latency", "0", NULL};
    char urls[4][64];
    const char *argv[] = {server_get_program("CHAIN"),
                          scratch->path,
                          urls[0],
                          urls[1],
                          urls[2],
                          urls[3],
                          NULL};
    struct proc_result result = {0};

    server_need(&site, server_start_site(&site, args));
    for (int i = 0; i < 3; i++) {
        (void)snprintf(urls[i], sizeof(urls[i]),
                       "http://127.0.0.1:%u/bytes/%zu", site.port, sizes[i]);
    }
    (void)snprintf(urls[3], sizeof(urls[3]), "http://127.0.0.1:%u/status/404",
                   site.port);
    assert_int_equal(proc_run(&result, &(struct proc_options){.argv = argv}),
                     0);
    server_stop(&site);

    assert_int_equal(result.status, 1); /* for the one that is not there */
    assert_non_null(strstr(adl_buf_str(&result.err), "HTTP status 404"));
    assert_int_equal(scratch_count_entries(scratch->path), 3);
    for (int i = 0; i < 3; i++) {
        char name[17];

        adl_pattern_fill(bytes, sizes[i], 0, 0);
        name_of(name, bytes, sizes[i]);
        assert_true(
            scratch_holds(scratch_path(scratch, name), bytes, sizes[i]));
    }
    proc_result_finish(&result);
}

TEST_SUITE(examples)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_program_of_the_readme_downloads),
        cmocka_unit_test(test_embed_downloads_beside_its_timer),
        cmocka_unit_test(test_wrong_use_is_told),
        cmocka_unit_test_setup_teardown(test_chain_fetches_hashes_and_saves,
                                        scratch_setup, scratch_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
