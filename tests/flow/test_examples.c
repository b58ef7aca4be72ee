/* SPDX-License-Identifier: MIT */
/* The programs of examples/ and README.md do what is said of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/proc.h"
#include "support/server.h"

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

static void check(const char *variable, int status_of_failure)
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
    assert_int_equal(bad.status, status_of_failure);
    assert_non_null(strstr(adl_buf_str(&bad.err), "HTTP status 404"));
    proc_result_finish(&good);
    proc_result_finish(&bad);
}

static void test_the_program_of_the_readme_downloads(void **state)
{
    (void)state;
    check("README_PROGRAM", 0);
}

static void test_embed_downloads_beside_its_timer(void **state)
{
    (void)state;
    check("EMBED", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_program_of_the_readme_downloads),
        cmocka_unit_test(test_embed_downloads_beside_its_timer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
