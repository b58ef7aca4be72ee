/* SPDX-License-Identifier: MIT */
#include "fetch/retry.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/suite.h"
#include "util/rng.h"

#define N_OF(array) (sizeof(array) / sizeof(*(array)))

static const struct adl_retry_policy policy = {
    .n_retries = 4,
    .delay_ms = 1000,
    .max_ms = 600000,
};

static void test_what_passes_is_told_from_what_stays(void **state)
{
    static const struct {
        int err;
        int status;
        bool is_passing;
    } cases[] = {
        {ASYNCDL_EHTTP, 408, true},
        {ASYNCDL_EHTTP, 425, true},
        {ASYNCDL_EHTTP, 429, true},
        {ASYNCDL_EHTTP, 500, true},
        {ASYNCDL_EHTTP, 502, true},
        {ASYNCDL_EHTTP, 503, true},
        {ASYNCDL_EHTTP, 504, true},
        {ASYNCDL_EHTTP, 400, false},
        {ASYNCDL_EHTTP, 401, false},
        {ASYNCDL_EHTTP, 403, false},
        {ASYNCDL_EHTTP, 404, false},
        {ASYNCDL_EHTTP, 410, false},
        {ASYNCDL_EHTTP, 416, false},
        {ASYNCDL_EHTTP, 501, false},
        {ASYNCDL_EHTTP, 505, false},
        {ASYNCDL_EHTTP, 0, false},
        {ASYNCDL_ERESOLVE, 0, true},
        {ASYNCDL_ECONNECT, 0, true},
        {ASYNCDL_ETLS, 0, true},
        {ASYNCDL_ECONNTIMEOUT, 0, true},
        {ASYNCDL_EPROXY, 0, true},
        {ASYNCDL_EPROXY, 407, false},
        {ASYNCDL_EPROXY, 502, true},
        {ASYNCDL_ERESET, 200, true},
        {ASYNCDL_ECUT, 200, true},
        {ASYNCDL_ESTALL, 0, true},
        {ASYNCDL_EMAXTIME, 200, true},
        {ASYNCDL_ERANGE, 206, true},
        {ASYNCDL_EHELD, 429, true},
        {ASYNCDL_EURL, 0, false},
        {ASYNCDL_ESCHEME, 0, false},
        {ASYNCDL_ECERT, 0, false},
        {ASYNCDL_EPROTOCOL, 0, false},
        {ASYNCDL_EHEADERS, 200, false},
        {ASYNCDL_ETOOBIG, 200, false},
        {ASYNCDL_EENCODING, 200, true},
        {ASYNCDL_EREDIRECT, 302, false},
        {ASYNCDL_EREDIRECTS, 302, false},
        {ASYNCDL_ECHECKSUM, 200, true},
        {ASYNCDL_EEXISTS, 0, false},
        {ASYNCDL_ENOTBUILT, 0, false},
        {-ECANCELED, 0, false},
        {-ENOSPC, 200, false},
        {-EACCES, 503, false},
        {-ENOMEM, 0, true},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        if (adl_retry_is_passing(cases[i].err, cases[i].status) !=
            cases[i].is_passing) {
            fail_msg("%s with %d", asyncdl_err_name(cases[i].err),
                     cases[i].status);
        }
    }
}

static void test_ends_say_what_they_say_about_the_host(void **state)
{
    static const struct {
        int err;
        int status;
        enum adl_host_sign sign;
    } cases[] = {
        {0, 200, ADL_HOST_GOOD},
        {0, 206, ADL_HOST_GOOD},
        {0, 304, ADL_HOST_GOOD},
        {0, 0, ADL_HOST_NEUTRAL},
        {ASYNCDL_EHTTP, 404, ADL_HOST_GOOD},
        {ASYNCDL_EHTTP, 408, ADL_HOST_GOOD},
        {ASYNCDL_EHTTP, 429, ADL_HOST_TROUBLE},
        {ASYNCDL_EHTTP, 500, ADL_HOST_NEUTRAL},
        {ASYNCDL_EHTTP, 501, ADL_HOST_NEUTRAL},
        {ASYNCDL_EHTTP, 502, ADL_HOST_NEUTRAL},
        {ASYNCDL_EHTTP, 503, ADL_HOST_TROUBLE},
        {ASYNCDL_EHTTP, 504, ADL_HOST_TROUBLE},
        {ASYNCDL_ECONNECT, 0, ADL_HOST_TROUBLE},
        {ASYNCDL_ECONNTIMEOUT, 0, ADL_HOST_TROUBLE},
        {ASYNCDL_ESTALL, 200, ADL_HOST_TROUBLE},
        {ASYNCDL_ERESET, 0, ADL_HOST_TROUBLE},
        {ASYNCDL_EMAXTIME, 200, ADL_HOST_NEUTRAL},
        {ASYNCDL_ERESOLVE, 0, ADL_HOST_NEUTRAL},
        {ASYNCDL_ETLS, 0, ADL_HOST_NEUTRAL},
        {ASYNCDL_ECERT, 0, ADL_HOST_NEUTRAL},
        {ASYNCDL_EPROXY, 0, ADL_HOST_NEUTRAL},
        {ASYNCDL_ECUT, 200, ADL_HOST_NEUTRAL},
        {ASYNCDL_EHELD, 0, ADL_HOST_NEUTRAL},
        {ASYNCDL_ECHECKSUM, 200, ADL_HOST_GOOD},
        {ASYNCDL_ETOOBIG, 200, ADL_HOST_GOOD},
        {ASYNCDL_ERANGE, 206, ADL_HOST_GOOD},
        {ASYNCDL_EREDIRECT, 302, ADL_HOST_GOOD},
        {-ECANCELED, 200, ADL_HOST_NEUTRAL},
        {-ENOSPC, 200, ADL_HOST_NEUTRAL},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        if (adl_retry_sign(cases[i].err, cases[i].status) != cases[i].sign) {
            fail_msg("%s with %d", asyncdl_err_name(cases[i].err),
                     cases[i].status);
        }
    }
}

static void test_attempts_and_time_decide(void **state)
{
    static const struct {
        struct adl_retry_facts facts;
        enum adl_retry_action action;
    } cases[] = {
        {{.err = ASYNCDL_ERESET, .n_failed = 1}, ADL_RETRY_AGAIN},
        {{.err = ASYNCDL_ERESET, .n_failed = 4}, ADL_RETRY_AGAIN},
        {{.err = ASYNCDL_ERESET, .n_failed = 5}, ADL_RETRY_GIVE_UP},
        {{.err = ASYNCDL_EHTTP, .status = 404, .n_failed = 1},
         ADL_RETRY_GIVE_UP_FOR_GOOD},
        {{.err = ASYNCDL_EHTTP, .status = 404, .n_failed = 5},
         ADL_RETRY_GIVE_UP_FOR_GOOD},
        {{.err = -ENOSPC, .n_failed = 1}, ADL_RETRY_GIVE_UP_FOR_GOOD},
        /* Without chance the delay is 500 ms. */
        {{.err = ASYNCDL_ERESET, .n_failed = 1, .now_ms = 599500},
         ADL_RETRY_AGAIN},
        {{.err = ASYNCDL_ERESET, .n_failed = 1, .now_ms = 599501},
         ADL_RETRY_GIVE_UP},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct adl_retry_verdict verdict =
            adl_retry_decide(&policy, &cases[i].facts);

        if (verdict.action != cases[i].action || verdict.hold_until_ms != 0 ||
            verdict.is_held_too_long) {
            fail_msg("case %zu: action %d", i, (int)verdict.action);
        }
    }
}

static void test_no_retries_means_none(void **state)
{
    const struct adl_retry_policy none = {.delay_ms = 1, .max_ms = 1000};
    const struct adl_retry_facts facts = {.err = ASYNCDL_ERESET, .n_failed = 1};

    (void)state;
    assert_int_equal(adl_retry_decide(&none, &facts).action, ADL_RETRY_GIVE_UP);
}

static void test_no_time_means_none_but_at_once(void **state)
{
    const struct adl_retry_policy no_time = {.n_retries = 9, .delay_ms = 10};
    const struct adl_retry_policy at_once = {.n_retries = 9};
    const struct adl_retry_facts facts = {
        .err = ASYNCDL_ERESET,
        .n_failed = 1,
        .first_failed_ms = 70,
        .now_ms = 70,
    };

    (void)state;
    assert_int_equal(adl_retry_decide(&no_time, &facts).action,
                     ADL_RETRY_GIVE_UP);
    assert_int_equal(adl_retry_decide(&at_once, &facts).action,
                     ADL_RETRY_AGAIN);
    assert_int_equal(adl_retry_decide(&at_once, &facts).due_ms, 70);
}

static void test_delay_doubles_up_to_a_minute(void **state)
{
    static const struct {
        uint32_t delay_ms;
        uint32_t n_failed;
        uint64_t least_ms;
        uint64_t most_ms;
    } cases[] = {
        {1000, 1, 500, 1000},
        {1000, 2, 1000, 2000},
        {1000, 3, 2000, 4000},
        {1000, 6, 16000, 32000},
        {1000, 7, 30000, 60000},
        {1000, 64, 30000, 60000},
        {1000, 65, 30000, 60000},
        {1, UINT32_MAX, 30000, 60000},
        {0, UINT32_MAX, 0, 0},
        {1, 1, 1, 1},
        {3, 1, 2, 3},
        {UINT32_MAX, 1, 30000, 60000},
        {UINT32_MAX, UINT32_MAX, 30000, 60000},
    };
    struct adl_rng rng = {.state = 1};

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        const struct adl_retry_policy many = {
            .n_retries = UINT32_MAX,
            .delay_ms = cases[i].delay_ms,
            .max_ms = UINT64_MAX,
        };
        uint64_t seen_least_ms = UINT64_MAX;
        uint64_t seen_most_ms = 0;

        for (int k = 0; k < 1000; k++) {
            const struct adl_retry_facts facts = {
                .err = ASYNCDL_ECUT,
                .n_failed = cases[i].n_failed,
                .first_failed_ms = 10,
                .now_ms = 5000,
                .random = adl_rng_next(&rng),
            };
            struct adl_retry_verdict verdict = adl_retry_decide(&many, &facts);
            uint64_t delay_ms = verdict.due_ms - 5000;

            assert_int_equal(verdict.action, ADL_RETRY_AGAIN);
            assert_in_range(delay_ms, cases[i].least_ms, cases[i].most_ms);
            seen_least_ms = delay_ms < seen_least_ms ? delay_ms : seen_least_ms;
            seen_most_ms = delay_ms > seen_most_ms ? delay_ms : seen_most_ms;
        }
        /* Chance spreads over the whole span, or nearly so. */
        uint64_t span_ms = cases[i].most_ms - cases[i].least_ms;
        assert_true(seen_most_ms - seen_least_ms >= span_ms - span_ms / 20);
    }
}

static void test_retry_after_replaces_the_delay_and_holds(void **state)
{
    static const struct {
        int err;
        int status;
        uint32_t n_failed;
        uint64_t retry_after_ms;
        struct adl_retry_verdict verdict;
    } cases[] = {
        {ASYNCDL_EHTTP, 429, 1, 7000, {ADL_RETRY_AGAIN, 12000, 12000, false}},
        {ASYNCDL_EHTTP, 503, 2, 7000, {ADL_RETRY_AGAIN, 12000, 12000, false}},
        {ASYNCDL_EHTTP, 429, 1, 0, {ADL_RETRY_AGAIN, 5000, 5000, false}},
        {ASYNCDL_EHTTP, 429, 5, 7000, {ADL_RETRY_GIVE_UP, 0, 12000, false}},
        {ASYNCDL_EHTTP,
         429,
         1,
         596000,
         {ADL_RETRY_AGAIN, 601000, 601000, false}},
        /* It is over for this request, but not for the others of its host. */
        {ASYNCDL_EHTTP, 429, 1, 596001, {ADL_RETRY_GIVE_UP, 0, 601001, false}},
        {ASYNCDL_EHTTP, 429, 1, 600000, {ADL_RETRY_GIVE_UP, 0, 605000, false}},
        {ASYNCDL_EHTTP, 429, 1, 600001, {ADL_RETRY_GIVE_UP, 0, 605001, true}},
        {ASYNCDL_EHTTP, 503, 5, 600001, {ADL_RETRY_GIVE_UP, 0, 605001, true}},
        {ASYNCDL_EHTTP,
         429,
         1,
         UINT64_MAX,
         {ADL_RETRY_GIVE_UP, 0, UINT64_MAX, true}},
        {-ENOSPC, 503, 1, 7000, {ADL_RETRY_GIVE_UP_FOR_GOOD, 0, 12000, false}},
        /* Elsewhere the header is not ours to obey. */
        {ASYNCDL_EHTTP, 500, 1, 7000, {ADL_RETRY_AGAIN, 5500, 0, false}},
        {ASYNCDL_EHTTP,
         404,
         1,
         7000,
         {ADL_RETRY_GIVE_UP_FOR_GOOD, 0, 0, false}},
        {ASYNCDL_EREDIRECT,
         301,
         1,
         7000,
         {ADL_RETRY_GIVE_UP_FOR_GOOD, 0, 0, false}},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        const struct adl_retry_facts facts = {
            .err = cases[i].err,
            .status = cases[i].status,
            .n_failed = cases[i].n_failed,
            .first_failed_ms = 1000,
            .now_ms = 5000,
            .retry_after_ms = cases[i].retry_after_ms,
            .retry_after_is_given = true,
        };
        struct adl_retry_verdict is = adl_retry_decide(&policy, &facts);
        const struct adl_retry_verdict *must = &cases[i].verdict;

        if (is.action != must->action || is.due_ms != must->due_ms ||
            is.hold_until_ms != must->hold_until_ms ||
            is.is_held_too_long != must->is_held_too_long) {
            fail_msg("case %zu: %d, due %llu, hold %llu", i, (int)is.action,
                     (unsigned long long)is.due_ms,
                     (unsigned long long)is.hold_until_ms);
        }
    }
}

static void test_retry_after_is_read_as_seconds_or_date(void **state)
{
    static const struct {
        const char *text;
        int err;
        uint64_t wait_ms;
    } cases[] = {
        {"0", 0, 0},
        {"120", 0, 120000},
        {" \t120 ", 0, 120000},
        {"007", 0, 7000},
        {"86400", 0, 86400000},
        {"86401", 0, 86400000},
        {"99999999999999999999999999999", 0, 86400000},
        {"Sun, 06 Nov 1994 08:49:47 GMT", 0, 10000},
        {"Sunday, 06-Nov-94 08:49:47 GMT", 0, 10000},
        {"Sun Nov  6 08:49:47 1994", 0, 10000},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 0, 0},
        {"Sun, 06 Nov 1993 08:49:37 GMT", 0, 0},
        {"Sun, 06 Nov 2094 08:49:37 GMT", 0, 86400000},
        {"", -EINVAL, 42},
        {" ", -EINVAL, 42},
        {"-1", -EINVAL, 42},
        {"+1", -EINVAL, 42},
        {"1.5", -EINVAL, 42},
        {"10s", -EINVAL, 42},
        {"soon", -EINVAL, 42},
        {"1 2", -EINVAL, 42},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        uint64_t wait_ms = 42;
        int err = adl_retry_after_parse(&wait_ms, cases[i].text,
                                        strlen(cases[i].text), 784111777);

        if (err != cases[i].err || wait_ms != cases[i].wait_ms) {
            fail_msg("\"%s\" gives %d, %llu", cases[i].text, err,
                     (unsigned long long)wait_ms);
        }
    }
}

TEST_SUITE(retry)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_passes_is_told_from_what_stays),
        cmocka_unit_test(test_ends_say_what_they_say_about_the_host),
        cmocka_unit_test(test_attempts_and_time_decide),
        cmocka_unit_test(test_no_retries_means_none),
        cmocka_unit_test(test_no_time_means_none_but_at_once),
        cmocka_unit_test(test_delay_doubles_up_to_a_minute),
        cmocka_unit_test(test_retry_after_replaces_the_delay_and_holds),
        cmocka_unit_test(test_retry_after_is_read_as_seconds_or_date),
    };

    return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}
