/* SPDX-License-Identifier: MIT */
#include "cli/listparse.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"

static void on_bad(const struct adl_place *place, const char *why, void *data)
{
    assert_int_equal(adl_buf_addf(data, "%s:%u: %s\n", place->file,
                                  (unsigned)place->line, why),
                     0);
}

static void on_unknown(const struct adl_place *place, const char *name,
                       void *data)
{
    assert_int_equal(adl_buf_addf(data, "%s:%u: unknown %s\n", place->file,
                                  (unsigned)place->line, name),
                     0);
}

static const struct adl_listparse_callbacks callbacks = {
    .on_bad = on_bad,
    .on_unknown = on_unknown,
};

static void add_field(struct adl_buf *out, const char *name, const char *value)
{
    if (value != NULL) {
        assert_int_equal(adl_buf_addf(out, " %s=%s", name, value), 0);
    }
}

/* "LINE #INDEX url mirror... out=... " and so on, and a newline. */
static void add_entry(struct adl_buf *out, const struct adl_entry *entry)
{
    assert_int_equal(adl_buf_addf(out, "%u #%u", (unsigned)entry->line,
                                  (unsigned)entry->index),
                     0);
    for (size_t i = 0; i < entry->urls.n; i++) {
        assert_int_equal(adl_buf_addf(out, " %s", entry->urls.items[i]), 0);
    }
    add_field(out, "out", entry->out);
    add_field(out, "dir", entry->dir);
    add_field(out, "checksum", entry->checksum);
    add_field(out, "referer", entry->referer);
    add_field(out, "user-agent", entry->user_agent);
    for (size_t i = 0; i < entry->headers.n; i++) {
        add_field(out, "header", entry->headers.items[i]);
    }
    assert_int_equal(adl_buf_add_str(out, "\n"), 0);
}

/* All that a list holds: entries in out, what is wrong in bad. */
static void read_list(struct adl_buf *out, struct adl_buf *bad,
                      const char *text, size_t len)
{
    struct adl_listparse parse;
    struct adl_entry *entry = NULL;

    assert_int_equal(adl_listparse_init(&parse, NULL, &callbacks, bad), 0);
    adl_listparse_begin(&parse, "f", 0);
    adl_listparse_add(&parse, text, len);
    for (int part = 0; part < 2; part++) {
        while (adl_listparse_next(&entry, &parse) > 0) {
            add_entry(out, entry);
        }
        adl_listparse_end(&parse);
    }
    adl_listparse_finish(&parse);
}

struct list_case {
    const char *text;
    const char *entries;
    const char *bad;
};

static void check_cases(const struct list_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct adl_buf out = {0};
        struct adl_buf bad = {0};

        read_list(&out, &bad, cases[i].text, strlen(cases[i].text));
        if (strcmp(adl_buf_str(&out), cases[i].entries) != 0 ||
            strcmp(adl_buf_str(&bad), cases[i].bad) != 0) {
            fail_msg("%s\ngave:\n%s%s", cases[i].text, adl_buf_str(&out),
                     adl_buf_str(&bad));
        }
        adl_buf_finish(&out);
        adl_buf_finish(&bad);
    }
}

#define CHECK(cases) check_cases(cases, sizeof(cases) / sizeof((cases)[0]))

#define HEX64 "0123456789abcdefABCDEF0123456789abcdefABCDEF012345678901234567ab"

static void test_a_line_is_a_url(void **state)
{
    static const struct list_case cases[] = {
        {"", "", ""},
        {"\n \n\t\n# http://x\n  # y\n", "", ""},
        {"http://a", "1 #1 http://a\n", ""},
        {"http://a\n\nhttp://b\n", "1 #1 http://a\n3 #2 http://b\n", ""},
        {"http://a \r\n\thttp://b\t\r\n", "1 #1 http://a\n2 #2 http://b\n", ""},
        {"http://a\thttp://b\t\thttps://c\n",
         "1 #1 http://a http://b https://c\n", ""},
        {"\xef\xbb\xbfhttp://a\n", "1 #1 http://a\n", ""},
    };

    (void)state;
    CHECK(cases);
}

static void test_indented_lines_are_options_as_in_aria2(void **state)
{
    static const struct list_case cases[] = {
        {"http://a\n  out=x y\n dir = d/e \n\treferer=http://r?a=b\n"
         " user-agent=me\n header=A: 1\n header=B: 2\n checksum=sha-256=" HEX64
         "\nhttp://b\n",
         "1 #1 http://a out=x y dir=d/e checksum=sha-256=" HEX64
         " referer=http://r?a=b user-agent=me header=A: 1 header=B: 2\n"
         "9 #2 http://b\n",
         ""},
        {"http://a\n out=1\n\n# c\n out=2\n", "1 #1 http://a out=2\n", ""},
        {"http://a\n split=5\n out=x\n", "1 #1 http://a out=x\n",
         "f:2: unknown split\n"},
        {"http://a\n checksum=SHA-1=0123456789012345678901234567890123456789",
         "1 #1 http://a checksum=SHA-1="
         "0123456789012345678901234567890123456789\n",
         ""},
    };

    (void)state;
    CHECK(cases);
}

static void test_bad_lines_are_reported_and_stop_nothing(void **state)
{
    static const struct list_case cases[] = {
        {"rubbish\nhttp://b", "2 #2 http://b\n",
         "f:1: no URL (nothing like http:// in front): \"rubbish\"\n"},
        {"http://a\ngopher://x\nhttp://b\n", "1 #1 http://a\n3 #3 http://b\n",
         "f:2: scheme not allowed (see --proto): \"gopher://x\"\n"},
        {"http://a\tftp://b\n", "",
         "f:1: scheme not allowed (see --proto): \"ftp://b\"\n"},
        {"rubbish\n out=x\nhttp://b\n", "3 #2 http://b\n",
         "f:1: no URL (nothing like http:// in front): \"rubbish\"\n"},
        {" out=x\nhttp://b\n", "2 #1 http://b\n",
         "f:1: an option without a URL above it\n"},
        {"http://a\n checksum=sha-256=12\n out=x\nhttp://b\n",
         "4 #2 http://b\n",
         "f:2: checksum= must be sha-256=HEX (or sha-512, sha-1, md5) with all "
         "its digits\n"},
        {"http://a\n checksum=crc=12\n", "",
         "f:2: checksum= must be sha-256=HEX (or sha-512, sha-1, md5) with all "
         "its digits\n"},
        {"http://a\n out=\n header=none\n", "",
         "f:2: out= must be a file name\n"
         "f:3: header= must be \"Name: value\" in one line\n"},
    };

    (void)state;
    CHECK(cases);
}

static void test_nul_bytes_and_long_lines_are_bad_lines(void **state)
{
    static char text[ADL_LINES_MAX_LEN + 100];
    struct adl_buf out = {0};
    struct adl_buf bad = {0};
    size_t len = sizeof(text) - 11;

    (void)state;
    memset(text, 'x', sizeof(text));
    memcpy(text, "http://a\0b\n", 11);
    memcpy(text + 11, "http://", 7);
    memcpy(text + len, "\nhttp://b\n", 10);

    read_list(&out, &bad, text, len + 10);
    assert_string_equal(adl_buf_str(&out), "3 #3 http://b\n");
    assert_string_equal(adl_buf_str(&bad),
                        "f:1: NUL byte in the line: a list is UTF-8 text\n"
                        "f:2: line longer than 65536 bytes\n");
    adl_buf_finish(&out);
    adl_buf_finish(&bad);
}

/* The beginning that is kept of a long line is not all that it holds. */
static void test_a_long_line_that_begins_with_blanks_is_a_bad_line(void **state)
{
    static char text[ADL_LINES_MAX_LEN + 100];
    const size_t splits[] = {sizeof(text), 1000};

    (void)state;
    memset(text, ' ', sizeof(text));
    memcpy(text + sizeof(text) - 9, "http://a\n", 9);
    for (size_t i = 0; i < 2; i++) {
        struct adl_buf bad = {0};
        struct adl_listparse parse;
        struct adl_entry *entry = NULL;

        assert_int_equal(adl_listparse_init(&parse, NULL, &callbacks, &bad), 0);
        adl_listparse_begin(&parse, "f", 0);
        for (size_t at = 0; at < sizeof(text); at += splits[i]) {
            size_t left = sizeof(text) - at;

            adl_listparse_add(&parse, text + at,
                              left < splits[i] ? left : splits[i]);
            assert_int_equal(adl_listparse_next(&entry, &parse), 0);
        }
        assert_string_equal(adl_buf_str(&bad),
                            "f:1: line longer than 65536 bytes\n");
        adl_listparse_finish(&parse);
        adl_buf_finish(&bad);
    }
}

static void test_json_objects_have_the_same_keys(void **state)
{
    static const struct list_case cases[] = {
        {"{\"url\": \"http://a\"}\n", "1 #1 http://a\n", ""},
        {"{\"urls\": [\"http://a\", \"http://b\"], \"out\": \"x\", "
         "\"dir\": \"d\", \"referer\": \"r\", \"user_agent\": \"u\", "
         "\"headers\": {\"A\": \"1\"}}\n",
         "1 #1 http://a http://b out=x dir=d referer=r user-agent=u "
         "header=A: 1\n",
         ""},
        {"{\"url\": \"http://a\", \"headers\": [\"A: 1\", \"B: 2\"], "
         "\"user-agent\": \"u\", \"checksum\": \"sha-256=" HEX64 "\"}",
         "1 #1 http://a checksum=sha-256=" HEX64
         " user-agent=u header=A: 1 header=B: 2\n",
         ""},
        {"{\"url\": \"http://a\", \"priority\": 3, \"tag\": \"x\"}",
         "1 #1 http://a\n", "f:1: unknown priority\nf:1: unknown tag\n"},
        {"  {\"url\": \"http://a\"}\n out=x\n", "1 #1 http://a out=x\n", ""},
    };

    (void)state;
    CHECK(cases);
}

static void test_json_of_wrong_shape_is_refused(void **state)
{
    static const struct {
        const char *text;
        const char *why;
    } cases[] = {
        {"{", "broken JSON at column 1: string or '}' expected near end of "
              "file"},
        {"{]}", "broken JSON at column 2: string or '}' expected"},
        {"{\"url\": \"http://a\"} x", "broken JSON at column "},
        {"{\"url\": \"http://a\", \"url\": \"http://b\"}",
         "broken JSON at column "},
        {"{\"url\": \"http://u:secret@h\" nonsense", "broken JSON at column "},
        {"{}", "no url in the JSON object"},
        {"{\"urls\": []}", "no url in the JSON object"},
        {"{\"url\": 1}", "url must be a string"},
        {"{\"url\": null}", "url must be a string"},
        {"{\"url\": \"ftp://x\"}", "scheme not allowed (see --proto)"},
        {"{\"url\": \"http://x\\ty\"}", "control character"},
        {"{\"url\": \"http://x/\\n\"}", "control character"},
        {"{\"url\": \"http://x/\\u0000\"}", "broken JSON at column "},
        {"{\"urls\": \"http://a\"}", "urls must be an array of strings"},
        {"{\"urls\": [1]}", "urls must be an array of strings"},
        {"{\"url\": \"http://a\", \"out\": 1}", "out must be a string"},
        {"{\"url\": \"http://a\", \"out\": \"\"}", "out= must be a file name"},
        {"{\"url\": \"http://a\", \"checksum\": \"md5=1\"}", "checksum= must"},
        {"{\"url\": \"http://a\", \"headers\": \"A: b\"}",
         "headers must be an object or an array of strings"},
        {"{\"url\": \"http://a\", \"headers\": [1]}",
         "headers must be strings"},
        {"{\"url\": \"http://a\", \"headers\": {\"A\": 1}}",
         "headers must be strings"},
        {"{\"url\": \"http://a\", \"headers\": {\"A\": \"b\\r\\nC: d\"}}",
         "header= must be \"Name: value\" in one line"},
        {"{\"url\": \"http://a\", \"user_agent\": \"b\\r\\nC: d\"}",
         "user-agent= must be without control characters"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_buf out = {0};
        struct adl_buf bad = {0};

        read_list(&out, &bad, cases[i].text, strlen(cases[i].text));
        const char *why = adl_buf_str(&bad);
        if (out.len > 0 || strncmp(why, "f:1: ", 5) != 0 ||
            strncmp(why + 5, cases[i].why, strlen(cases[i].why)) != 0 ||
            strstr(why, "secret") != NULL) {
            fail_msg("%s: %s%s", cases[i].text, adl_buf_str(&out), why);
        }
        adl_buf_finish(&out);
        adl_buf_finish(&bad);
    }
}

static void test_an_entry_waits_for_its_options_until_flushed(void **state)
{
    struct adl_listparse parse;
    struct adl_entry *entry = NULL;
    struct adl_buf bad = {0};

    (void)state;
    assert_int_equal(adl_listparse_init(&parse, NULL, &callbacks, &bad), 0);
    adl_listparse_begin(&parse, "f", 0);
    adl_listparse_add(&parse, "http://a\n", 9);
    assert_int_equal(adl_listparse_next(&entry, &parse), 0);
    assert_true(adl_listparse_is_waiting(&parse));

    assert_int_equal(adl_listparse_flush(&entry, &parse), 1);
    assert_string_equal(entry->urls.items[0], "http://a");
    assert_false(adl_listparse_is_waiting(&parse));
    assert_int_equal(adl_listparse_flush(&entry, &parse), 0);

    adl_listparse_add(&parse, " out=x\n", 7);
    assert_int_equal(adl_listparse_next(&entry, &parse), 0);
    assert_string_equal(adl_buf_str(&bad),
                        "f:2: this option came too late: the download above it "
                        "has started\n");
    adl_listparse_finish(&parse);
    adl_buf_finish(&bad);
}

static void test_positions_go_on_over_lists(void **state)
{
    struct adl_listparse parse;
    struct adl_entry *entry = NULL;
    struct adl_buf bad = {0};

    (void)state;
    assert_int_equal(adl_listparse_init(&parse, NULL, &callbacks, &bad), 0);
    for (unsigned i = 1; i <= 3; i++) {
        adl_listparse_begin(&parse, "f", 0);
        adl_listparse_add(&parse, "#\nhttp://a", 10);
        adl_listparse_end(&parse);
        assert_int_equal(adl_listparse_next(&entry, &parse), 1);
        assert_int_equal(entry->index, i);
        assert_int_equal(entry->line, 2);
        assert_int_equal(adl_listparse_next(&entry, &parse), 0);
    }
    adl_listparse_finish(&parse);
}

TEST_SUITE(cli_listparse)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_is_a_url),
        cmocka_unit_test(test_indented_lines_are_options_as_in_aria2),
        cmocka_unit_test(test_bad_lines_are_reported_and_stop_nothing),
        cmocka_unit_test(test_nul_bytes_and_long_lines_are_bad_lines),
        cmocka_unit_test(
            test_a_long_line_that_begins_with_blanks_is_a_bad_line),
        cmocka_unit_test(test_json_objects_have_the_same_keys),
        cmocka_unit_test(test_json_of_wrong_shape_is_refused),
        cmocka_unit_test(test_an_entry_waits_for_its_options_until_flushed),
        cmocka_unit_test(test_positions_go_on_over_lists),
    };

    return cmocka_run_group_tests_name("listparse", tests, NULL, NULL);
}
