/* SPDX-License-Identifier: MIT */
/* Bodies in memory, their ceiling, and lengths that lie. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/client.h"
#include "support/suite.h"

#define CEILING 100000

static struct servers *servers;

static struct outcome fetch(struct asyncdl_request request)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct outcome o = {0};
    struct rig rig;

    options.retry_delay_ms = 1;
    options.n_retries = 1;
    rig_open(&rig, &options);
    rig_fetch(&rig, &o, request);
    rig_run(&rig);
    assert_int_equal(o.n_done, 1);
    rig_close(&rig);
    return o;
}

static void test_memory_holds_exactly_its_ceiling(void **state)
{
    static const char *const forms[] = {"", "?chunked=1"};

    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        for (int over = -1; over <= 1; over++) {
            struct asyncdl_request request = rig_memory(rig_url(
                &servers->site, "/bytes/%d%s", CEILING + over, forms[i]));

            request.max_size_bytes = CEILING;
            struct outcome o = fetch(request);
            assert_int_equal(o.err, over > 0 ? ASYNCDL_ETOOBIG : 0);
            assert_int_equal(o.is_pattern, over <= 0);
            assert_int_equal(o.attempts, 1); /* too big stays too big */
        }
    }
}

static void test_ceiling_counts_decoded_bytes(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct asyncdl_request request =
        rig_memory(rig_url(&servers->site, "/bomb?size=10000000"));
    struct outcome o = {0};
    struct rig rig;

    (void)state;
    options.flags = ASYNCDL_CLIENT_COMPRESSED;
    request.max_size_bytes = CEILING;
    rig_open(&rig, &options);
    rig_fetch(&rig, &o, request);
    rig_run(&rig);

    assert_int_equal(o.err, ASYNCDL_ETOOBIG);
    rig_close(&rig);
}

static void test_memory_has_a_ceiling_where_none_is_set(void **state)
{
    (void)state;
    struct outcome o = fetch(rig_memory(
        rig_url(&servers->site, "/bytes/%u", 64u * 1024 * 1024 + 1)));

    assert_int_equal(o.err, ASYNCDL_ETOOBIG);
    assert_int_equal(o.bytes, 0); /* its length was told */
}

static void test_empty_body_is_empty_memory(void **state)
{
    (void)state;
    struct outcome o = fetch(rig_memory(rig_url(&servers->site, "/bytes/0")));

    assert_int_equal(o.err, 0);
    assert_int_equal(o.bytes, 0);
    assert_true(o.is_pattern); /* there is a body */
}

static void test_cut_memory_body_is_put_together(void **state)
{
    (void)state;
    struct outcome o = fetch(
        rig_memory(rig_url(&servers->site, "/bytes/300000?cut=123456&cuts=1")));

    assert_int_equal(o.err, 0);
    assert_true(o.is_pattern);
    assert_int_equal(o.attempts, 2);
}

static void test_lengths_that_differ_are_refused(void **state)
{
    (void)state;
    struct outcome o =
        fetch(rig_memory(rig_url(&servers->faultd, "/length-conflict")));

    assert_int_equal(o.err, ASYNCDL_EPROTOCOL);
    assert_int_equal(o.attempts, 1);
}

static void test_checksum_of_memory_is_checked(void **state)
{
    struct asyncdl_request request =
        rig_memory(rig_url(&servers->site, "/bytes/0"));

    (void)state;
    request.checksum = "md5=d41d8cd98f00b204e9800998ecf8427e";
    assert_int_equal(fetch(request).err, 0);
    request.checksum = "md5=d41d8cd98f00b204e9800998ecf8427f";
    assert_int_equal(fetch(request).err, ASYNCDL_ECHECKSUM);
}

static void test_mirror_is_taken_when_the_checksum_is_wrong(void **state)
{
    const char *mirrors[] = {rig_url(&servers->site, "/bytes/0"), NULL};
    struct asyncdl_request request =
        rig_memory(rig_url(&servers->site, "/bytes/10"));

    (void)state;
    request.mirrors = mirrors;
    request.checksum = "md5=d41d8cd98f00b204e9800998ecf8427e";
    struct outcome o = fetch(request);

    assert_int_equal(o.err, 0);
    assert_int_equal(o.bytes, 0);
    assert_int_equal(o.attempts, 2);
}

static int setup(void **state)
{
    int err = servers_setup(state);

    servers = *state;
    return err;
}

TEST_SUITE(client_bodies)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_holds_exactly_its_ceiling),
        cmocka_unit_test(test_ceiling_counts_decoded_bytes),
        cmocka_unit_test(test_memory_has_a_ceiling_where_none_is_set),
        cmocka_unit_test(test_empty_body_is_empty_memory),
        cmocka_unit_test(test_cut_memory_body_is_put_together),
        cmocka_unit_test(test_lengths_that_differ_are_refused),
        cmocka_unit_test(test_checksum_of_memory_is_checked),
        cmocka_unit_test(test_mirror_is_taken_when_the_checksum_is_wrong),
    };

    return cmocka_run_group_tests(tests, setup, servers_teardown);
}
