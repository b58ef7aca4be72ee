/* SPDX-License-Identifier: MIT */
/* Hashes of bodies, however they come and wherever they go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/client.h"
#include "support/suite.h"
#include "support/tmpdir.h"

#define SHA256_EMPTY \
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

#define LARGE_BYTES 20000000

static struct servers *servers;

static int take(struct asyncdl_transfer *transfer,
                const struct asyncdl_chunk *chunk, void *data)
{
    (void)transfer;
    (void)chunk;
    (void)data;
    return 0;
}

static struct outcome fetch(const struct asyncdl_request *request,
                            const char *dir, unsigned flags)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct outcome o = {0};
    struct rig rig;

    options.dir = dir;
    options.flags = flags;
    options.retry_delay_ms = 1;
    rig_open(&rig, &options);
    rig_fetch(&rig, &o, *request);
    rig_run(&rig);
    assert_int_equal(o.n_done, 1);
    rig_close(&rig);
    return o;
}

/* As a file, which is hashed again for the test, and in all other ways. */
static void check_hashes(const char *url, const char *checksum,
                         unsigned attempts)
{
    struct asyncdl_request request = ASYNCDL_REQUEST_INIT;
    struct tmpdir dir;
    char hex[65];

    assert_int_equal(tmpdir_init(&dir), 0);
    request.url = url;
    request.name = "body";
    request.on_body = take;
    request.checksum = checksum;
    request.body = ASYNCDL_BODY_FILE;
    struct outcome o = fetch(&request, dir.path, ASYNCDL_CLIENT_SHA256);
    assert_int_equal(o.err, 0);
    assert_int_equal(o.attempts, attempts);
    assert_int_equal(tmpdir_hash(hex, &dir, "body"), 0);
    assert_string_equal(o.sha256, hex);
    for (int i = ASYNCDL_BODY_MEMORY; i <= ASYNCDL_BODY_DISCARD; i++) {
        request.body = (enum asyncdl_body)i;
        o = fetch(&request, dir.path, ASYNCDL_CLIENT_SHA256);
        assert_int_equal(o.err, 0);
        assert_string_equal(o.sha256, hex);
    }
    tmpdir_finish(&dir);
}

static void test_every_body_is_hashed(void **state)
{
    static const int sizes[] = {0, 1, 65536, 65537, 300000, 3000000};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        check_hashes(rig_url(&servers->site, "/bytes/%d", sizes[i]), NULL, 1);
    }
}

static void test_a_body_in_parts_is_hashed_as_one(void **state)
{
    (void)state;
    check_hashes(
        rig_url(&servers->site, "/bytes/300000?cut=123456&cuts=1&as=file"),
        NULL, 2);
    check_hashes(rig_url(&servers->site, "/bytes/900?cut=12&cuts=1&as=small"),
                 NULL, 2);
}

static void test_another_kind_of_checksum_does_not_hinder(void **state)
{
    (void)state;
    check_hashes(rig_url(&servers->site, "/bytes/0"),
                 "md5=d41d8cd98f00b204e9800998ecf8427e", 1);
    check_hashes(rig_url(&servers->site, "/bytes/0"), "sha-256=" SHA256_EMPTY,
                 1);
}

static void test_no_hash_is_told_unasked_or_of_no_body(void **state)
{
    struct asyncdl_request request =
        rig_memory(rig_url(&servers->site, "/bytes/10"));

    (void)state;
    assert_string_equal(fetch(&request, ".", 0).sha256, "");
    request.checksum = "sha-256=" SHA256_EMPTY;
    struct outcome o = fetch(&request, ".", ASYNCDL_CLIENT_SHA256);
    assert_int_equal(o.err, ASYNCDL_ECHECKSUM);
    assert_string_equal(o.sha256, "");
    request.url = rig_url(&servers->site, "/status/404");
    assert_string_equal(fetch(&request, ".", ASYNCDL_CLIENT_SHA256).sha256, "");
}

/* Larger than what may wait for the disk, so that decoding stops and goes on
 * in the middle. */
static void test_a_large_compressed_file_is_whole(void **state)
{
    struct asyncdl_request request = ASYNCDL_REQUEST_INIT;
    struct tmpdir dir;

    (void)state;
    assert_int_equal(tmpdir_init(&dir), 0);
    request.url = rig_url(&servers->site, "/bytes/%d?gzip=1", LARGE_BYTES);
    request.name = "body";
    struct outcome o = fetch(&request, dir.path, ASYNCDL_CLIENT_COMPRESSED);

    assert_int_equal(o.err, 0);
    assert_int_equal(o.attempts, 1);
    assert_true(tmpdir_is_pattern(&dir, "body", LARGE_BYTES, 0));
    tmpdir_finish(&dir);
}

static int setup(void **state)
{
    int err = servers_setup(state);

    servers = *state;
    return err;
}

TEST_SUITE(client_checks)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_body_is_hashed),
        cmocka_unit_test(test_a_body_in_parts_is_hashed_as_one),
        cmocka_unit_test(test_another_kind_of_checksum_does_not_hinder),
        cmocka_unit_test(test_a_large_compressed_file_is_whole),
        cmocka_unit_test(test_no_hash_is_told_unasked_or_of_no_body),
    };

    return cmocka_run_group_tests_name("client-checks", tests, setup,
                                       servers_teardown);
}
