/* SPDX-License-Identifier: MIT */
/* asyncdl-compare runs every way for real, and finds what comes out wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "support/effort.h"
#include "support/proc.h"
#include "support/server.h"
#include "support/suite.h"
#include "support/tmpdir.h"

#define MAX_ARGS 24

/* Enough for every topic to have something to do, and to be over soon. */
static const char list[] = "https://www.jython.org\n"
                           "http://olympus.realpython.org/dice\n"
                           "https://a.example/bytes/5000\n"
                           "http://b.example/bytes/300?x=1\n"
                           "https://www.jython.org\n"
                           "http://olympus.realpython.org/dice\n";

#define N_URLS  6
#define N_BYTES (2 * 10490 + 2 * 278 + 5000 + 300)

/* Run the demo on that list, with the build's site, once each. */
static void run(struct proc_result *result, struct tmpdir *dir,
                const char *const *args)
{
    char tmp[300];
    const char *const env[] = {tmp, NULL};
    const char *argv[MAX_ARGS] = {
        server_get_program("ASYNCDL_COMPARE"),
        "--site",
        server_get_program("ASYNCDL_SITE"),
        "--latency=2",
        "--rounds=1",
        "--scale=1",
        "--sweep=2",
        "--list",
        tmpdir_get_path(dir, "list.txt"),
    };
    size_t n = 9;

    assert_int_equal(tmpdir_write(dir, "list.txt", list, sizeof(list) - 1), 0);
    (void)snprintf(tmp, sizeof(tmp), "TMPDIR=%s", dir->path);
    for (size_t i = 0; args[i] != NULL; i++) {
        argv[n++] = args[i];
    }
    argv[n] = NULL;
    assert_int_equal(
        proc_run(result, &(struct proc_options){.argv = argv, .env = env}), 0);
}

static void run_well(struct proc_result *result, struct tmpdir *dir,
                     const char *const *args)
{
    run(result, dir, args);
    if (result->status != 0) {
        print_error("%s\n%s", adl_buf_str(&result->out),
                    adl_buf_str(&result->err));
    }
    assert_int_equal(result->status, 0);
}

static json_t *find(json_t *array, const char *key, const char *value)
{
    size_t i;
    json_t *item;

    json_array_foreach(array, i, item)
    {
        const char *is = json_string_value(json_object_get(item, key));

        if (is != NULL && strcmp(is, value) == 0) {
            return item;
        }
    }
    fail_msg("no %s is %s", key, value);
    return NULL;
}

static void check_way(json_t *topic, const char *key, json_int_t n_items,
                      json_int_t n_bytes)
{
    json_t *way = find(json_object_get(topic, "ways"), "way", key);

    assert_true(json_is_null(json_object_get(way, "error")));
    assert_true(json_real_value(json_object_get(way, "seconds")) > 0);
    assert_true(json_real_value(json_object_get(way, "cpu_seconds")) > 0);
    assert_true(json_integer_value(json_object_get(way, "peak_bytes")) > 0);
    assert_true(json_integer_value(json_object_get(way, "threads")) > 0);
    assert_int_equal(json_integer_value(json_object_get(way, "items")),
                     n_items);
    assert_int_equal(json_integer_value(json_object_get(way, "bytes")),
                     n_bytes);
}

static json_t *check_topic(json_t *root, const char *name)
{
    json_t *topic = find(json_object_get(root, "topics"), "topic", name);
    const char *verdict = json_string_value(json_object_get(topic, "verdict"));

    assert_non_null(verdict);
    assert_true(strlen(verdict) > 20);
    return topic;
}

static void test_all_ways_do_all_of_the_work(void **state)
{
    static const char *const io[] = {"synchronous", "threads", "async",
                                     "processes"};
    static const char *const cpu[] = {"plain", "loop", "threads", "processes"};
    static const char *const both[] = {"synchronous", "loop", "threads",
                                       "processes"};
    static const char *const hold[] = {"at-once", "pieces", "thread"};
    const char *const args[] = {"io", "cpu", "both", "hold", "--json=-", NULL};
    struct tmpdir dir;
    struct proc_result result = {0};
    json_error_t error;

    (void)state;
    assert_int_equal(tmpdir_init(&dir), 0);
    run_well(&result, &dir, args);

    json_t *root = json_loads(adl_buf_str(&result.out), 0, &error);

    assert_non_null(root);
    for (size_t i = 0; i < 4; i++) {
        check_way(check_topic(root, "io"), io[i], N_URLS, N_BYTES);
        check_way(check_topic(root, "cpu"), cpu[i], 20, 0);
        check_way(check_topic(root, "both"), both[i], N_URLS, N_BYTES);
    }
    for (size_t i = 0; i < 3; i++) {
        check_way(check_topic(root, "hold"), hold[i], 100, 0);
    }
    json_decref(root);
    assert_non_null(strstr(adl_buf_str(&result.err), "author's own"));
    assert_non_null(strstr(adl_buf_str(&result.err), "14.29 s"));
    proc_result_finish(&result);
    tmpdir_finish(&dir);
}

static void check_holder(json_t *root, const char *topic, const char *way,
                         const char *name)
{
    json_t *ways = json_object_get(check_topic(root, topic), "ways");
    json_t *held_by = json_object_get(find(ways, "way", way), "held_by");

    assert_string_equal(json_string_value(held_by), name);
}

/* Who holds it must do so for longer than a busy machine does. */
static void test_what_holds_the_loop_is_named(void **state)
{
    const struct {
        const char *topic, *scale, *way, *name;
    } cases[] = {
        {"hold", effort(1, 0) ? "--scale=40" : "--scale=10", "at-once", "work"},
        {"cpu", "--scale=5", "loop", "sums of squares"},
    };
    struct tmpdir dir;
    struct proc_result result = {0};
    json_error_t error;

    (void)state;
    assert_int_equal(tmpdir_init(&dir), 0);
    for (size_t i = 0; i < 2; i++) {
        const char *const args[] = {cases[i].topic, cases[i].scale, "--json=-",
                                    NULL};

        run_well(&result, &dir, args);
        json_t *root = json_loads(adl_buf_str(&result.out), 0, &error);
        assert_non_null(root);
        check_holder(root, cases[i].topic, cases[i].way, cases[i].name);
        json_decref(root);
        proc_result_finish(&result);
    }
    tmpdir_finish(&dir);
}

static void test_the_sweep_names_a_number(void **state)
{
    const char *const args[] = {"sweep", "--csv=-", NULL};
    struct tmpdir dir;
    struct proc_result result = {0};

    (void)state;
    assert_int_equal(tmpdir_init(&dir), 0);
    run_well(&result, &dir, args);

    assert_non_null(strstr(adl_buf_str(&result.err), "one worker a CPU"));
    assert_non_null(
        strstr(adl_buf_str(&result.out), "\nsweep,io-threads-2,2,"));
    assert_non_null(
        strstr(adl_buf_str(&result.out), "\nsweep,cpu-processes-1,1,"));
    proc_result_finish(&result);
    tmpdir_finish(&dir);
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;

    for (; (text = strstr(text, what)) != NULL; text++) {
        n++;
    }
    return n;
}

static void test_downloads_are_told_with_the_helper_that_did_them(void **state)
{
    const char *const args[] = {"io", "-v", NULL};
    struct tmpdir dir;
    struct proc_result result = {0};

    (void)state;
    assert_int_equal(tmpdir_init(&dir), 0);
    run_well(&result, &dir, args);

    const char *out = adl_buf_str(&result.out);

    assert_int_equal(count(out, "Read 10490 from https://www.jython.org\n"), 8);
    assert_int_equal(count(out, "Read 300 from http://b.example/bytes/300?x=1"),
                     4);
    assert_int_equal(count(out, "\nworker-"), N_URLS);
    proc_result_finish(&result);
    tmpdir_finish(&dir);
}

static void test_pictures_are_written(void **state)
{
    struct tmpdir dir;
    struct proc_result result = {0};
    struct adl_buf text = {0};
    json_error_t error;

    (void)state;
    assert_int_equal(tmpdir_init(&dir), 0);
    const char *const args[] = {"io",       "--diagram",
                                "--report", tmpdir_get_path(&dir, "r.html"),
                                "--trace",  tmpdir_get_path(&dir, "t.json"),
                                "--svg",    tmpdir_get_path(&dir, "d.svg"),
                                NULL};

    run_well(&result, &dir, args);
    assert_non_null(strstr(adl_buf_str(&result.out), "task 1"));

    assert_int_equal(tmpdir_read(&text, &dir, "r.html"), 0);
    assert_non_null(strstr(adl_buf_str(&text), "Waiting: I/O-bound"));
    assert_non_null(strstr(adl_buf_str(&text), "14.29 s"));
    assert_non_null(strstr(adl_buf_str(&text), "<svg"));
    adl_buf_reset(&text);

    assert_int_equal(tmpdir_read(&text, &dir, "d-io-async.svg"), 0);
    assert_non_null(strstr(adl_buf_str(&text), "<svg"));
    adl_buf_reset(&text);

    assert_int_equal(tmpdir_read(&text, &dir, "t.json"), 0);
    json_t *trace = json_loads(adl_buf_str(&text), 0, &error);

    assert_non_null(trace);
    json_decref(trace);
    adl_buf_finish(&text);
    proc_result_finish(&result);
    tmpdir_finish(&dir);
}

static void test_what_comes_out_wrong_fails_the_demo(void **state)
{
    static const struct {
        const char *args[3];
        const char *said;
    } cases[] = {
        {{"io", "--fault=bytes"},
         "wrong bytes: https://www.jython.org has "
         "10489, not 10490"},
        {{"io", "--fault=hash"}, "wrong bytes: 26836 in 6 bodies"},
        {{"cpu", "--fault=sum"},
         "wrong sum: up to 5000000 it is "
         "41666654166667500000, not "
         "41666654166667500001"},
        {{"both", "--fault=hash"}, "wrong bytes"},
    };
    struct tmpdir dir;

    (void)state;
    assert_int_equal(tmpdir_init(&dir), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct proc_result result = {0};
        const char *args[] = {cases[i].args[0], cases[i].args[1], "--csv=-",
                              NULL};

        run(&result, &dir, args);
        assert_int_equal(result.status, 1);
        assert_non_null(strstr(adl_buf_str(&result.out), cases[i].said));
        assert_non_null(
            strstr(adl_buf_str(&result.err), "not all of it went well"));
        proc_result_finish(&result);
    }
    tmpdir_finish(&dir);
}

static void test_a_body_that_cannot_be_had_fails_its_way(void **state)
{
    struct tmpdir dir;
    struct proc_result result = {0};

    (void)state;
    assert_int_equal(tmpdir_init(&dir), 0);
    assert_int_equal(
        tmpdir_write(&dir, "bad.txt", "http://a.example/status/404\n", 28), 0);
    const char *const args[] = {"io", "--list",
                                tmpdir_get_path(&dir, "bad.txt"), NULL};

    run(&result, &dir, args);
    assert_int_equal(result.status, 1);
    assert_non_null(strstr(adl_buf_str(&result.out), "HTTP status 404"));
    proc_result_finish(&result);
    tmpdir_finish(&dir);
}

static void test_nothing_is_left_behind(void **state)
{
    const char *const args[] = {"io", "--python", NULL};
    struct tmpdir dir;
    struct proc_result result = {0};
    struct tmpdir_files files;

    (void)state;
    assert_int_equal(tmpdir_init(&dir), 0);
    run_well(&result, &dir, args);

    assert_int_equal(tmpdir_list(&files, &dir, ""), 0);
    assert_int_equal(files.n, 1); /* the list */
    tmpdir_files_finish(&files);
    proc_result_finish(&result);
    tmpdir_finish(&dir);
}

static void test_python_that_is_not_there_is_no_failure(void **state)
{
    struct tmpdir dir;
    struct proc_result result = {0};

    (void)state;
    assert_int_equal(tmpdir_init(&dir), 0);
    const char *const args[] = {"io", "--python", "--python-dir",
                                tmpdir_get_path(&dir, "none"), NULL};

    run_well(&result, &dir, args);
    assert_non_null(strstr(adl_buf_str(&result.out),
                           "Python: aiohttp: its program is not here"));
    proc_result_finish(&result);
    tmpdir_finish(&dir);
}

static void test_a_site_that_does_not_start_is_told(void **state)
{
    const char *argv[] = {server_get_program("ASYNCDL_COMPARE"), "io", "--site",
                          "/bin/false", NULL};
    struct proc_result result = {0};

    (void)state;
    assert_int_equal(proc_run(&result, &(struct proc_options){.argv = argv}),
                     0);
    assert_int_equal(result.status, 1);
    assert_non_null(strstr(adl_buf_str(&result.err),
                           "cannot start the site, /bin/false: it ended at "
                           "once (--site PROGRAM"));
    proc_result_finish(&result);
}

static void test_usage_is_told(void **state)
{
    static const struct {
        const char *args[2];
        int status;
        const char *said;
    } cases[] = {
        {{"--help"}, 0, "usage: asyncdl-compare"},
        {{"--list=/"}, 2, "/: Is a directory"},
        {{"--list=/dev/null"}, 2, "/dev/null: no URL in it"},
        {{"--json", "--csv"}, 2, "--json: needs a value, and '--csv' is none"},
        {{"--report=/"}, 2, "/: Is a directory"},
        {{"--csv=/none/x"}, 2, "/none/x: No such file or directory"},
        {{"--trace=/none/x"}, 2, "/none/x: No such file or directory"},
        {{"--svg=/none/x"}, 2, "/none/x: No such file or directory"},
        {{"--rounds=x"}, 2, "--rounds: bad value 'x': a number from 1 to 99"},
        {{"--list=/none"}, 2, "/none: No such file"},
        {{"--run-way"}, 2, "unknown option '--run-way'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct proc_result result = {0};
        const char *argv[] = {server_get_program("ASYNCDL_COMPARE"),
                              cases[i].args[0], cases[i].args[1], NULL};

        assert_int_equal(
            proc_run(&result, &(struct proc_options){.argv = argv}), 0);
        assert_int_equal(result.status, cases[i].status);
        assert_non_null(strstr(
            adl_buf_str(cases[i].status == 0 ? &result.out : &result.err),
            cases[i].said));
        proc_result_finish(&result);
    }
}

TEST_SUITE(compare)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_ways_do_all_of_the_work),
        cmocka_unit_test(test_what_holds_the_loop_is_named),
        cmocka_unit_test(test_the_sweep_names_a_number),
        cmocka_unit_test(test_downloads_are_told_with_the_helper_that_did_them),
        cmocka_unit_test(test_pictures_are_written),
        cmocka_unit_test(test_what_comes_out_wrong_fails_the_demo),
        cmocka_unit_test(test_a_body_that_cannot_be_had_fails_its_way),
        cmocka_unit_test(test_nothing_is_left_behind),
        cmocka_unit_test(test_python_that_is_not_there_is_no_failure),
        cmocka_unit_test(test_a_site_that_does_not_start_is_told),
        cmocka_unit_test(test_usage_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
