/* SPDX-License-Identifier: MIT */
#include "cli/complain.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/suite.h"

/* A complainer whose words can be read. */
struct probe {
    struct adl_msg msg;
    struct adl_complain complain;
    char *text;
    size_t len;
    size_t n_heard; /* of text */
};

static int setup(void **state)
{
    struct probe *p = calloc(1, sizeof(*p));

    if (p == NULL) {
        return -1;
    }
    p->msg.stream = open_memstream(&p->text, &p->len);
    adl_complain_init(&p->complain, &p->msg, "d");
    *state = p;
    return p->msg.stream != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    struct probe *p = *state;

    (void)fclose(p->msg.stream); /* memory */
    adl_complain_finish(&p->complain);
    free(p->text);
    free(p);
    return 0;
}

/* What was said since the last time. */
static const char *listen(struct probe *p)
{
    assert_int_equal(fflush(p->msg.stream), 0);
    const char *heard = p->text + p->n_heard;
    p->n_heard = p->len;
    return heard;
}

static void tell(struct probe *p, const struct asyncdl_result *result)
{
    const struct asyncdl_event event = {
        .type = ASYNCDL_EVENT_DONE,
        .url = result->url,
        .result = result,
    };

    adl_complain_on_event(&event, &p->complain);
}

static void test_results_say_what_happened_and_what_helps(void **state)
{
    static const struct {
        struct asyncdl_result result;
        const char *text;
    } cases[] = {
        {{.state = ASYNCDL_DONE, .url = "http://h"}, ""},
        {{.state = ASYNCDL_FAILED,
          .err = ASYNCDL_EHTTP,
          .error = "HTTP 404",
          .attempts = 1,
          .url = "http://u:secret@h/p"},
         "asyncdl: http://h/p: HTTP 404 (after 1 attempt; another run will "
         "not help)\n"},
        {{.state = ASYNCDL_FAILED,
          .err = ASYNCDL_ESTALL,
          .error = "no byte",
          .attempts = 5,
          .retryable = true,
          .url = "http://h"},
         "asyncdl: http://h: no byte (after 5 attempts; another run can "
         "help; see --stall-timeout)\n"},
        {{.state = ASYNCDL_FAILED,
          .err = ASYNCDL_EHELD,
          .error = "held",
          .retryable = true,
          .url = "http://h"},
         "asyncdl: http://h: held (not tried; another run can help; see "
         "--retry-max-time)\n"},
        {{.state = ASYNCDL_FAILED, .err = -ECANCELED, .url = "http://h"}, ""},
        {{.state = ASYNCDL_FAILED,
          .err = -ENOSPC,
          .error = "write part file: No space left on device",
          .path = "a/b",
          .url = "http://h"},
         "asyncdl: http://h: write part file: No space left on device: cannot "
         "go on with d/a/b\n"},
        {{.state = ASYNCDL_SKIPPED,
          .err = ASYNCDL_EEXISTS,
          .path = "a/b",
          .url = "http://h"},
         "asyncdl: http://h: skipped: d/a/b is there already (--overwrite "
         "replaces it)\n"},
        {{.state = ASYNCDL_SKIPPED,
          .err = ASYNCDL_ECHANGED,
          .path = "a/b",
          .url = "http://h"},
         "asyncdl: http://h: skipped: d/a/b is there already, changed since it "
         "was saved (--overwrite replaces it)\n"},
        {{.state = ASYNCDL_SKIPPED, .url = "http://h"}, ""},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        teardown(state);
        assert_int_equal(setup(state), 0);
        tell(*state, &cases[i].result);
        assert_string_equal(listen(*state), cases[i].text);
    }
}

static void test_a_folder_in_use_is_told_of_once(void **state)
{
    const struct asyncdl_result result = {
        .state = ASYNCDL_FAILED,
        .err = ASYNCDL_EINUSE,
        .error = "open the directory: another run works in that folder",
        .retryable = true,
        .url = "http://h/p",
    };
    struct probe *p = *state;

    tell(p, &result);
    assert_string_equal(listen(p),
                        "asyncdl: d: another run is at work there: wait for "
                        "its end, or use another --dir\n");
    tell(p, &result);
    assert_string_equal(listen(p), "");
    adl_complain_end(&p->complain);
    assert_non_null(strstr(listen(p), "to be mended here, then another run"));
}

static void test_only_ten_files_in_the_way_are_named(void **state)
{
    const struct asyncdl_result result = {
        .state = ASYNCDL_SKIPPED,
        .err = ASYNCDL_EEXISTS,
        .path = "x",
        .url = "http://h",
    };
    struct probe *p = *state;
    size_t n_lines = 0;

    for (int i = 0; i < 25; i++) {
        tell(p, &result);
    }
    adl_complain_end(&p->complain);

    const char *heard = listen(p);
    for (const char *c = heard; *c != '\0'; c++) {
        n_lines += *c == '\n';
    }
    assert_int_equal(n_lines, 11);
    assert_non_null(strstr(heard, "asyncdl: 15 more skipped: "));
}

static void test_an_unknown_option_is_mentioned_once(void **state)
{
    const struct adl_place place = {.file = "f", .line = 7};
    struct probe *p = *state;

    adl_complain_of_option(&p->complain, &place, "split");
    adl_complain_of_option(&p->complain, &place, "split");

    assert_string_equal(listen(p), "asyncdl: f:7: option \"split\" is not "
                                   "supported: ignored\n");
}

static void test_failures_are_grouped_at_the_end(void **state)
{
    const struct asyncdl_result result = {
        .state = ASYNCDL_FAILED,
        .err = ASYNCDL_EHTTP,
        .status = 404,
        .error = "HTTP 404",
        .attempts = 1,
        .url = "http://u:secret@h:80/p",
        .effective_url = "http://other/p",
    };
    const struct adl_place place = {.file = "f", .line = 7};
    struct probe *p = *state;

    tell(p, &result);
    tell(p, &result);
    adl_complain_of_line(&p->complain, &place, "rubbish");
    (void)listen(p);
    adl_complain_end(&p->complain);

    assert_string_equal(listen(p),
                        "asyncdl: 3 failures by cause and host:\n"
                        "  another run will not help (3):\n"
                        "       2  HTTP 404 (not found) from other, such as "
                        "http://h:80/p\n"
                        "       1  bad line from f, such as line 7\n");
}

/* What a server redirected to may be anything. */
static void test_no_host_in_the_groups_steers_a_terminal(void **state)
{
    static const char *const urls[] = {
        "http://\xc2\x9bmx/",
        "http://a\xe2\x80\xae.test/",
        "http://a\x1b[2J/",
    };
    struct asyncdl_result result = {
        .state = ASYNCDL_FAILED,
        .err = ASYNCDL_EURL,
        .error = "not a URL that can be fetched",
        .attempts = 1,
        .url = "http://h/",
    };
    struct probe *p = *state;

    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        result.effective_url = urls[i];
        tell(p, &result);
    }
    (void)listen(p);
    adl_complain_end(&p->complain);

    const char *heard = listen(p);
    assert_null(strstr(heard, "\xc2\x9b"));
    assert_null(strstr(heard, "\xe2\x80\xae"));
    assert_null(strchr(heard, '\x1b'));
}

static void test_what_was_done_before_is_told_where_asked_for(void **state)
{
    static const struct asyncdl_result result = {
        .state = ASYNCDL_SKIPPED,
        .path = "a/b",
        .url = "http://h",
    };
    struct probe *p = *state;

    p->complain.is_verbose = true;
    tell(p, &result);
    assert_string_equal(listen(p),
                        "asyncdl: http://h: skipped: d/a/b is done\n");
    p->complain.is_quiet = true;
    tell(p, &result);
    assert_string_equal(listen(p), "");
}

/* The network is told of; hosts, which may be many, only where more is wanted.
 */
static void test_outages_are_told(void **state)
{
    static const struct {
        struct asyncdl_event event;
        bool is_quiet;
        bool is_verbose;
        const char *said;
    } cases[] = {
        {{.type = ASYNCDL_EVENT_REDIRECT,
          .asked = "http://u:p@h/a",
          .url = "http://h/b?token=t"},
         .is_verbose = true,
         .said = "asyncdl: http://h/a: redirected to http://h/b?token=***\n"},
        {{.type = ASYNCDL_EVENT_REDIRECT,
          .asked = "http://h",
          .url = "http://i"},
         .said = ""},
        {{.type = ASYNCDL_EVENT_NETWORK_DOWN, .reason = "R", .n_waiting = 2},
         .said = "asyncdl: network is down: R: waiting; 2 URLs wait (see "
                 "--retry-max-time)\n"},
        {{.type = ASYNCDL_EVENT_NETWORK_DOWN, .reason = "R", .n_waiting = 1},
         .said = "asyncdl: network is down: R: waiting; 1 URL waits (see "
                 "--retry-max-time)\n"},
        {{.type = ASYNCDL_EVENT_NETWORK_DOWN, .reason = "R", .n_waiting = 1},
         .is_quiet = true,
         .said = ""},
        {{.type = ASYNCDL_EVENT_NETWORK_UP},
         .said = "asyncdl: network is back: going on\n"},
        {{.type = ASYNCDL_EVENT_NETWORK_UP}, .is_quiet = true, .said = ""},
        {{.type = ASYNCDL_EVENT_HOST_DOWN, .reason = "R"}, .said = ""},
        {{.type = ASYNCDL_EVENT_HOST_DOWN,
          .reason = "R",
          .delay_ms = 1500,
          .url = "http://u:secret@h/p"},
         .is_verbose = true,
         .said = "asyncdl: host is down: R: again in 1.5 s at http://h/p\n"},
        {{.type = ASYNCDL_EVENT_HOST_UP, .url = "http://u:secret@h/p"},
         .is_verbose = true,
         .said = "asyncdl: host is back: going on at http://h/p\n"},
    };
    struct probe *p = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        p->complain.is_quiet = cases[i].is_quiet;
        p->complain.is_verbose = cases[i].is_verbose;
        adl_complain_on_event(&cases[i].event, &p->complain);
        assert_string_equal(listen(p), cases[i].said);
    }
}

static void test_line_is_bad_unless_memory_was_short(void **state)
{
    const struct adl_place place = {.file = "f", .line = 7};
    struct probe *p = *state;

    adl_complain_of_url(&p->complain, &place, "http://u:secret@h/", -ENOMEM);
    adl_complain_of_url(&p->complain, &place, "http://u:secret@h/",
                        ASYNCDL_EURL);
    adl_complain_end(&p->complain);

    assert_string_equal(
        listen(p), "asyncdl: f:7: not enough memory: http://h/\n"
                   "asyncdl: f:7: not a URL that can be fetched: http://h/\n"
                   "asyncdl: 2 failures by cause and host:\n"
                   "  another run can help (1):\n"
                   "       1  not enough memory, such as http://h/\n"
                   "  another run will not help (1):\n"
                   "       1  bad line from f, such as line 7\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

TEST_SUITE(cli_complain)
{
    const struct CMUnitTest tests[] = {
        TEST(test_results_say_what_happened_and_what_helps),
        TEST(test_a_folder_in_use_is_told_of_once),
        TEST(test_only_ten_files_in_the_way_are_named),
        TEST(test_an_unknown_option_is_mentioned_once),
        TEST(test_failures_are_grouped_at_the_end),
        TEST(test_what_was_done_before_is_told_where_asked_for),
        TEST(test_outages_are_told),
        TEST(test_no_host_in_the_groups_steers_a_terminal),
        TEST(test_line_is_bad_unless_memory_was_short),
    };

    return cmocka_run_group_tests_name("complain", tests, NULL, NULL);
}
