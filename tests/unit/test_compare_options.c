/* SPDX-License-Identifier: MIT */
#include "compare/options.h"

#include <string.h>

#include "support/loop.h"
#include "support/suite.h"

#define MAX_ARGS 6

static int parse(struct options *out, char *text, size_t cap,
                 const char *const *args)
{
    char *argv[MAX_ARGS + 1] = {(char *)"asyncdl-compare"};
    int argc = 1;

    for (; args[argc - 1] != NULL; argc++) {
        argv[argc] = (char *)args[argc - 1];
    }
    return options_parse(out, argc, argv, text, cap);
}

static void test_without_arguments_all_topics_run(void **state)
{
    const char *const args[] = {NULL};
    struct options o;
    char text[200];

    (void)state;
    assert_int_equal(parse(&o, text, sizeof(text), args), 0);

    for (int i = 0; i < N_TOPICS; i++) {
        assert_true(o.topics[i]);
    }
    assert_int_equal(o.n_rounds, 3);
    assert_false(o.has_rounds);
    assert_int_equal(o.n_threads, 5);
    assert_int_equal(o.sweep_max, 16);
    assert_int_equal(o.latency_ms, 50);
}

static void test_named_topics_run_alone(void **state)
{
    const char *const args[] = {"cpu", "hold", NULL};
    struct options o;
    char text[200];

    (void)state;
    assert_int_equal(parse(&o, text, sizeof(text), args), 0);

    assert_true(o.topics[TOPIC_CPU]);
    assert_true(o.topics[TOPIC_HOLD]);
    assert_false(o.topics[TOPIC_IO]);
    assert_false(o.topics[TOPIC_SWEEP]);
}

static void test_values_stand_behind_or_after_an_equals_sign(void **state)
{
    const char *const args[] = {"--rounds",      "7",  "--scale=3",
                                "--json=x.json", "-v", NULL};
    struct options o;
    char text[200];

    (void)state;
    assert_int_equal(parse(&o, text, sizeof(text), args), 0);

    assert_int_equal(o.n_rounds, 7);
    assert_true(o.has_rounds);
    assert_int_equal(o.scale, 3);
    assert_string_equal(o.json, "x.json");
    assert_true(o.is_verbose);
}

static void test_a_bad_option_is_told_with_what_is_allowed(void **state)
{
    static const struct {
        const char *args[3];
        const char *text;
    } cases[] = {
        {{"--rounds", "0"}, "--rounds: bad value '0': a number from 1 to 99"},
        {{"--rounds", "x"}, "--rounds: bad value 'x': a number from 1 to 99"},
        {{"--rounds", "-1"}, "--rounds: bad value '-1': a number from 1 to 99"},
        {{"--rounds", "3s"}, "--rounds: bad value '3s': a number from 1 to 99"},
        {{"--threads=999"},
         "--threads: bad value '999': a number from 1 to 128"},
        {{"--sweep="}, "--sweep: bad value '': a number from 1 to 64"},
        {{"--scale"}, "--scale: needs a value"},
        {{"--json="}, "--json: bad value '': a path"},
        {{"--online=yes"}, "--online takes no value"},
        {{"--fault", "x"}, "--fault: bad value 'x': bytes, sum or hash"},
        {{"--speed"}, "unknown option '--speed' (see --help)"},
        {{"-x"}, "unknown option '-x' (see --help)"},
        {{"--"}, "unknown option '--' (see --help)"},
        {{"gpu"},
         "unknown topic 'gpu': io, cpu, both, hold, sweep, busy, "
         "primes, search, lock or count"},
        {{"--online", "--site=x"}, "--site does nothing with --online"},
        {{"--json=-", "--csv=-"}, "--json - and --csv -: only one of them"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct options o;
        char text[200] = "";

        assert_true(parse(&o, text, sizeof(text), cases[i].args) < 0);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_help_names_every_topic(void **state)
{
    (void)state;
    for (int i = 0; i < N_TOPICS; i++) {
        assert_non_null(
            strstr(options_get_help(), options_topic((enum topic)i)));
    }
}

TEST_SUITE(compare_options)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_arguments_all_topics_run),
        cmocka_unit_test(test_named_topics_run_alone),
        cmocka_unit_test(test_values_stand_behind_or_after_an_equals_sign),
        cmocka_unit_test(test_a_bad_option_is_told_with_what_is_allowed),
        cmocka_unit_test(test_help_names_every_topic),
    };

    return cmocka_run_group_tests_name("compare options", tests, NULL, NULL);
}
