/* SPDX-License-Identifier: MIT */
#include "fetch/transfer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/fault.h"
#include "support/suite.h"

static const char *const mirrors[] = {"http://b.test/2", "http://c.test/3",
                                      NULL};
static const char *const headers[] = {"A: b", "C: d", NULL};

static const struct asyncdl_client_options options = {.http.protocols =
                                                          "http,https"};

static struct asyncdl_request make_request(void)
{
    return (struct asyncdl_request){.struct_size =
                                        sizeof(struct asyncdl_request),
                                    .url = "http://a.test/1",
                                    .mirrors = mirrors,
                                    .headers = headers,
                                    .referer = "http://r.test/",
                                    .user_agent = "x"};
}

static struct asyncdl_transfer *create(void)
{
    struct adl_transfer_spares spares = {.n = 0};
    struct asyncdl_request request = make_request();
    struct asyncdl_transfer *t = NULL;

    assert_int_equal(adl_transfer_create(&t, &spares, &request, &options), 0);
    return t;
}

static void destroy(struct asyncdl_transfer *t)
{
    struct adl_transfer_spares spares = {.n = 0};

    adl_transfer_destroy(t, &spares);
    adl_transfer_spares_finish(&spares);
}

static void test_mirrors_come_in_turn_from_their_start(void **state)
{
    struct asyncdl_transfer *t = create();

    (void)state;
    assert_string_equal(t->url.text, "http://a.test/1");
    assert_int_equal(t->n_urls, 3);
    t->n_failed = 4;
    t->n_redirects = 5;
    assert_int_equal(adl_transfer_use_url(t, 1, "http"), 0);
    assert_string_equal(t->url.text, "http://b.test/2");
    assert_int_equal(t->i_url, 1);
    assert_int_equal(t->n_failed, 0);
    assert_int_equal(t->n_redirects, 0);
    destroy(t);
}

static void test_credentials_are_for_the_first_origin(void **state)
{
    static const struct {
        const char *url;
        bool is_foreign;
    } steps[] = {
        {"http://a.test/other", false},
        {"http://b.test/", true},
        {"http://a.test/again", false},
    };
    struct asyncdl_transfer *t = create();

    (void)state;
    assert_false(adl_transfer_is_foreign(t));
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct adl_url url;

        assert_int_equal(adl_url_parse(&url, steps[i].url, "http"), 0);
        assert_int_equal(adl_transfer_redirect(t, &url), 0);
        assert_int_equal(adl_transfer_is_foreign(t), steps[i].is_foreign);
    }
    assert_int_equal(adl_transfer_use_url(t, 1, "http"), 0);
    assert_false(adl_transfer_is_foreign(t)); /* they are for any mirror */
    destroy(t);
}

static void check_allocations(enum fault_call call, int least)
{
    struct adl_transfer_spares spares = {.n = 0};
    struct asyncdl_request request = make_request();
    struct asyncdl_transfer *t = NULL;
    int err = -ENOMEM;
    int n = 0;

    while (err == -ENOMEM) {
        n++;
        assert_in_range(n, 1, 100);
        fault_arm(call, n, ENOMEM);
        err = adl_transfer_create(&t, &spares, &request, &options);
        fault_clear();
        assert_int_equal(err < 0, t == NULL);
        adl_transfer_spares_finish(&spares);
    }
    assert_int_equal(err, 0);
    assert_in_range(n, least + 1, 100);
    destroy(t);
}

static void test_no_failed_allocation_leaves_half_a_transfer(void **state)
{
    (void)state;
    check_allocations(FAULT_CALLOC, 2);
    check_allocations(FAULT_STRDUP, 3);
}

static void test_spare_begins_as_new(void **state)
{
    struct adl_transfer_spares spares = {.n = 0};
    struct asyncdl_request request = make_request();
    struct asyncdl_transfer *t = NULL;
    struct asyncdl_transfer *again = NULL;

    (void)state;
    assert_int_equal(adl_transfer_create(&t, &spares, &request, &options), 0);
    adl_transfer_explain(t, "%s", "why");
    t->is_skipped = true;
    t->n_attempts = 3;
    adl_transfer_destroy(t, &spares);
    assert_int_equal(spares.n, 1);
    request.name = "n";
    request.dir = "d";
    assert_int_equal(adl_transfer_create(&again, &spares, &request, &options),
                     0);

    assert_ptr_equal(again, t);
    assert_int_equal(spares.n, 0);
    assert_null(again->error);
    assert_null(again->next);
    assert_false(again->is_skipped);
    assert_int_equal(again->n_attempts, 0);
    assert_string_equal(again->urls[0], "http://a.test/1");
    assert_null(again->urls[again->n_urls]);
    assert_string_equal(again->name, "n");
    assert_string_equal(again->dir, "d");
    adl_transfer_destroy(again, &spares);
    adl_transfer_spares_finish(&spares);
}

static void test_explanation_without_memory_is_what_the_code_says(void **state)
{
    struct asyncdl_transfer *t = create();

    (void)state;
    adl_transfer_explain(t, "%s", "in words");
    assert_string_equal(adl_transfer_get_error(t, -ENOENT), "in words");
    fault_arm(FAULT_STRDUP, 1, ENOMEM);
    adl_transfer_explain(t, "%s", "lost");
    fault_clear();
    assert_string_equal(adl_transfer_get_error(t, -ENOENT),
                        asyncdl_strerror(-ENOENT));
    destroy(t);
}

static void test_redirect_without_memory_changes_nothing(void **state)
{
    struct asyncdl_transfer *t = create();
    struct adl_url url;

    (void)state;
    assert_int_equal(adl_url_parse(&url, "http://b.test/", "http"), 0);
    fault_arm(FAULT_STRDUP, 1, ENOMEM);
    assert_int_equal(adl_transfer_redirect(t, &url), -ENOMEM);
    fault_clear();
    assert_string_equal(t->url.text, "http://a.test/1");
    assert_int_equal(t->n_redirects, 0);
    adl_url_finish(&url);
    destroy(t);
}

TEST_SUITE(transfer)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mirrors_come_in_turn_from_their_start),
        cmocka_unit_test(test_credentials_are_for_the_first_origin),
        cmocka_unit_test(test_no_failed_allocation_leaves_half_a_transfer),
        cmocka_unit_test(test_spare_begins_as_new),
        cmocka_unit_test(test_explanation_without_memory_is_what_the_code_says),
        cmocka_unit_test(test_redirect_without_memory_changes_nothing),
    };

    return cmocka_run_group_tests_name("transfer", tests, NULL, NULL);
}
