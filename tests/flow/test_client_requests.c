/* SPDX-License-Identifier: MIT */
/* Which requests and options are accepted. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/client.h"
#include "support/suite.h"
#include "support/tmpdir.h"

static struct servers *servers;

static void never(const struct asyncdl_result *result, void *data)
{
    (void)result;
    (void)data;
    fail_msg("a request that was refused was completed");
}

static int take(struct asyncdl_transfer *transfer,
                const struct asyncdl_chunk *chunk, void *data)
{
    (void)transfer;
    (void)chunk;
    (void)data;
    return 0;
}

static const char *const good_mirrors[] = {"http://b.test/", NULL};
static const char *const bad_mirrors[] = {"http://b.test/", "b.test", NULL};
static const char *const ftp_mirrors[] = {"ftp://b.test/", NULL};
static char long_name[5000];

#define GOOD .struct_size = sizeof(struct asyncdl_request), .url = "http://a.b/"

static const struct {
    struct asyncdl_request request;
    int err;
} requests[] = {
    {{GOOD}, 0},
    {{GOOD, .mirrors = good_mirrors}, 0},
    {{GOOD, .body = ASYNCDL_BODY_STREAM, .on_body = take}, 0},
    {{GOOD, .checksum = "md5=d41d8cd98f00b204e9800998ecf8427e"}, 0},
    {{GOOD, .flags = ASYNCDL_REQUEST_OVERWRITE}, 0},
    {{.struct_size = sizeof(struct asyncdl_request)}, -EINVAL},
    {{GOOD, .body = ASYNCDL_BODY_STREAM}, -EINVAL},
    {{GOOD, .body = ASYNCDL_BODY_DISCARD + 1}, -EINVAL},
    {{GOOD, .flags = ASYNCDL_REQUEST_OVERWRITE << 1}, -EINVAL},
    {{GOOD, .checksum = "md5=short"}, -EINVAL},
    {{GOOD, .checksum = "crc=00"}, -EINVAL},
    {{GOOD, .name = long_name}, -EINVAL},
    {{GOOD, .dir = long_name}, -EINVAL},
    {{GOOD, .mirrors = bad_mirrors}, ASYNCDL_EURL},
    {{GOOD, .mirrors = ftp_mirrors}, ASYNCDL_ESCHEME},
    {{.struct_size = 0, .url = "http://a.b/"}, -EINVAL},
    {{.struct_size = sizeof(struct asyncdl_request) + sizeof(void *),
      .url = "http://a.b/"},
     -EINVAL},
    {{.struct_size = sizeof(struct asyncdl_request) - 1, .url = "http://a.b/"},
     -EINVAL},
    {{.struct_size = sizeof(struct asyncdl_request), .url = "http://"},
     ASYNCDL_EURL},
    {{.struct_size = sizeof(struct asyncdl_request), .url = ""}, ASYNCDL_EURL},
    {{.struct_size = sizeof(struct asyncdl_request), .url = "file:///etc/x"},
     ASYNCDL_ESCHEME},
};

static void test_check_and_fetch_agree_and_refused_ones_call_nobody(
    void **state)
{
    struct rig rig;

    (void)state;
    memset(long_name, 'x', sizeof(long_name) - 1);
    rig_open(&rig, NULL);
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        const struct asyncdl_request *request = &requests[i].request;
        struct asyncdl_transfer *transfer = NULL;
        int err = requests[i].err;

        assert_int_equal(asyncdl_request_check(request, NULL), err);
        if (err < 0) {
            assert_int_equal(
                asyncdl_fetch(&transfer, rig.client, request, never, NULL),
                err);
            assert_null(transfer);
        }
    }
    rig_run(&rig);
    rig_close(&rig);
}

static void test_check_knows_the_options_of_the_client(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct asyncdl_request request = rig_memory("http://a.test/");

    (void)state;
    options.http.protocols = "https";
    assert_int_equal(asyncdl_request_check(&request, &options),
                     ASYNCDL_ESCHEME);
    options.max_active = UINT32_MAX;
    assert_int_equal(asyncdl_request_check(&request, &options), -EINVAL);
}

/* The sanitizers see whoever looks behind its end. */
static void test_request_of_an_earlier_version_is_not_read_behind_its_end(
    void **state)
{
    struct asyncdl_request whole = ASYNCDL_REQUEST_INIT;
    size_t size = offsetof(struct asyncdl_request, mirrors);
    void *request = malloc(size);
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct asyncdl_future *future;
    struct tmpdir dir;
    struct rig rig;

    (void)state;
    assert_non_null(request);
    assert_int_equal(tmpdir_init(&dir), 0);
    options.dir = dir.path;
    whole.struct_size = size;
    whole.url = rig_url(&servers->site, "/bytes/10");
    memcpy(request, &whole, size);
    rig_open(&rig, &options);
    assert_int_equal(asyncdl_request_check(request, NULL), 0);
    assert_int_equal(asyncdl_fetch(NULL, rig.client, request, NULL, NULL), 0);
    assert_int_equal(asyncdl_fetch_future(&future, rig.client, request), 0);
    free(request);
    assert_int_equal(asyncdl_future_wait(future, ASYNCDL_FOREVER), 0);
    assert_true(asyncdl_future_is_successful(future));
    rig_run(&rig);

    assert_true(tmpdir_is_pattern(&dir, "10", 10, 0));
    asyncdl_future_release(future);
    rig_close(&rig);
    tmpdir_finish(&dir);
}

static void test_options_of_another_version(void **state)
{
    struct asyncdl_client_options options = ASYNCDL_CLIENT_OPTIONS_INIT;
    struct asyncdl_client *client = NULL;
    struct rig rig;

    (void)state;
    options.struct_size = offsetof(struct asyncdl_client_options, rate_bps);
    options.rate_bps = UINT64_MAX; /* is not looked at */
    rig_open(&rig, &options);
    options.struct_size = sizeof(options) + sizeof(void *);
    assert_int_equal(asyncdl_client_open(&client, &rig.loop, &options),
                     -EINVAL);
    options.struct_size = sizeof(options) - 4;
    assert_int_equal(asyncdl_client_open(&client, &rig.loop, &options),
                     -EINVAL);
    assert_null(client);
    rig_close(&rig);
}

static void test_stream_has_no_future(void **state)
{
    struct asyncdl_request request = rig_stream("http://a.test/", take);
    struct asyncdl_future *future = NULL;
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    assert_int_equal(asyncdl_fetch_future(&future, rig.client, &request),
                     -EINVAL);
    assert_null(future);
    rig_close(&rig);
}

static void test_refused_request_leaves_no_future(void **state)
{
    struct asyncdl_request request = rig_memory("nothing");
    struct asyncdl_future *future = NULL;
    struct rig rig;

    (void)state;
    rig_open(&rig, NULL);
    assert_int_equal(asyncdl_fetch_future(&future, rig.client, &request),
                     ASYNCDL_EURL);
    assert_null(future);
    rig_close(&rig);
}

static int setup(void **state)
{
    int err = servers_setup(state);

    servers = *state;
    return err;
}

TEST_SUITE(client_requests)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_check_and_fetch_agree_and_refused_ones_call_nobody),
        cmocka_unit_test(test_check_knows_the_options_of_the_client),
        cmocka_unit_test(
            test_request_of_an_earlier_version_is_not_read_behind_its_end),
        cmocka_unit_test(test_options_of_another_version),
        cmocka_unit_test(test_stream_has_no_future),
        cmocka_unit_test(test_refused_request_leaves_no_future),
    };

    return cmocka_run_group_tests(tests, setup, servers_teardown);
}
