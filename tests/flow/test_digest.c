/* SPDX-License-Identifier: MIT */
/* What a run says at its end of what failed: each once, under its cause. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/download.h"
#include "support/suite.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* The digest alone, without the lines that came before it. */
static const char *get_digest(struct download *d)
{
    const char *digest = strstr(d->cmd.err, " by cause and host:\n");

    assert_non_null(digest);
    return digest;
}

static uint64_t add_up(const char *digest)
{
    uint64_t n = 0;

    for (const char *p = digest; *p != '\0'; p += strcspn(p, "\n") + 1) {
        n += strtoull(p, NULL, 10); /* 0 for a title */
    }
    return n;
}

static void test_each_kind_is_counted_once_under_its_cause(void **state)
{
    static const char list[] =
        "http://@SITE@/bytes/10\n"
        "http://u:p@@SITE@/status/404?token=secret\n"
        "http://@SITE@/status/404?2\n"
        "http://@SITE@/status/404?3\n"
        "http://@SITE@/status/410\n"
        "http://@SITE@/status/403\n"
        "http://@SITE@/status/500\n"
        "http://@REFUSES@/refused\n"
        "http://@REFUSES@/refused/2\n"
        "http://no.such.host.invalid/\n"
        "http://@SITE@/bytes/11\n  checksum=sha-256=" HEX64 "\n"
        "http://@SITE@/bytes/70000\n"
        "http://@SITE@/redirect/302?to=file:///x\n"
        "http://@FAULT@/length-huge\n"
        "http://@FAULT@/body-shorter\n"
        "http://@FAULT@/silent\n"
        "rubbish\n"
        "ftp://h/x\n"
        "http://@SITE@/status/503\thttp://@SITE@/status/404?mirror\n";
    static const char *const lines[] = {
        "  another run can help (6):\n",
        "       2  connection refused or host unreachable from 127.0.0.1, such "
        "as http://@REFUSES@/refused",
        "       1  HTTP 500 (server error) from 127.0.0.1, such as "
        "http://@SITE@/status/500\n",
        "       1  host name not found from no.such.host.invalid, such as "
        "http://no.such.host.invalid/\n",
        "       1  body ended before its length from 127.0.0.1, such as "
        "http://@FAULT@/body-shorter\n",
        "       1  no byte within the stall timeout from 127.0.0.1, such as "
        "http://@FAULT@/silent\n",
        "  another run will not help (12):\n",
        "       4  HTTP 404 (not found) from 127.0.0.1, such as "
        "http://@SITE@/status/",
        "       1  HTTP 410 (gone) from 127.0.0.1, such as "
        "http://@SITE@/status/410\n",
        "       1  HTTP 403 (forbidden) from 127.0.0.1, such as "
        "http://@SITE@/status/403\n",
        "       1  body differs from its checksum from 127.0.0.1, such as "
        "http://@SITE@/bytes/11\n",
        "       2  body larger than allowed from 127.0.0.1, such as http://",
        "       1  redirect to a refused target from 127.0.0.1, such as "
        "http://@SITE@/redirect/302?to=file:///x\n",
        "       2  bad line from list, such as line 18\n",
    };
    struct download d;

    download_init(&d, *state);
    download_run(&d, list,
                 "--retry 0 --stall-timeout 1s --max-filesize 60000 "
                 "--connect-timeout 5s",
                 3);
    const char *digest = get_digest(&d);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        cmd_need_text(digest, download_expand(&d, lines[i]));
    }
    assert_int_equal(add_up(digest), 18);
    cmd_need_text(d.cmd.err, "asyncdl: 18 failures by cause and host:\n");
    cmd_need_text(d.cmd.out, "failed 16 (another run can help 6)");
    cmd_need_text(d.cmd.out, ", bad lines 2\n");
    cmd_need_no_text(d.cmd.err, "secret");
    download_finish(&d);
}

static void test_local_fault_is_one_of_its_own(void **state)
{
    struct download d;

    download_init(&d, *state);
    cmd_write(&d.cmd, "out", "no folder\n");
    download_run(&d, "rubbish\nhttp://@SITE@/bytes/9\n", "--no-journal", 4);
    cmd_need_text(
        d.cmd.err,
        download_expand(&d, "asyncdl: 2 failures by cause and host:\n"
                            "  to be mended here, then another run can help "
                            "(1):\n"
                            "       1  not a directory, such as "
                            "http://@SITE@/bytes/9\n"
                            "  another run will not help (1):\n"
                            "       1  bad line from list, such as line 1\n"));
    download_finish(&d);
}

static void test_nothing_failed_says_nothing(void **state)
{
    struct download d;

    download_init(&d, *state);
    download_run(&d, "http://@SITE@/bytes/9\n", "", 0);
    assert_string_equal(d.cmd.err, "");
    download_finish(&d);
}

TEST_SUITE(digest)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind_is_counted_once_under_its_cause),
        cmocka_unit_test(test_local_fault_is_one_of_its_own),
        cmocka_unit_test(test_nothing_failed_says_nothing),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
