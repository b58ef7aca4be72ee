/* SPDX-License-Identifier: MIT */
#include "compare/urls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/loop.h"
#include "support/suite.h"

/* A file with that text, to be unlinked. */
static void write_list(char path[64], const char *text)
{
    (void)snprintf(path, 64, "/tmp/test_compare_urls.XXXXXX");
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    (void)close(fd);
}

static void test_the_160_sites_alternate(void **state)
{
    struct urls urls;
    char text[200];

    (void)state;
    assert_int_equal(urls_read(&urls, NULL, text, sizeof(text)), 0);

    assert_int_equal(urls.n, 160);
    assert_string_equal(urls.items[0].text, "https://www.jython.org");
    assert_int_equal(urls.items[0].size, 10490);
    assert_string_equal(urls.items[159].text,
                        "http://olympus.realpython.org/dice");
    assert_int_equal(urls.items[159].size, 278);
    urls_finish(&urls);
}

static void test_a_file_may_have_comments_and_blanks(void **state)
{
    struct urls urls;
    char text[200];
    char path[64];

    (void)state;
    write_list(path, "# sites\n\n  http://a.example/bytes/77?x=1  \r\n"
                     "https://b.example/x\n");
    assert_int_equal(urls_read(&urls, path, text, sizeof(text)), 0);

    assert_int_equal(urls.n, 2);
    assert_string_equal(urls.items[0].text, "http://a.example/bytes/77?x=1");
    assert_int_equal(urls.items[0].size, 77);
    assert_int_equal(urls.items[1].size, 0);
    urls_finish(&urls);
    (void)unlink(path);
}

static void test_a_bad_list_is_told_with_its_line(void **state)
{
    struct urls urls;
    char text[200];
    char wanted[200];
    char path[64];

    (void)state;
    write_list(path, "http://a.example/\nnonsense\n");
    assert_int_equal(urls_read(&urls, path, text, sizeof(text)), -EINVAL);
    (void)snprintf(wanted, sizeof(wanted), "%s:2: not a URL", path);
    assert_string_equal(text, wanted);
    (void)unlink(path);

    write_list(path, "\n");
    assert_int_equal(urls_read(&urls, path, text, sizeof(text)), -ENODATA);
    (void)unlink(path);

    assert_int_equal(urls_read(&urls, path, text, sizeof(text)), -ENOENT);
    assert_non_null(strstr(text, "No such file"));
}

static void test_the_host_stands_between_user_and_port(void **state)
{
    static const struct {
        const char *url;
        const char *host; /* NULL: none that a certificate can name */
    } cases[] = {
        {"https://www.jython.org", "www.jython.org"},
        {"http://a.example:80/x", "a.example"},
        {"http://u:p@a.example/x@y", "a.example"},
        {"http://a.example?x", "a.example"},
        {"http:///x", NULL},
        {"http://[::1]/", NULL},
        {"a.example", NULL},
    };
    char host[32];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int err = urls_host(host, sizeof(host), cases[i].url);

        assert_int_equal(err, cases[i].host != NULL ? 0 : -EINVAL);
        if (cases[i].host != NULL) {
            assert_string_equal(host, cases[i].host);
        }
    }
}

static void test_urls_are_pointed_at_the_site(void **state)
{
    static const struct {
        struct url url;
        const char *on_site;
    } cases[] = {
        {{"https://www.jython.org", 10490}, "https://127.0.0.1:4/bytes/10490"},
        {{"http://olympus.realpython.org/dice", 278},
         "http://127.0.0.1:8/bytes/278"},
        {{"http://a.example/bytes/5?x", 5}, "http://127.0.0.1:8/bytes/5?x"},
        {{"https://a.example/echo", 0}, "https://127.0.0.1:4/echo"},
        {{"http://127.0.0.1:99/x", 0}, "http://127.0.0.1:99/x"},
    };
    char text[URL_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(urls_on_site(text, &cases[i].url, 8, 4), 0);
        assert_string_equal(text, cases[i].on_site);
    }
}

static void test_the_hash_is_fnv_1a(void **state)
{
    (void)state;
    assert_true(urls_hash("a", 1, 0, 1) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(urls_hash("foobar", 6, 0, 1) == UINT64_C(0x85944171f73967e8));
    assert_true(urls_hash("ab", 2, 0, 2) == urls_hash("abab", 4, 0, 1));
    assert_true(urls_hash("a", 1, 1, 1) != urls_hash("a", 1, 2, 1));
}

TEST_SUITE(compare_urls)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_160_sites_alternate),
        cmocka_unit_test(test_a_file_may_have_comments_and_blanks),
        cmocka_unit_test(test_a_bad_list_is_told_with_its_line),
        cmocka_unit_test(test_the_host_stands_between_user_and_port),
        cmocka_unit_test(test_urls_are_pointed_at_the_site),
        cmocka_unit_test(test_the_hash_is_fnv_1a),
    };

    return cmocka_run_group_tests_name("compare urls", tests, NULL, NULL);
}
