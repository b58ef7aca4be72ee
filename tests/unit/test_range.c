/* SPDX-License-Identifier: MIT */
#include "fetch/range.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "support/suite.h"

#define N_OF(array) (sizeof(array) / sizeof(*(array)))

#define DATE       "Sun, 06 Nov 1994 08:49:37 GMT"
#define OTHER_DATE "Sun, 06 Nov 1994 08:49:38 GMT"

static void test_content_range_is_read(void **state)
{
    static const struct {
        const char *text;
        uint64_t first;
        uint64_t last;
        bool has_size;
        uint64_t size;
        bool is_unsatisfied;
    } cases[] = {
        {"bytes 5-9/10", 5, 9, true, 10, false},
        {"bytes 0-0/1", 0, 0, true, 1, false},
        {"bytes 5-9/*", 5, 9, false, 0, false},
        {"bytes */10", 0, 0, true, 10, true},
        {"bytes */0", 0, 0, true, 0, true},
        {"BYTES 5-9/10", 5, 9, true, 10, false},
        {"Bytes\t 5 - 9 / 10 ", 5, 9, true, 10, false},
        {"  bytes 005-09/0010", 5, 9, true, 10, false},
        {"bytes 18446744073709551613-18446744073709551614/"
         "18446744073709551615",
         UINT64_MAX - 2, UINT64_MAX - 1, true, UINT64_MAX, false},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct adl_range_answer answer = {
            .validator = {.has_size = true, .size = 77},
        };
        adl_range_parse(&answer, cases[i].text, strlen(cases[i].text));

        if (!answer.has_content_range || !answer.content_range_is_valid ||
            answer.first != cases[i].first || answer.last != cases[i].last ||
            answer.validator.has_size != cases[i].has_size ||
            answer.validator.size != cases[i].size ||
            answer.is_unsatisfied != cases[i].is_unsatisfied) {
            fail_msg("\"%s\" is not read", cases[i].text);
        }
    }
}

static void test_what_is_no_content_range_is_not_valid(void **state)
{
    static const char *const cases[] = {
        "",
        "bytes",
        "bytes ",
        "bytes 5",
        "bytes 5-",
        "bytes 5-9",
        "bytes 5-9/",
        "bytes -9/10",
        "bytes 5-/10",
        "bytes /10",
        "bytes */*",
        "bytes */",
        "bytes *",
        "bytes *-9/10",
        "bytes 9-5/10",
        "bytes 5-10/10",
        "bytes 0-0/0",
        "bytes 5-9/10x",
        "bytes 5-9/10, 1-2/10",
        "bytes 5-9/**",
        "bytes +5-9/10",
        "bytes 5--9/10",
        "bytes 0x5-9/10",
        "bytes 5.0-9/10",
        "bytes=5-9/10",
        "bytes5-9/10",
        "octets 5-9/10",
        "5-9/10",
        "bytes 18446744073709551616-18446744073709551617/*",
        "bytes 0-9/18446744073709551616",
        "bytes 0-99999999999999999999999/*",
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct adl_range_answer answer = {0};
        adl_range_parse(&answer, cases[i], strlen(cases[i]));

        if (!answer.has_content_range || answer.content_range_is_valid ||
            answer.validator.has_size) {
            fail_msg("\"%s\" is taken for valid", cases[i]);
        }
    }
}

static void test_length_given_is_the_length_read(void **state)
{
    struct adl_range_answer answer = {0};

    (void)state;
    adl_range_parse(&answer, "bytes 5-9/10999", 12);
    assert_true(answer.content_range_is_valid);
    assert_int_equal(answer.validator.size, 10);
}

static void test_second_content_range_makes_both_invalid(void **state)
{
    struct adl_range_answer answer = {0};

    (void)state;
    adl_range_parse(&answer, "bytes 5-9/10", 12);
    adl_range_parse(&answer, "bytes 5-9/10", 12);
    assert_false(answer.content_range_is_valid);
}

static void test_if_range_is_a_strong_etag_or_the_date(void **state)
{
    static const struct {
        const char *etag;
        const char *last_modified;
        const char *if_range; /* NULL: none */
    } cases[] = {
        {"\"a\"", "", "\"a\""},
        {"\"\"", "", "\"\""},
        {"\"a\"", DATE, "\"a\""},
        {"", DATE, DATE},
        {"", "", NULL},
        {"W/\"a\"", "", NULL},
        {"W/\"a\"", DATE, DATE},
        {"w/\"a\"", DATE, DATE},
        {"a", "", NULL},
        {"\"", "", NULL},
        {"\"a", DATE, DATE},
        {"a\"", "", NULL},
        {"\"a\"b\"", "", NULL},
        {"\"a\r\nX: y\"", "", NULL},
        {"", "Sun\r\nX: y", NULL},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct adl_validator validator = {0};
        memcpy(validator.etag, cases[i].etag, strlen(cases[i].etag));
        memcpy(validator.last_modified, cases[i].last_modified,
               strlen(cases[i].last_modified));

        const char *if_range = adl_range_if_range(&validator);
        if ((if_range == NULL) != (cases[i].if_range == NULL) ||
            (if_range != NULL && strcmp(if_range, cases[i].if_range) != 0)) {
            fail_msg("case %zu gives %s", i,
                     if_range != NULL ? if_range : "none");
        }
    }
}

static void test_only_what_can_be_confirmed_is_kept(void **state)
{
    static const struct {
        struct adl_range_answer answer;
        bool can_resume;
    } cases[] = {
        {{.status = 200, .validator = {.etag = "\"a\""}}, true},
        {{.status = 206, .validator = {.etag = "\"a\""}}, true},
        {{.status = 200, .validator = {.last_modified = DATE}}, true},
        {{.status = 200}, false},
        {{.status = 200, .validator = {.size = 9, .has_size = true}}, false},
        {{.status = 200, .validator = {.etag = "W/\"a\""}}, false},
        {{.status = 200,
          .validator = {.etag = "W/\"a\"", .last_modified = DATE}},
         true},
        {{.status = 200, .validator = {.etag = "\"a\""}, .is_encoded = true},
         false},
        {{.status = 200,
          .validator = {.etag = "\"a\""},
          .refuses_ranges = true},
         false},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        if (adl_range_can_resume(&cases[i].answer) != cases[i].can_resume) {
            fail_msg("case %zu", i);
        }
    }
}

/* tag and date are literals: arrays take them without parentheses only. */
#define KNOWN(tag, date, bytes)                              \
    {                                                        \
        .etag = tag, .last_modified = date, .size = (bytes), \
        .has_size = (bytes) > 0                              \
    }

/* Answers to a request for the bytes from 5 on. */
static void test_answers_to_a_range_are_judged(void **state)
{
    static const struct {
        struct adl_validator known;
        int status;
        const char *content_range; /* NULL: none */
        const char *etag;
        const char *last_modified;
        bool is_encoded;
        enum adl_range_verdict verdict;
    } cases[] = {
        {KNOWN("\"a\"", DATE, 10), 206, "bytes 5-9/10", "\"a\"", DATE, false,
         ADL_RANGE_TAKE},
        {KNOWN("\"a\"", "", 10), 206, "bytes 5-9/*", "\"a\"", "", false,
         ADL_RANGE_TAKE},
        {KNOWN("\"a\"", "", 0), 206, "bytes 5-9/10", "\"a\"", "", false,
         ADL_RANGE_TAKE},
        {KNOWN("\"a\"", "", 10), 206, "bytes 5-7/10", "\"a\"", "", false,
         ADL_RANGE_TAKE},
        {KNOWN("\"a\"", "", 0), 206, "bytes 5-9/*", "\"a\"", "", false,
         ADL_RANGE_BOTCHED},
        {KNOWN("\"a\"", DATE, 10), 206, "bytes 5-9/10", "\"a\"", "", false,
         ADL_RANGE_TAKE},
        {KNOWN("", DATE, 10), 206, "bytes 5-9/10", "", DATE, false,
         ADL_RANGE_TAKE},
        {KNOWN("", DATE, 10), 206, "bytes 5-9/10", "", "", false,
         ADL_RANGE_TAKE},
        {KNOWN("\"a\"", "", 10), 206, "bytes 5-9/10", "", "", false,
         ADL_RANGE_BOTCHED},
        {KNOWN("\"a\"", DATE, 10), 206, "bytes 5-9/10", "", "", false,
         ADL_RANGE_BOTCHED},
        {KNOWN("\"a\"", DATE, 10), 206, "bytes 5-9/10", "", DATE, false,
         ADL_RANGE_BOTCHED},
        {KNOWN("W/\"a\"", DATE, 10), 206, "bytes 5-9/10", "", DATE, false,
         ADL_RANGE_BOTCHED},
        {KNOWN("W/\"a\"", DATE, 10), 206, "bytes 5-9/10", "W/\"a\"", DATE,
         false, ADL_RANGE_TAKE},
        /* Another version. */
        {KNOWN("\"a\"", DATE, 10), 206, "bytes 5-9/10", "\"b\"", DATE, false,
         ADL_RANGE_BOTCHED},
        {KNOWN("\"a\"", DATE, 10), 206, "bytes 5-9/10", "W/\"a\"", DATE, false,
         ADL_RANGE_BOTCHED},
        {KNOWN("\"a\"", DATE, 10), 206, "bytes 5-9/10", "\"a\"", OTHER_DATE,
         false, ADL_RANGE_BOTCHED},
        {KNOWN("", DATE, 10), 206, "bytes 5-9/10", "\"a\"", DATE, false,
         ADL_RANGE_BOTCHED},
        {KNOWN("\"a\"", "", 10), 206, "bytes 5-10/11", "\"a\"", "", false,
         ADL_RANGE_BOTCHED},
        {KNOWN("\"a\"", "", 10), 206, "bytes 5-10/*", "\"a\"", "", false,
         ADL_RANGE_BOTCHED},
        /* Nothing that could be confirmed. */
        {KNOWN("", "", 10), 206, "bytes 5-9/10", "", "", false,
         ADL_RANGE_BOTCHED},
        {KNOWN("W/\"a\"", "", 10), 206, "bytes 5-9/10", "W/\"a\"", "", false,
         ADL_RANGE_BOTCHED},
        /* Other bytes than asked for, or unknown ones. */
        {KNOWN("\"a\"", "", 10), 206, "bytes 4-9/10", "\"a\"", "", false,
         ADL_RANGE_BOTCHED},
        {KNOWN("\"a\"", "", 10), 206, "bytes 0-9/10", "\"a\"", "", false,
         ADL_RANGE_BOTCHED},
        {KNOWN("\"a\"", "", 10), 206, "bytes 6-9/10", "\"a\"", "", false,
         ADL_RANGE_BOTCHED},
        {KNOWN("\"a\"", "", 10), 206, "bytes */10", "\"a\"", "", false,
         ADL_RANGE_BOTCHED},
        {KNOWN("\"a\"", "", 10), 206, "bytes 5-9", "\"a\"", "", false,
         ADL_RANGE_BOTCHED},
        {KNOWN("\"a\"", "", 10), 206, NULL, "\"a\"", "", false,
         ADL_RANGE_BOTCHED}, /* multipart/byteranges */
        {KNOWN("\"a\"", "", 10), 206, "bytes 5-9/10", "\"a\"", "", true,
         ADL_RANGE_BOTCHED},
        /* The whole. */
        {KNOWN("\"a\"", "", 10), 200, NULL, "\"b\"", "", false,
         ADL_RANGE_RESTART},
        {KNOWN("\"a\"", "", 10), 200, NULL, "\"a\"", "", true,
         ADL_RANGE_RESTART},
        {KNOWN("", "", 0), 200, NULL, "", "", false, ADL_RANGE_RESTART},
        /* Nothing behind what we have. */
        {KNOWN("\"a\"", "", 5), 416, "bytes */5", "\"a\"", "", false,
         ADL_RANGE_COMPLETE},
        {KNOWN("\"a\"", "", 0), 416, "bytes */5", "", "", false,
         ADL_RANGE_COMPLETE},
        {KNOWN("\"a\"", DATE, 0), 416, "bytes */5", "", DATE, false,
         ADL_RANGE_COMPLETE},
        {KNOWN("\"a\"", "", 10), 416, "bytes */5", "\"a\"", "", false,
         ADL_RANGE_BOTCHED},
        {KNOWN("\"a\"", "", 0), 416, "bytes */4", "\"a\"", "", false,
         ADL_RANGE_BOTCHED},
        {KNOWN("\"a\"", "", 0), 416, "bytes */6", "\"a\"", "", false,
         ADL_RANGE_BOTCHED},
        {KNOWN("\"a\"", "", 5), 416, "bytes */5", "\"b\"", "", false,
         ADL_RANGE_BOTCHED},
        {KNOWN("\"a\"", DATE, 5), 416, "bytes */5", "", OTHER_DATE, false,
         ADL_RANGE_BOTCHED},
        {KNOWN("\"a\"", "", 5), 416, "bytes 0-4/5", "\"a\"", "", false,
         ADL_RANGE_BOTCHED},
        {KNOWN("\"a\"", "", 5), 416, NULL, "\"a\"", "", false,
         ADL_RANGE_BOTCHED},
        {KNOWN("", "", 5), 416, "bytes */5", "", "", false, ADL_RANGE_BOTCHED},
        /* Of another source: the size decides. */
        {{.size = 10, .has_size = true, .is_any = true},
         206,
         "bytes 5-9/10",
         "\"b\"",
         DATE,
         false,
         ADL_RANGE_TAKE},
        {{.size = 10, .has_size = true, .is_any = true},
         206,
         "bytes 5-9/*",
         "",
         "",
         false,
         ADL_RANGE_TAKE},
        {{.is_any = true}, 206, "bytes 5-9/10", "", "", false, ADL_RANGE_TAKE},
        {{.size = 10, .has_size = true, .is_any = true},
         206,
         "bytes 5-9/11",
         "",
         "",
         false,
         ADL_RANGE_BOTCHED},
        {{.size = 10, .has_size = true, .is_any = true},
         206,
         "bytes 4-9/10",
         "",
         "",
         false,
         ADL_RANGE_BOTCHED},
        {{.size = 10, .has_size = true, .is_any = true},
         206,
         "bytes 5-9/10",
         "",
         "",
         true,
         ADL_RANGE_BOTCHED},
        {{.size = 10, .has_size = true, .is_any = true},
         200,
         NULL,
         "\"b\"",
         "",
         false,
         ADL_RANGE_RESTART},
        {{.size = 5, .has_size = true, .is_any = true},
         416,
         "bytes */5",
         "",
         "",
         false,
         ADL_RANGE_COMPLETE},
        /* No answer to a range at all. */
        {KNOWN("\"a\"", "", 10), 203, NULL, "\"a\"", "", false,
         ADL_RANGE_BOTCHED},
        {KNOWN("\"a\"", "", 10), 204, NULL, "\"a\"", "", false,
         ADL_RANGE_BOTCHED},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct adl_range_answer answer = {
            .status = cases[i].status,
            .is_encoded = cases[i].is_encoded,
        };
        memcpy(answer.validator.etag, cases[i].etag, strlen(cases[i].etag));
        memcpy(answer.validator.last_modified, cases[i].last_modified,
               strlen(cases[i].last_modified));
        if (cases[i].content_range != NULL) {
            adl_range_parse(&answer, cases[i].content_range,
                            strlen(cases[i].content_range));
        }

        enum adl_range_verdict verdict =
            adl_range_judge(&cases[i].known, 5, &answer);
        if (verdict != cases[i].verdict) {
            fail_msg("case %zu: verdict %d", i, (int)verdict);
        }
    }
}

/* Of a part that began at 5. */
static void test_ends_of_a_part_are_judged(void **state)
{
    static const struct {
        struct adl_validator known;
        const char *content_range;
        uint64_t size;
        enum adl_range_end end;
    } cases[] = {
        {KNOWN("", "", 10), "bytes 5-9/10", 10, ADL_RANGE_END_WHOLE},
        {KNOWN("", "", 10), "bytes 5-9/*", 10, ADL_RANGE_END_WHOLE},
        {KNOWN("", "", 0), "bytes 5-9/10", 10, ADL_RANGE_END_WHOLE},
        {KNOWN("", "", 10), "bytes 5-9/10", 9, ADL_RANGE_END_SHORT},
        {KNOWN("", "", 10), "bytes 5-9/10", 5, ADL_RANGE_END_SHORT},
        {KNOWN("", "", 10), "bytes 5-7/10", 7, ADL_RANGE_END_SHORT},
        {KNOWN("", "", 10), "bytes 5-7/10", 8, ADL_RANGE_END_MORE},
        {KNOWN("", "", 10), "bytes 5-7/*", 8, ADL_RANGE_END_MORE},
        {KNOWN("", "", 0), "bytes 5-7/10", 8, ADL_RANGE_END_MORE},
        {KNOWN("", "", 10), "bytes 5-7/10", 9, ADL_RANGE_END_OVER},
        {KNOWN("", "", 10), "bytes 5-7/10", 10, ADL_RANGE_END_OVER},
        {KNOWN("", "", 10), "bytes 5-9/10", 11, ADL_RANGE_END_OVER},
    };

    (void)state;
    for (size_t i = 0; i < N_OF(cases); i++) {
        struct adl_range_answer answer = {.status = 206};

        adl_range_parse(&answer, cases[i].content_range,
                        strlen(cases[i].content_range));
        if (adl_range_judge_end(&cases[i].known, &answer, cases[i].size) !=
            cases[i].end) {
            fail_msg("case %zu", i);
        }
    }
}

TEST_SUITE(range)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_content_range_is_read),
        cmocka_unit_test(test_what_is_no_content_range_is_not_valid),
        cmocka_unit_test(test_length_given_is_the_length_read),
        cmocka_unit_test(test_second_content_range_makes_both_invalid),
        cmocka_unit_test(test_if_range_is_a_strong_etag_or_the_date),
        cmocka_unit_test(test_only_what_can_be_confirmed_is_kept),
        cmocka_unit_test(test_answers_to_a_range_are_judged),
        cmocka_unit_test(test_ends_of_a_part_are_judged),
    };

    return cmocka_run_group_tests_name("range", tests, NULL, NULL);
}
