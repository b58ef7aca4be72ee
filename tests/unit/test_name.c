/* SPDX-License-Identifier: MIT */
#include "store/name.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/effort.h"
#include "support/loop.h"
#include "support/suite.h"
#include "util/utf8.h"

static bool is_safe_component(const char *name, size_t len)
{
    if (len == 0 || len > 255 || name[0] == '.') {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)name[i];
        uint32_t code;

        if (byte < 0x20 || byte == 0x7f || byte == '\\') {
            return false;
        }
        if (adl_utf8_decode(&code, name + i, len - i) > 1 &&
            adl_utf8_is_control(code)) {
            return false;
        }
    }
    return true;
}

/* What name.h promises, written a second time. */
static bool is_safe(const struct adl_buf *buf)
{
    const char *path = adl_buf_str(buf);

    if (strlen(path) != buf->len || buf->len > ADL_NAME_PATH_MAX) {
        return false;
    }
    for (;;) {
        size_t len = strcspn(path, "/");

        if (!is_safe_component(path, len)) {
            return false;
        }
        if (path[len] == '\0') {
            return true;
        }
        path += len + 1;
    }
}

static const struct adl_name_source source = {
    .url = "http://h/a",
    .host = "www.example.com",
    .url_path = "/a/b%20c/archive.tar.gz",
    .index = 42,
};

static void expect(const char *template, const struct adl_name_source *from,
                   const char *path)
{
    struct adl_buf buf = {0};
    const char *why = NULL;

    assert_int_equal(adl_name_check_template(template, &why), 0);
    assert_int_equal(adl_name_expand(&buf, template, from), 0);
    assert_string_equal(adl_buf_str(&buf), path);
    assert_true(is_safe(&buf));
    adl_buf_finish(&buf);
}

static void test_templates_expand(void **state)
{
    static const char *const cases[][2] = {
        {"{name}", "archive.tar.gz"},
        {"{stem}", "archive.tar"},
        {"{ext}", "gz"},
        {"{host}", "www.example.com"},
        {"{path}", "a/b c/archive.tar.gz"},
        {"{index}", "42"},
        {"{index:08}", "00000042"},
        {"{index:01}", "42"},
        {"{index:020}", "00000000000000000042"},
        {"{urlhash}", "dbb2a4ec7fcdf5f4"},
        {"{host}/{path}", "www.example.com/a/b c/archive.tar.gz"},
        {"{{{index}}}", "{42}"},
        {"a//b", "a/b"},
        {"../{name}", "_./archive.tar.gz"},
        {".asyncdl/{name}", "_asyncdl/archive.tar.gz"},
        {"x-{index}.{ext}", "x-42.gz"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect(cases[i][0], &source, cases[i][1]);
    }
}

static void test_bad_templates_are_refused_with_a_reason(void **state)
{
    static const char *const cases[] = {
        "",
        "{",
        "{name",
        "a}",
        "{}",
        "{Name}",
        "{nam}",
        "{names}",
        "{name:08}",
        "{index:}",
        "{index:0}",
        "{index:8}",
        "{index:00}",
        "{index:021}",
        "{index:008}",
        "{index:0x}",
        "{index:-1}",
        "{index:0999999999999}",
        "/etc/{name}",
        "{host}/",
        "{name{ext}}",
        "{{name}",
        "{name}}",
        "{ name}",
        "{index:+8}",
        "/",
        "{:08}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *why = NULL;

        assert_int_equal(adl_name_check_template(cases[i], &why), -EINVAL);
        assert_non_null(why);
    }
}

static void test_last_segment_names_the_file(void **state)
{
    static const struct {
        const char *path;
        const char *name;
        const char *stem;
        const char *ext;
    } cases[] = {
        {"", "index.html", "index", "html"},
        {"/", "index.html", "index", "html"},
        {"/a/", "index.html", "index", "html"},
        {"/a", "a", "a", "_"},
        {"/.bashrc", "_bashrc", "_bashrc", "_"},
        {"/.a.b", "_a.b", "_a", "b"},
        {"/..", "_.", "_.", "_"},
        {"/...", "_..", "_..", "_"},
        {"/....%2f%2f", "_...__", "_...__", "_"},
        {"/a.", "a.", "a.", "_"},
        {"/a.b.", "a.b.", "a.b.", "_"},
        {"/%2e%2e%2fetc%2fpasswd", "_._etc_passwd", "_._etc_passwd", "_"},
        {"/..%5c..%5ca.b", "_._.._a.b", "_._.._a", "b"},
        {"/a%00b.c%0d%0a", "a_b.c__", "a_b", "c__"},
        {"/%252f", "%2f", "%2f", "_"},
        {"/100%", "100%", "100%", "_"},
        {"/%c0%ae%c0%ae", "\xc0\xae\xc0\xae", "\xc0\xae\xc0\xae", "_"},
        {"/%C2%9B2J", "_2J", "_2J", "_"},
        {"/%E2%80%AEfdp.exe", "_fdp.exe", "_fdp", "exe"},
        {"/%2Easyncdl", "_asyncdl", "_asyncdl", "_"},
        {"/CON", "CON", "CON", "_"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_name_source from = {
            .url = "", .host = "", .url_path = cases[i].path};

        expect("{name}", &from, cases[i].name);
        expect("{stem}", &from, cases[i].stem);
        expect("{ext}", &from, cases[i].ext);
    }
}

static void test_path_keeps_the_folders_of_the_url_only(void **state)
{
    static const char *const cases[][2] = {
        {"", "index.html"},
        {"/", "index.html"},
        {"/a/b/", "a/b/index.html"},
        {"//a///b", "a/b"},
        {"/../../etc/passwd", "_./_./etc/passwd"},
        {"/a/./b", "a/_/b"},
        {"/a%2fb/c%2Fd", "a_b/c_d"},
        {"/%2e%2e/x", "_./x"},
        {"/.asyncdl/x", "_asyncdl/x"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_name_source from = {
            .url = "", .host = "h", .url_path = cases[i][0]};

        expect("{path}", &from, cases[i][1]);
    }
}

static void test_hostile_host_makes_no_folder(void **state)
{
    struct adl_name_source from = {
        .url = "", .host = "../../h\n", .url_path = "/a"};

    (void)state;
    expect("{host}/{name}", &from, "_._.._h_/a");
    from.host = "";
    expect("{host}/{name}", &from, "a");
}

static void test_parts_cannot_join_to_a_control(void **state)
{
    struct adl_name_source from = {
        .url = "", .host = "\xc2", .url_path = "/%9b2J"};

    (void)state;
    expect("{host}{name}", &from, "_2J");
}

static void test_bytes_are_made_safe(void **state)
{
    static const char *const cases[][2] = {
        {"", "_"},
        {"/", "_"},
        {"///", "_"},
        {"a/", "a"},
        {"/etc/passwd", "etc/passwd"},
        {".", "_"},
        {"./..", "_/_."},
        {"a\\b", "a_b"},
        {"a\r\n\t\x7f", "a____"},
        {"\xff\xfe", "\xff\xfe"},
        {"\xe2\x81\xa6x", "_x"},
        {"caf\xc3\xa9", "caf\xc3\xa9"},
    };
    struct adl_buf buf = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(
            adl_name_make_safe(&buf, cases[i][0], strlen(cases[i][0])), 0);
        assert_string_equal(buf.data, cases[i][1]);
    }
    assert_int_equal(adl_name_make_safe(&buf, "a\0b", 3), 0);
    assert_string_equal(buf.data, "a_b");
    adl_buf_finish(&buf);
}

/* A component of n times what, then ext. */
static size_t fill(char *out, const char *what, size_t n, const char *ext)
{
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        memcpy(out + len, what, strlen(what));
        len += strlen(what);
    }
    memcpy(out + len, ext, strlen(ext) + 1);
    return len + strlen(ext);
}

static void test_long_component_is_cut_before_its_extension(void **state)
{
    struct adl_buf buf = {0};
    char raw[600];

    (void)state;
    size_t len = fill(raw, "a", 251, ".jpg");
    assert_int_equal(adl_name_make_safe(&buf, raw, len), 0);
    assert_string_equal(buf.data, raw); /* 255 bytes are not too many */

    len = fill(raw, "a", 252, ".jpg");
    assert_int_equal(adl_name_make_safe(&buf, raw, len), 0);
    assert_int_equal(buf.len, 255);
    assert_string_equal(buf.data + 251, ".jpg");
    assert_int_equal(buf.data[242], '~');
    assert_int_equal(strspn(buf.data + 243, "0123456789abcdef"), 8);

    len = fill(raw, "a", 252, ".12345678901234567"); /* 17: not short */
    assert_int_equal(adl_name_make_safe(&buf, raw, len), 0);
    assert_int_equal(buf.len, 255);
    assert_int_equal(buf.data[246], '~');
    adl_buf_finish(&buf);
}

static void test_cut_keeps_characters_whole(void **state)
{
    struct adl_buf buf = {0};
    char raw[600];

    (void)state;
    for (size_t shift = 0; shift < 3; shift++) {
        memcpy(raw, "xx", shift);
        size_t len = shift + fill(raw + shift, "\xe2\x82\xac", 100, ".jpg");

        assert_int_equal(adl_name_make_safe(&buf, raw, len), 0);
        assert_true(buf.len > 250 && buf.len <= 255);
        assert_true(adl_utf8_is_valid(buf.data, buf.len));
    }
    adl_buf_finish(&buf);
}

static void test_names_that_differ_late_stay_apart(void **state)
{
    struct adl_buf a = {0};
    struct adl_buf b = {0};
    char raw[5002];

    (void)state;
    size_t len = fill(raw, "a", 300, "x");
    assert_int_equal(adl_name_make_safe(&a, raw, len), 0);
    raw[len - 1] = 'y';
    assert_int_equal(adl_name_make_safe(&b, raw, len), 0);
    assert_string_not_equal(a.data, b.data);

    len = fill(raw, "ab/", 1660, "x.gz");
    assert_int_equal(adl_name_make_safe(&a, raw, len), 0);
    assert_true(is_safe(&a));
    assert_true(a.len > ADL_NAME_PATH_MAX - 20);
    assert_memory_equal(a.data, raw, 3000);
    assert_string_equal(a.data + a.len - 3, ".gz");
    raw[4000] = 'c';
    assert_int_equal(adl_name_make_safe(&b, raw, len), 0);
    assert_string_not_equal(a.data, b.data);
    adl_buf_finish(&a);
    adl_buf_finish(&b);
}

static void test_safe_path_stays_as_it_is(void **state)
{
    struct adl_buf once = {0};
    struct adl_buf twice = {0};
    char raw[5002];

    (void)state;
    size_t len = fill(raw, "ab/", 1660, "x.gz");
    assert_int_equal(adl_name_make_safe(&once, raw, len), 0);
    assert_int_equal(adl_name_make_safe(&twice, once.data, once.len), 0);
    assert_string_equal(once.data, twice.data);
    adl_buf_finish(&once);
    adl_buf_finish(&twice);
}

static void test_numbers_stand_at_the_end(void **state)
{
    struct adl_buf buf = {0};
    struct adl_buf other = {0};
    char raw[ADL_NAME_PATH_MAX + 1];

    (void)state;
    assert_int_equal(adl_name_number(&buf, "a/b.txt", 2), 0);
    assert_string_equal(buf.data, "a/b.txt~2");
    assert_int_equal(adl_name_number(&buf, "a", UINT32_MAX), 0);
    assert_string_equal(buf.data, "a~4294967295");

    fill(raw, "a", 253, "");
    assert_int_equal(adl_name_number(&buf, raw, 2), 0);
    assert_int_equal(buf.len, 255);
    assert_int_equal(buf.data[252], 'a'); /* fits, so that nothing is cut */
    fill(raw, "a", 253, "xy");
    assert_int_equal(adl_name_number(&buf, raw, 2), 0);
    assert_true(is_safe(&buf));
    assert_string_equal(buf.data + 253, "~2");
    fill(raw, "a", 253, "xz");
    assert_int_equal(adl_name_number(&other, raw, 2), 0);
    assert_string_not_equal(buf.data, other.data);

    fill(raw, "a/", 1749, "bc"); /* 3500 bytes and a last name too short */
    assert_int_equal(adl_name_number(&buf, raw, 2), 0);
    assert_true(is_safe(&buf));
    assert_string_equal(buf.data + buf.len - 2, "~2");
    adl_buf_finish(&buf);
    adl_buf_finish(&other);
}

static void test_disposition_gives_a_safe_name(void **state)
{
    static const char *const cases[][2] = {
        {"attachment; filename=\"../../.bashrc\"", "_bashrc"},
        {"attachment; filename=..", "_."},
        {"attachment; filename*=UTF-8''a%00%0ab", "a__b"},
        {"attachment; filename*=ISO-8859-1''%9b2J", "_2J"},
        {"attachment", NULL},
    };
    struct adl_buf buf = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int err = adl_name_from_disposition(&buf, cases[i][0]);

        assert_int_equal(err, cases[i][1] != NULL ? 0 : -ENOENT);
        if (err == 0) {
            assert_string_equal(buf.data, cases[i][1]);
        }
    }
    adl_buf_finish(&buf);
}

static uint32_t roll(uint64_t *seed, uint32_t n)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(*seed >> 33) % n;
}

/* Random pieces of what attackers write. */
static size_t make_hostile(char *out, size_t cap, uint64_t *seed)
{
    static const char *const pieces[] = {
        "/",
        "..",
        ".",
        "%2f",
        "%5c",
        "\\",
        "%00",
        "%0d%0a",
        "\r\n",
        "\x1b",
        "a",
        "b.c",
        "~2",
        "%",
        "%2e%2e",
        "\xc2",
        "\x9b",
        "%c2",
        "%9b",
        "\xe2\x80\xae",
        "%e2%80%ae",
        "\xf0\x9f\x98\x80",
        "\xff",
        "\x7f",
        "\"",
        ";",
        "filename=\"",
        "filename*=UTF-8''",
        "filename*=iso-8859-1''",
        "'",
        "%ae",
        "\xe2\x80",
        "\xae",
        ".asyncdl",
        "{name}",
        "=",
        " ",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac",
    };
    size_t n = 1 + roll(seed, roll(seed, 50) == 0 ? 500 : 20);
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        const char *piece =
            pieces[roll(seed, sizeof(pieces) / sizeof(pieces[0]))];
        size_t size = strlen(piece);

        if (len + size >= cap) {
            break;
        }
        memcpy(out + len, piece, size);
        len += size;
    }
    out[len] = '\0';
    return len;
}

static void test_no_hostile_input_gets_through(void **state)
{
    static const char *const templates[] = {
        "{name}",
        "{host}/{path}",
        "{stem}.{ext}",
        "{host}{name}",
        "{path}/{host}{ext}",
        ".{name}",
        "{name}{ext}{stem}{path}",
    };
    static char first[20000];
    static char second[20000];
    struct adl_buf buf = {0};
    struct adl_buf numbered = {0};
    const unsigned n = effort(200000, 10000);
    uint64_t seed = 1;

    (void)state;
    for (unsigned i = 0; i < n; i++) {
        size_t len = make_hostile(first, sizeof(first), &seed);
        struct adl_name_source from = {
            .url = first, .host = second, .url_path = first};

        (void)make_hostile(second, sizeof(second), &seed);
        assert_int_equal(adl_name_make_safe(&buf, first, len), 0);
        assert_true(is_safe(&buf));
        assert_int_equal(
            adl_name_number(&numbered, buf.data, roll(&seed, 1U << 30) + 2), 0);
        assert_true(is_safe(&numbered));
        assert_int_equal(
            adl_name_expand(&buf,
                            templates[roll(&seed, sizeof(templates) /
                                                      sizeof(templates[0]))],
                            &from),
            0);
        assert_true(is_safe(&buf));
        int err = adl_name_from_disposition(&buf, first);
        assert_true(err == 0 || err == -ENOENT);
        assert_true(err < 0 || (is_safe(&buf) && !strchr(buf.data, '/')));
    }
    adl_buf_finish(&buf);
    adl_buf_finish(&numbered);
}

TEST_SUITE(name)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_templates_expand),
        cmocka_unit_test(test_bad_templates_are_refused_with_a_reason),
        cmocka_unit_test(test_last_segment_names_the_file),
        cmocka_unit_test(test_path_keeps_the_folders_of_the_url_only),
        cmocka_unit_test(test_hostile_host_makes_no_folder),
        cmocka_unit_test(test_parts_cannot_join_to_a_control),
        cmocka_unit_test(test_bytes_are_made_safe),
        cmocka_unit_test(test_long_component_is_cut_before_its_extension),
        cmocka_unit_test(test_cut_keeps_characters_whole),
        cmocka_unit_test(test_names_that_differ_late_stay_apart),
        cmocka_unit_test(test_safe_path_stays_as_it_is),
        cmocka_unit_test(test_numbers_stand_at_the_end),
        cmocka_unit_test(test_disposition_gives_a_safe_name),
        cmocka_unit_test(test_no_hostile_input_gets_through),
    };

    return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
