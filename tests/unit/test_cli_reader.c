/* SPDX-License-Identifier: MIT */
#include "cli/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/loop.h"
#include "support/suite.h"

/* A reader, and what came of it. */
struct probe {
    struct adl_reader reader;
    struct adl_sources sources;
    struct adl_source source;
    struct adl_buf log; /* a word an entry */
    size_t n_entries;
    size_t n_more;    /* to want when n_entries came */
    int writer;       /* other end of a pipe, or -1 */
    const char *next; /* to write into it when an entry came */
    int end_err;
    bool is_ended;
};

static bool on_entry(const struct adl_entry *entry,
                     const struct adl_place *place, void *data)
{
    struct probe *p = data;

    (void)place;
    p->n_entries++;
    assert_int_equal(adl_buf_addf(&p->log, "%s%s%s ", entry->urls.items[0],
                                  entry->out != NULL ? ">" : "",
                                  entry->out != NULL ? entry->out : ""),
                     0);
    if (p->next != NULL) {
        ssize_t len = (ssize_t)strlen(p->next);

        assert_int_equal(write(p->writer, p->next, (size_t)len), len);
        p->next = NULL;
    } else if (p->writer >= 0) {
        assert_int_equal(close(p->writer), 0);
        p->writer = -1;
    }
    return true;
}

static void on_closed(void *data)
{
    (void)data;
}

static void on_end(int err, const char *source, void *data)
{
    struct probe *p = data;

    (void)source;
    p->end_err = err;
    p->is_ended = true;
    adl_reader_close(&p->reader, on_closed);
}

static void on_bad(const struct adl_place *place, const char *why, void *data)
{
    struct probe *p = data;

    (void)why;
    assert_int_equal(adl_buf_addf(&p->log, "bad:%u ", (unsigned)place->line),
                     0);
}

static void on_unknown(const struct adl_place *place, const char *name,
                       void *data)
{
    (void)place;
    (void)name;
    (void)data;
}

static void open_probe(struct probe *p, uv_loop_t *loop)
{
    p->writer = -1;
    if (p->sources.n == 0) {
        p->source.name = "f";
        p->sources = (struct adl_sources){.items = &p->source, .n = 1};
    }
    const struct adl_reader_options options = {
        .sources = &p->sources,
        .on_entry = on_entry,
        .on_end = on_end,
        .list = {.on_bad = on_bad, .on_unknown = on_unknown},
        .data = p,
    };
    assert_int_equal(adl_reader_init(&p->reader, loop, &options), 0);
}

/* A file without a name that holds text. */
static int make_file(const char *text)
{
    char path[] = "/tmp/asyncdl-test-XXXXXX";
    int fd = mkstemp(path);
    ssize_t len = (ssize_t)strlen(text);

    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(write(fd, text, (size_t)len), len);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void test_a_file_is_read_to_its_end(void **state)
{
    static struct probe p;

    p = (struct probe){.source = {.kind = ADL_SOURCE_FILE}};
    p.source.fd = make_file("http://a\n out=x\nrubbish\nhttp://b");
    open_probe(&p, *state);
    adl_reader_want(&p.reader, 100);
    uv_run(*state, UV_RUN_DEFAULT);

    assert_true(p.is_ended);
    assert_int_equal(p.end_err, 0);
    assert_string_equal(adl_buf_str(&p.log), "bad:3 http://a>x http://b ");
    adl_buf_finish(&p.log);
}

static void test_only_what_is_wanted_is_given_out(void **state)
{
    static struct probe p;

    p = (struct probe){.source = {.kind = ADL_SOURCE_FILE}};
    p.source.fd = make_file("http://a\nhttp://b\nhttp://c\nhttp://d\n");
    open_probe(&p, *state);
    adl_reader_want(&p.reader, 1);
    uv_run(*state, UV_RUN_DEFAULT);
    assert_int_equal(p.n_entries, 1);
    adl_reader_want(&p.reader, 2);
    uv_run(*state, UV_RUN_DEFAULT);
    assert_int_equal(p.n_entries, 3);
    assert_false(p.is_ended);
    adl_reader_want(&p.reader, 2);
    uv_run(*state, UV_RUN_DEFAULT);

    assert_int_equal(p.n_entries, 4);
    assert_true(p.is_ended);
    adl_buf_finish(&p.log);
}

static void test_a_pipe_is_acted_on_before_it_ends(void **state)
{
    static struct probe p;
    int fds[2];

    /* The second URL is written only when the first was given out, and the
     * pipe is closed only when the second was. */
    p = (struct probe){.source = {.kind = ADL_SOURCE_STDIN}};
    assert_int_equal(pipe(fds), 0);
    p.source.fd = fds[0];
    open_probe(&p, *state);
    p.writer = fds[1];
    p.next = "http://b\n out=y\n";
    assert_int_equal(write(fds[1], "http://a\n out=x\n", 16), 16);
    adl_reader_want(&p.reader, 100);
    uv_run(*state, UV_RUN_DEFAULT);

    assert_true(p.is_ended);
    assert_string_equal(adl_buf_str(&p.log), "http://a>x http://b>y ");
    adl_buf_finish(&p.log);
}

static void test_sources_follow_each_other(void **state)
{
    static struct probe p;
    static struct adl_source sources[3];

    sources[0] = (struct adl_source){
        .kind = ADL_SOURCE_URL, .text = "http://a", .name = "arg", .fd = -1};
    sources[1] = (struct adl_source){.kind = ADL_SOURCE_FILE, .name = "f"};
    sources[1].fd = make_file("http://b");
    sources[2] = (struct adl_source){.kind = ADL_SOURCE_URL,
                                     .text = "http://c",
                                     .name = "arg",
                                     .position = 3,
                                     .fd = -1};
    p = (struct probe){.sources = {.items = sources, .n = 3}};
    open_probe(&p, *state);
    adl_reader_want(&p.reader, 100);
    uv_run(*state, UV_RUN_DEFAULT);

    assert_true(p.is_ended);
    assert_string_equal(adl_buf_str(&p.log), "http://a http://b http://c ");
    adl_buf_finish(&p.log);
}

static void test_a_list_that_is_gone_ends_it_with_its_error(void **state)
{
    static struct probe p;

    p = (struct probe){.source = {.kind = ADL_SOURCE_FILE,
                                  .text = "/does/not/exist",
                                  .fd = -1}};
    open_probe(&p, *state);
    adl_reader_want(&p.reader, 1);
    uv_run(*state, UV_RUN_DEFAULT);

    assert_true(p.is_ended);
    assert_int_equal(p.end_err, -ENOENT);
    adl_buf_finish(&p.log);
}

static void test_closing_works_while_a_read_is_under_way(void **state)
{
    static struct probe p;

    for (int is_file = 0; is_file < 2; is_file++) {
        int fds[2] = {-1, -1};

        p = (struct probe){.source = {.kind = ADL_SOURCE_STDIN}};
        if (is_file == 0) {
            assert_int_equal(pipe(fds), 0);
        }
        p.source.fd = is_file ? make_file("http://a\n") : fds[0];
        open_probe(&p, *state);
        adl_reader_want(&p.reader, 1);
        adl_reader_close(&p.reader, on_closed);
        uv_run(*state, UV_RUN_DEFAULT);

        assert_int_equal(p.n_entries, 0);
        assert_false(p.is_ended);
        if (fds[1] >= 0) {
            assert_int_equal(close(fds[1]), 0);
        }
        adl_buf_finish(&p.log);
    }
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, loop_setup, loop_teardown)

TEST_SUITE(cli_reader)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_file_is_read_to_its_end),
        TEST(test_only_what_is_wanted_is_given_out),
        TEST(test_a_pipe_is_acted_on_before_it_ends),
        TEST(test_sources_follow_each_other),
        TEST(test_a_list_that_is_gone_ends_it_with_its_error),
        TEST(test_closing_works_while_a_read_is_under_way),
    };

    return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
