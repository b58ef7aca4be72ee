/* SPDX-License-Identifier: MIT */
/* URLs, lists and headers that would have files elsewhere, or under names that
 * do harm: all go to the folder, under names that do none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "support/download.h"
#include "support/suite.h"

#define CHECK(state, cases) \
    download_check(*(state), cases, sizeof(cases) / sizeof((cases)[0]))

static bool is_safe_component(const char *name, size_t len)
{
    if (len == 0 || len > 255 || name[0] == '.') {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool is_safe(const char *path)
{
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

/* n files below out/, and beside out/ only the list. */
static void check_inside(struct download *d, size_t n)
{
    struct tmpdir_files files;
    struct tmpdir_files all;

    assert_int_equal(tmpdir_list(&files, &d->cmd.dir, "out"), 0);
    assert_int_equal(files.n, n);
    for (size_t i = 0; i < n; i++) {
        const char *name = files.files[i].name;

        if (!is_safe(strncmp(name, "out/", 4) == 0 ? name + 4 : name)) {
            fail_msg("not a safe name: %s", name);
        }
    }
    assert_int_equal(tmpdir_list(&all, &d->cmd.dir, ""), 0);
    assert_int_equal(all.n, n + 1);
    tmpdir_files_finish(&all);
    tmpdir_files_finish(&files);
}

/* Each of them is a URL of 9 bytes. */
static const char *const hostile_paths[] = {
    "../../../../evil",
    "%2e%2e/%2e%2e/%2E%2e/evil",
    "..%2f..%2f..%2fevil",
    "..%5c..%5cevil",
    "a/..",
    "a/%2e%2e",
    "a/.",
    ".",
    "..",
    "...",
    "%2fetc%2fpasswd",
    "%00",
    "a%00b",
    "a%0d%0ab",
    "a%0aSet-Cookie:%20x=y",
    "%1b%5b2J",
    "%7f",
    "%c2%9b2J",
    "%e2%80%aegpj.exe",
    "%ff%fe%c0%af..%c0%afevil",
    ".asyncdl",
    ".asyncdl/x",
    ".bashrc",
    "-rf",
    "~",
    "con",
    "NUL.txt",
    "com1",
    "a:stream",
    "%20",
    "a%20",
    "a.",
    "a?name=../../evil",
    "a#../../evil",
    "a%3f%2a%22%3c%3e%7c",
};

#define N_HOSTILE (sizeof(hostile_paths) / sizeof(hostile_paths[0]))

static void add_hostile(struct adl_buf *list)
{
    for (size_t i = 0; i < N_HOSTILE; i++) {
        /* deep, so that dots in the path leave the prefix as it is */
        assert_int_equal(adl_buf_addf(list,
                                      "http://@SITE@/bytes/9/b/c/d/e/f/%s\n",
                                      hostile_paths[i]),
                         0);
    }
}

static void test_urls_stay_inside(void **state)
{
    static const char *const templates[] = {
        "{name}",      "{path}",          "{host}/{path}",
        "{stem}{ext}", "../../../{name}", "{path}/../../{name}",
    };

    for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++) {
        struct download d;
        struct adl_buf list = {0};
        char options[64];

        download_init(&d, *state);
        add_hostile(&list);
        (void)snprintf(options, sizeof(options), "-o %s", templates[i]);
        print_message("         %s\n", templates[i]);
        download_run(&d, adl_buf_str(&list), options, 0);

        check_inside(&d, N_HOSTILE);
        adl_buf_finish(&list);
        download_finish(&d);
    }
}

static void test_a_template_outside_is_refused(void **state)
{
    struct download d;

    download_init(&d, *state);
    download_run(&d, "http://@SITE@/bytes/9", "-o @DIR@/{name}", 2);

    download_need_err(&d, "asyncdl: --output @DIR@/{name}: must be a path "
                          "below --dir");
    assert_int_equal(cmd_count_files(&d.cmd), 0);
    download_finish(&d);
}

static void test_long_names_are_cut_and_stay_apart(void **state)
{
    struct download d;
    struct adl_buf list = {0};

    download_init(&d, *state);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(adl_buf_add_str(&list, "http://@SITE@/bytes/9/"), 0);
        for (int k = 0; k < 300; k++) {
            assert_int_equal(adl_buf_add_str(&list, "n"), 0);
        }
        assert_int_equal(adl_buf_addf(&list, "%d.tar.gz\n", i), 0);
    }
    download_run(&d, adl_buf_str(&list), NULL, 0);
    check_inside(&d, 2);
    download_run(&d, adl_buf_str(&list), "-o {path}/{name}/{name}", 0);
    check_inside(&d, 4);
    adl_buf_finish(&list);
    download_finish(&d);
}

static void test_names_in_lists_stay_inside(void **state)
{
    static const char list[] =
        "http://@SITE@/bytes/9\n out=../../evil\n"
        "http://@SITE@/bytes/9\n out=@DIR@/evil\n"
        "http://@SITE@/bytes/9\n out=/dev/null\n"
        "http://@SITE@/bytes/9\n out=.asyncdl/evil\n"
        "http://@SITE@/bytes/9\n dir=../..\n out=evil\n"
        "http://@SITE@/bytes/9\n dir=@DIR@\n out=evil\n"
        "{\"url\": \"http://@SITE@/bytes/9\", \"out\": \"..\"}\n"
        "{\"url\": \"http://@SITE@/bytes/9\", \"out\": \"a\\nb\\u001b[2J\"}\n";
    struct download d;

    download_init(&d, *state);
    download_run(&d, list, NULL, 0);

    check_inside(&d, 8);
    download_finish(&d);
}

static void test_names_from_servers_stay_inside(void **state)
{
    static const char list[] =
        "http://@FAULT@/disposition-parent\n"
        "http://@FAULT@/disposition-absolute\n"
        "http://@FAULT@/disposition-control\n"
        "http://@FAULT@/disposition-dots\n"
        "http://@FAULT@/disposition-own\n"
        "http://@SITE@/disposition?filename=..%2F..%2Fevil\n"
        "http://@SITE@/disposition?filename=%22..%5C..%5Cevil%22\n"
        "http://@SITE@/disposition?filename=%22%22\n"
        "http://@SITE@/disposition?filename_star=UTF-8''..%252F..%252Fevil\n"
        "http://@SITE@/disposition?filename_star=UTF-8''%252500a%250Ab\n"
        "http://@SITE@/disposition?filename_star=UTF-8''%25E2%2580%25AEx\n"
        "http://@SITE@/disposition?filename_star=none\n"
        "http://@SITE@/disposition?value=%3B%3B%3B\n";
    struct download d;

    download_init(&d, *state);
    download_run(&d, list, "-J", 0);
    check_inside(&d, 13);
    download_run(&d, list, "-J -o sub/{name}", 0);
    check_inside(&d, 26);
    download_finish(&d);
}

static void test_names_from_servers_are_taken_when_asked_for(void **state)
{
    static const struct download_case cases[] = {
        {.url = "http://@SITE@/disposition?filename=given.txt",
         .options = "-J",
         .file = "given.txt",
         .text = "ok\n"},
        {.url = "http://@SITE@/disposition?filename=given.txt",
         .file = "disposition",
         .text = "ok\n"},
        {.url = "http://@FAULT@/disposition-parent",
         .options = "-J",
         .file = "evil",
         .text = "ok"},
        {.url = "http://@FAULT@/disposition-nul",
         .options = "-J",
         .status = 1,
         .error = "answer is not valid HTTP: Nul byte in header"},
    };

    CHECK(state, cases);
}

/* What a server names may be there already: nobody's file is lost. */
static void test_a_name_from_a_server_replaces_no_file(void **state)
{
    struct download d;

    download_init(&d, *state);
    assert_int_equal(mkdir(tmpdir_get_path(&d.cmd.dir, "out"), 0755), 0);
    assert_int_equal(tmpdir_write(&d.cmd.dir, "out/evil", "mine", 4), 0);
    download_run(&d, "http://@FAULT@/disposition-parent", "-J", 0);

    download_need_text(&d, "evil", "mine");
    download_need_err(&d, "skipped: out/evil is there already");
    assert_int_equal(cmd_count_files(&d.cmd), 1);
    download_finish(&d);
}

TEST_SUITE(hostile_names)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls_stay_inside),
        cmocka_unit_test(test_a_template_outside_is_refused),
        cmocka_unit_test(test_long_names_are_cut_and_stay_apart),
        cmocka_unit_test(test_names_in_lists_stay_inside),
        cmocka_unit_test(test_names_from_servers_stay_inside),
        cmocka_unit_test(test_names_from_servers_are_taken_when_asked_for),
        cmocka_unit_test(test_a_name_from_a_server_replaces_no_file),
    };

    return cmocka_run_group_tests(tests, download_group_setup,
                                  download_group_teardown);
}
