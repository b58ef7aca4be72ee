/* SPDX-License-Identifier: MIT */
#include "trace/stream.h"

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
#include "support/written.h"

static void test_texts_are_escaped_for_where_they_stand(void **state)
{
    static const struct {
        const char *text;
        const char *xml;
        const char *json;
    } cases[] = {
        {"plain", "plain", "plain"},
        {"</script><b a='1' c=\"2\">&amp;",
         "&lt;/script&gt;&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;amp;",
         "\\u003c/script>\\u003cb a='1' c=\\u00222\\u0022>&amp;"},
        {"a\\b\n\tc", "a\\b\n\tc", "a\\u005cb\\u000a\\u0009c"},
        {"\x01\x1b[31m\x7f", "\xEF\xBF\xBD\xEF\xBF\xBD[31m\xEF\xBF\xBD",
         "\\u0001\\u001b[31m\\u007f"},
        {"\xC3\xA4\xE2\x82\xAC", "\xC3\xA4\xE2\x82\xAC",
         "\xC3\xA4\xE2\x82\xAC"},
        {"\xFFx\xC3", "\xEF\xBF\xBDx\xEF\xBF\xBD", "\xEF\xBF\xBDx\xEF\xBF\xBD"},
        {"\xED\xA0\x80", /* a surrogate */
         "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD",
         "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\xE2\x80\xAE\xE2\x80\xA8", "\xEF\xBF\xBD\xEF\xBF\xBD",
         "\xE2\x80\xAE\\u2028"},
        {"", "", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct written w = {0};
        struct adl_stream s;

        adl_stream_init(&s, written_add, &w);
        adl_stream_xml(&s, cases[i].text);
        adl_stream_str(&s, "|");
        adl_stream_json(&s, cases[i].text);
        assert_int_equal(adl_stream_flush(&s), 0);
        char *wanted = malloc(1000);
        (void)snprintf(wanted, 1000, "%s|%s", cases[i].xml, cases[i].json);
        assert_string_equal(w.text, wanted);
        free(wanted);
        written_finish(&w);
    }
}

static void test_much_comes_in_few_pieces(void **state)
{
    struct written w = {0};
    struct adl_stream s;

    (void)state;
    adl_stream_init(&s, written_add, &w);
    for (int i = 0; i < 10000; i++) {
        adl_stream_addf(&s, "%05d", i);
    }
    assert_int_equal(adl_stream_flush(&s), 0);
    assert_int_equal(w.len, 50000);
    assert_memory_equal(w.text + 49990, "0999809999", 10);
    assert_true(w.n_calls <= 50000 / ADL_STREAM_CAP + 1);
    written_finish(&w);
}

static void test_nothing_is_written_after_a_failure(void **state)
{
    struct written w = {.max_len = 5000, .err = -ENOSPC};
    struct adl_stream s;

    (void)state;
    adl_stream_init(&s, written_add, &w);
    for (int i = 0; i < 10000; i++) {
        adl_stream_str(&s, "12345");
    }
    assert_int_equal(adl_stream_flush(&s), -ENOSPC);
    assert_int_equal(w.n_calls, 2);
    assert_int_equal(adl_stream_flush(&s), -ENOSPC);
    written_finish(&w);
}

TEST_SUITE(stream)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_are_escaped_for_where_they_stand),
        cmocka_unit_test(test_much_comes_in_few_pieces),
        cmocka_unit_test(test_nothing_is_written_after_a_failure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
