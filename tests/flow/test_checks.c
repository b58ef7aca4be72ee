/* SPDX-License-Identifier: MIT */
/* What bodies are held against, and what becomes of those that do not pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "support/download.h"
#include "support/proc.h"
#include "support/suite.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

#define MD5_OK   "444bcb3a3fcf8389296c49467f27e1d6"
#define MD5_ZERO "00000000000000000000000000000000"
#define SHA256_OK \
    "2689367b205c16ce32ed4200942b8b8b1e262dfc70d9bc9fbc77c49699a4f1df"

static void test_the_servers_word_is_checked(void **state)
{
    static const struct download_case cases[] = {
        {.url = "http://@FAULT@/digest-right",
         .file = "digest-right",
         .text = "ok"},
        {.url = "http://@FAULT@/digest-mended",
         .file = "digest-mended",
         .text = "ok"},
        {.url = "http://@FAULT@/digest-broken",
         .file = "digest-broken",
         .text = "ok"},
        {.url = "http://@FAULT@/digest-wrong",
         .status = 3,
         .error = "check digest-wrong: md5 is " MD5_OK
                  ", the server's Repr-Digest says " MD5_ZERO
                  " (after 5 attempts; another run can help)"},
        {.url = "http://@FAULT@/digest-wrong/mirrored\thttp://@FAULT@/ok",
         .file = "mirrored",
         .size = 10000},
        {.url = "http://@FAULT@/digest-mended/no-retry",
         .options = "--retry 0",
         .status = 3,
         .error = "check no-retry: sha-256 is "},
    };

    download_check(*state, cases, N_OF(cases));
}

static void test_the_callers_word_is_the_last(void **state)
{
    static const struct download_case cases[] = {
        {.url = "http://@FAULT@/digest-wrong\n checksum=sha-256=" SHA256_OK,
         .file = "digest-wrong",
         .text = "ok"},
        {.url = "http://@FAULT@/digest-mended/both\n checksum=md5=" MD5_OK,
         .file = "both",
         .text = "ok"},
        {.url = "http://@FAULT@/digest-right\n checksum=md5=" MD5_ZERO,
         .status = 1,
         .error = "check digest-right: md5 is " MD5_OK ", expected " MD5_ZERO},
    };

    download_check(*state, cases, N_OF(cases));
}

static void test_a_compressed_body_is_whole_or_no_file(void **state)
{
    static const struct download_case cases[] = {
        {.url = "http://@FAULT@/gzip-whole",
         .options = "--compressed",
         .file = "gzip-whole",
         .text = "ok"},
        {.url = "http://@FAULT@/gzip-mended",
         .options = "--compressed",
         .file = "gzip-mended",
         .text = "ok"},
        {.url = "http://@FAULT@/gzip-mended/no-retry",
         .options = "--compressed --retry 0",
         .status = 3,
         .error = "content encoding broken"},
        {.url = "http://@FAULT@/gzip-large-mended",
         .options = "--compressed",
         .file = "gzip-large-mended",
         .size = 400000},
        {.url = "http://@FAULT@/gzip-large-mended/no-retry",
         .options = "--compressed --retry 0",
         .status = 3,
         .error = "content encoding broken (after 1 attempt; another run can "
                  "help)"},
        {.url = "http://@FAULT@/gzip-large-torn",
         .options = "--compressed --retry 0",
         .status = 3,
         .error =
             "content encoding broken: gzip without its end, though all of the "
             "body came (after 1 attempt; another run can help)"},
        /* found while the server is silent */
        {.url = "http://@FAULT@/gzip-large-hanging",
         .options = "--compressed --retry 0 --stall-timeout 1h",
         .status = 3,
         .error = "content encoding broken (after 1 attempt; another run can "
                  "help)"},
        /* found when the next attempt is under way, and no fault of that */
        {.url = "http://@FAULT@/gzip-large-late",
         .options = "--compressed --retry 1 --retry-delay 500ms",
         .status = 1,
         .error = "HTTP status 404"},
        {.url = "http://@FAULT@/gzip-large-late/mirror\thttp://@FAULT@/ok",
         .options = "--compressed --retry 0 --max-filesize 39M",
         .file = "mirror",
         .size = 10000},
        /* the mirror's coding is known after the job for the first is over */
        {.url = "http://@FAULT@/gzip-large-late/late\t"
                "http://@SITE@/bytes/300000/late?gzip=1",
         .options = "--compressed --retry 0",
         .file = "late",
         .size = 300000},
        {.url = "http://@FAULT@/gzip-half",
         .options = "--compressed",
         .status = 3,
         .error =
             "content encoding broken: gzip without its end, though all of the "
             "body came (after 5 attempts; another run can help)"},
        {.url = "http://@FAULT@/gzip-no-trailer",
         .options = "--compressed",
         .status = 3,
         .error = "content encoding broken: gzip without its end"},
        {.url = "http://@FAULT@/gzip-chunked",
         .options = "--compressed",
         .status = 3,
         .error = "content encoding broken: gzip without its end"},
        {.url = "http://@FAULT@/gzip-half/mirror\thttp://@FAULT@/ok",
         .options = "--compressed",
         .file = "mirror",
         .size = 10000},
        {.url = "http://@FAULT@/gzip-empty",
         .options = "--compressed",
         .file = "gzip-empty"},
        {.url = "http://@FAULT@/gzip-not",
         .options = "--compressed",
         .status = 3,
         .error = "content encoding broken"},
        {.url = "http://@FAULT@/deflate-cut",
         .options = "--compressed",
         .status = 3,
         .error = "content encoding broken: deflate without its end"},
        {.url = "http://@FAULT@/coding-unknown",
         .options = "--compressed",
         .status = 1,
         .error = "answer is not valid HTTP: a Content-Encoding that was "
                  "not asked for"},
        {.url = "http://@FAULT@/coding-unknown/as-it-is",
         .file = "as-it-is",
         .text = "ok"},
    };

    download_check(*state, cases, N_OF(cases));
}

/* A digest is of what is sent, and what is kept here is decoded. */
static void test_a_digest_of_a_compressed_body_is_no_obstacle(void **state)
{
    static const struct download_case cases[] = {
        {.url = "http://@FAULT@/gzip-digest",
         .options = "--compressed",
         .file = "gzip-digest",
         .text = "ok"},
        {.url = "http://@FAULT@/gzip-digest",
         .status = 3,
         .error = "check gzip-digest: md5 is "},
    };

    download_check(*state, cases, N_OF(cases));
}

static void check_sums(struct download *d)
{
    const char *const argv[] = {"sha256sum", "--strict", "-c", "../sums", NULL};
    struct proc_options options = {.argv = argv,
                                   .dir = tmpdir_get_path(&d->cmd.dir, "out")};
    struct proc_result result;

    assert_int_equal(proc_run(&result, &options), 0);
    assert_int_equal(result.status, 0);
    assert_non_null(strstr(adl_buf_str(&result.out), "sub/1000: OK\n"));
    assert_non_null(strstr(adl_buf_str(&result.out), "300000: OK\n"));
    assert_null(strstr(adl_buf_str(&result.out), "404"));
    proc_result_finish(&result);
}

static void test_the_manifest_is_what_sha256sum_reads(void **state)
{
    struct download d;

    download_init(&d, *state);
    download_run(&d,
                 "http://@SITE@/bytes/1000\n out=sub/1000\n"
                 "http://@SITE@/bytes/300000\n"
                 "http://@SITE@/status/404\n",
                 download_expand(&d, "--manifest @DIR@/sums"), 1);
    check_sums(&d);
    assert_int_equal(cmd_count_files(&d.cmd), 2);
    download_finish(&d);
}

static void test_nothing_starts_without_its_manifest(void **state)
{
    struct download d;

    download_init(&d, *state);
    download_run(&d, "http://@SITE@/bytes/77\n",
                 download_expand(&d, "--manifest @DIR@/none/sums"), 2);
    download_need_err(
        &d, download_expand(&d, "cannot write --manifest @DIR@/none/sums: No "
                                "such file or directory"));
    assert_int_equal(download_count_requests(&d, "/bytes/77"), 0);
    download_finish(&d);
}

static void test_a_manifest_that_does_not_fit_is_told(void **state)
{
    struct download d;

    download_init(&d, *state);
    download_run(&d, "http://@SITE@/bytes/1000\n", "--manifest /dev/full", 4);
    download_need_err(&d, "cannot write --manifest /dev/full: No space left");
    download_finish(&d);
}

static void test_a_manifest_that_nobody_reads_starts_nothing(void **state)
{
    struct download d;

    download_init(&d, *state);
    assert_int_equal(mkfifo(tmpdir_get_path(&d.cmd.dir, "pipe"), 0600), 0);
    download_run(&d, "http://@SITE@/bytes/78\n", "--manifest pipe", 2);
    download_need_err(&d, "cannot write --manifest pipe: nobody reads it");
    assert_int_equal(download_count_requests(&d, "/bytes/78"), 0);
    download_finish(&d);
}

TEST_SUITE(checks)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_servers_word_is_checked),
        cmocka_unit_test(test_the_callers_word_is_the_last),
        cmocka_unit_test(test_a_compressed_body_is_whole_or_no_file),
        cmocka_unit_test(test_a_digest_of_a_compressed_body_is_no_obstacle),
        cmocka_unit_test(test_the_manifest_is_what_sha256sum_reads),
        cmocka_unit_test(test_nothing_starts_without_its_manifest),
        cmocka_unit_test(test_a_manifest_that_does_not_fit_is_told),
        cmocka_unit_test(test_a_manifest_that_nobody_reads_starts_nothing),
    };

    return cmocka_run_group_tests_name("checks", tests, download_group_setup,
                                       download_group_teardown);
}
