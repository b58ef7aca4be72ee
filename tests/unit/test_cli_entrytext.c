/* SPDX-License-Identifier: MIT */
#include "cli/entrytext.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/listparse.h"
#include "support/effort.h"
#include "support/suite.h"
#include "util/rng.h"

static void on_bad(const struct adl_place *place, const char *why, void *data)
{
    (void)data;
    fail_msg("%s:%u: %s", place->file, (unsigned)place->line, why);
}

static void on_unknown(const struct adl_place *place, const char *name,
                       void *data)
{
    (void)data;
    fail_msg("%s:%u: unknown %s", place->file, (unsigned)place->line, name);
}

static const struct adl_listparse_callbacks callbacks = {
    .on_bad = on_bad,
    .on_unknown = on_unknown,
};

typedef void (*entry_cb)(const struct adl_entry *entry, void *data);

/* Give out what a list holds; it must be right. */
static size_t read_list(const char *text, size_t len, entry_cb on_entry,
                        void *data)
{
    struct adl_listparse parse;
    struct adl_entry *entry = NULL;
    size_t n = 0;

    assert_int_equal(adl_listparse_init(&parse, NULL, &callbacks, NULL), 0);
    adl_listparse_begin(&parse, "f", 0);
    adl_listparse_add(&parse, text, len);
    for (int part = 0; part < 2; part++) {
        while (adl_listparse_next(&entry, &parse) > 0) {
            on_entry(entry, data);
            n++;
        }
        adl_listparse_end(&parse);
    }
    adl_listparse_finish(&parse);
    return n;
}

static void on_entry_write(const struct adl_entry *entry, void *data)
{
    assert_int_equal(adl_entrytext_add(data, entry), 0);
}

static void assert_same(const char *a, const char *b)
{
    assert_int_equal(a != NULL, b != NULL);
    if (a != NULL) {
        assert_string_equal(a, b);
    }
}

static void assert_same_list(const struct adl_strlist *a,
                             const struct adl_strlist *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        assert_string_equal(a->items[i], b->items[i]);
    }
}

static void on_entry_compare(const struct adl_entry *entry, void *data)
{
    const struct adl_entry *wanted = data;

    assert_same_list(&entry->urls, &wanted->urls);
    assert_same_list(&entry->headers, &wanted->headers);
    assert_same(entry->out, wanted->out);
    assert_same(entry->dir, wanted->dir);
    assert_same(entry->checksum, wanted->checksum);
    assert_same(entry->referer, wanted->referer);
    assert_same(entry->user_agent, wanted->user_agent);
}

/* It comes back from what is written of it, alone and among others. */
static void check_round_trip(const struct adl_entry *entry)
{
    struct adl_buf text = {0};

    assert_int_equal(adl_entrytext_add(&text, entry), 0);
    assert_int_equal(adl_entrytext_add(&text, entry), 0);
    assert_int_equal(
        read_list(text.data, text.len, on_entry_compare, (void *)entry), 2);
    adl_buf_finish(&text);
}

static void test_aria2_form_where_it_holds_all(void **state)
{
    static const char hex[] = "d41d8cd98f00b204e9800998ecf8427e";
    static const struct {
        const char *list;
        const char *text; /* NULL: the same */
    } cases[] = {
        {"http://a\n", NULL},
        {" http://a \t http://b\r\n", "http://a\thttp://b\n"},
        {"http://u:p@h/?token=x#f\n", NULL},
        {"http://a\n  out=x y\n  dir=d\n  checksum=md5=@HEX@\n  referer=r\n"
         "  user-agent=\n  header=A: 1\n  header=B;\n",
         NULL},
        {"{\"url\":\"http://a\",\"out\":\"#x\",\"headers\":{\"A\":\"1\"}}\n",
         "http://a\n  out=#x\n  header=A: 1\n"},
        {"{\"urls\":[\"http://a\",\"http://b\"],\"out\":\"x\\ny\"}\n", NULL},
        {"{\"url\":\"http://a\",\"out\":\" x\"}\n", NULL},
        {"{\"url\":\"http://a\",\"header\":[\"A: 1\\t\"]}\n", NULL},
        {"{\"url\":\"http://a\",\"dir\":\"x\\u0001\\r\"}\n",
         "{\"url\":\"http://a\",\"dir\":\"x\\u0001\\r\"}\n"},
        {"{\"url\":\"http://a\",\"out\":\"\xc3\xa4 \"}\n", NULL},
        {"http://a\n  out=\xff\x01x\ry\n", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_buf list = {0};
        struct adl_buf text = {0};
        const char *mark = strstr(cases[i].list, "@HEX@");
        int n = (int)(mark != NULL ? mark - cases[i].list
                                   : (ptrdiff_t)strlen(cases[i].list));

        assert_int_equal(adl_buf_addf(&list, "%.*s%s%s", n, cases[i].list,
                                      mark != NULL ? hex : "",
                                      mark != NULL ? mark + 5 : ""),
                         0);
        assert_int_equal(read_list(list.data, list.len, on_entry_write, &text),
                         1);
        assert_string_equal(text.data,
                            cases[i].text != NULL ? cases[i].text : list.data);
        adl_buf_finish(&list);
        adl_buf_finish(&text);
    }
}

static void test_longest_url_comes_back(void **state)
{
    struct adl_entry entry = {0};
    struct adl_buf url = {0};
    struct adl_buf why = {0};

    (void)state;
    assert_int_equal(adl_buf_addf(&url, "http://h/%0*d", 65536 - 9, 0), 0);
    assert_int_equal(adl_entry_add_urls(&entry, url.data, url.len, NULL, &why),
                     0);
    check_round_trip(&entry);
    adl_entry_finish(&entry);
    adl_buf_finish(&url);
    adl_buf_finish(&why);
}

static void test_what_no_line_holds_is_refused(void **state)
{
    struct adl_entry entry = {0};
    struct adl_buf header = {0};
    struct adl_buf text = {0};

    (void)state;
    assert_int_equal(adl_strlist_add(&entry.urls, "http://a"), 0);
    assert_int_equal(adl_buf_addf(&header, "A: %065536d", 0), 0);
    assert_int_equal(adl_strlist_add(&entry.headers, header.data), 0);
    assert_int_equal(adl_buf_add_str(&text, "before\n"), 0);

    assert_int_equal(adl_entrytext_add(&text, &entry), -E2BIG);
    assert_string_equal(text.data, "before\n");
    adl_entry_finish(&entry);
    adl_buf_finish(&header);
    adl_buf_finish(&text);
}

/* Bytes that lists are sensitive to, and a few that they are not. */
static char *make_text(struct adl_rng *rng, bool is_header)
{
    static const char any[] = "a#={} \t\r\n\f\v\x01\x7f\"\\:;@?";
    static const char allowed[] = "a#={} \t\"\\:;@?";
    const char *chars = is_header ? allowed : any;
    size_t len = adl_rng_next(rng) % 6;
    char *text = calloc(1, len + 3);
    size_t n = 0;

    assert_non_null(text);
    if (is_header) {
        text[n++] = "X #{"[adl_rng_next(rng) % 4];
        text[n++] = ':';
    }
    while (len-- > 0) {
        text[n++] = chars[adl_rng_next(rng) % strlen(chars)];
    }
    return text;
}

static void set_any(struct adl_entry *entry, struct adl_rng *rng)
{
    static const char *const names[] = {"out", "dir", "referer", "user-agent",
                                        "header"};
    size_t n = adl_rng_next(rng) % 5;

    while (n-- > 0) {
        const char *name = names[adl_rng_next(rng) % 5];
        char *value = make_text(rng, strcmp(name, "header") == 0);
        struct adl_buf why = {0};
        int err = adl_entry_set(entry, name, value, &why);

        assert_true(err == 0 || err == -EINVAL); /* nothing of that kind */
        adl_buf_finish(&why);
        free(value);
    }
}

static void test_any_entry_comes_back(void **state)
{
    static const char *const urls[] = {"http://a", "https://u:p@b:1/#{}=",
                                       "http://[::1]/?a=b&#", "HTTP://c/%0a"};
    struct adl_rng rng = {7};

    (void)state;
    for (unsigned i = 0; i < effort(20000, 2000); i++) {
        struct adl_entry entry = {0};
        size_t n_urls = 1 + adl_rng_next(&rng) % 3;

        for (size_t j = 0; j < n_urls; j++) {
            const char *url = urls[adl_rng_next(&rng) % 4];

            assert_int_equal(adl_strlist_add(&entry.urls, url), 0);
        }
        set_any(&entry, &rng);
        check_round_trip(&entry);
        adl_entry_finish(&entry);
    }
}

TEST_SUITE(cli_entrytext)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aria2_form_where_it_holds_all),
        cmocka_unit_test(test_longest_url_comes_back),
        cmocka_unit_test(test_what_no_line_holds_is_refused),
        cmocka_unit_test(test_any_entry_comes_back),
    };

    return cmocka_run_group_tests_name("entrytext", tests, NULL, NULL);
}
