/* SPDX-License-Identifier: MIT */
#include "pool/wire.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/suite.h"

/* Of a frame, by the offsets that wire.h gives. */
enum { AT_MAGIC = 0, AT_KIND = 4, AT_LEN = 8, AT_N = 12, AT_RECORD = 16 };
enum { AT_DATA_LEN = 24, AT_TEXT_LEN = 32, AT_FLAGS = 36, AT_PARCEL = 40 };

static int parse(const struct adl_buf *frame, size_t n_fds)
{
    struct adl_wire_frame out;

    return adl_wire_parse(&out, frame->data, frame->len, n_fds);
}

static void test_records_are_read_as_they_were_written(void **state)
{
    static const struct adl_wire_record written[] = {
        {.value = {1, 0, 64}, .data = "argument", .data_len = 8},
        {.value = {2, 3, INT64_MAX}},
        {.value = {-1, 3, 0}, .data_len = 1 << 20, .flags = ADL_WIRE_BY_FD},
        {.value = {4, 3, 5}, .data = "0123456789abcdef", .data_len = 16},
        {.value = {5}, .data_len = 1, .flags = ADL_WIRE_KEPT, .parcel = 12},
    };
    struct adl_buf buf = {0};
    struct adl_wire_frame frame;
    struct adl_wire_record read;
    size_t at = 0;

    (void)state;
    assert_int_equal(adl_wire_begin(&buf, ADL_WIRE_TASKS), 0);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(adl_wire_add(&buf, &written[i]), 0);
    }
    assert_int_equal(adl_wire_parse(&frame, buf.data, buf.len, 1), 0);
    assert_int_equal(frame.kind, ADL_WIRE_TASKS);
    assert_int_equal(frame.n, 5);
    assert_int_equal(frame.n_by_fd, 1);
    for (size_t i = 0; i < 5; i++) {
        assert_true(adl_wire_next(&frame, &at, &read));
        assert_memory_equal(read.value, written[i].value, sizeof(read.value));
        assert_int_equal(read.data_len, written[i].data_len);
        assert_int_equal(read.flags, written[i].flags);
        if (read.flags == 0) {
            assert_int_equal(
                ((const char *)read.data - buf.data) % ADL_WIRE_ALIGN, 0);
            assert_memory_equal(read.data, written[i].data, read.data_len);
        } else {
            assert_null(read.data);
        }
    }
    assert_false(adl_wire_next(&frame, &at, &read));
    adl_buf_finish(&buf);
}

static void test_frame_takes_what_fits(void **state)
{
    static char bytes[ADL_WIRE_MAX];
    struct adl_wire_record record = {.data = bytes};
    struct adl_buf buf = {0};

    (void)state;
    assert_int_equal(adl_wire_begin(&buf, ADL_WIRE_TASKS), 0);
    record.data_len = sizeof(bytes);
    assert_int_equal(adl_wire_add(&buf, &record), -EMSGSIZE);
    record.data_len = ADL_WIRE_MAX - ADL_WIRE_HEAD - ADL_WIRE_RECORD;
    assert_int_equal(adl_wire_add(&buf, &record), 0);
    assert_int_equal(buf.len, ADL_WIRE_MAX);
    assert_int_equal(parse(&buf, 0), 0);
    record.data_len = 0;
    assert_int_equal(adl_wire_add(&buf, &record), -EMSGSIZE);
    assert_int_equal(parse(&buf, 0), 0); /* it is as it was */

    assert_int_equal(adl_wire_begin(&buf, ADL_WIRE_TASKS), 0);
    for (int i = 0; i < ADL_WIRE_MAX_N; i++) {
        assert_int_equal(adl_wire_add(&buf, &record), 0);
    }
    assert_int_equal(adl_wire_add(&buf, &record), -EMSGSIZE);
    assert_int_equal(parse(&buf, 0), 0);
    adl_buf_finish(&buf);
}

static void test_values_are_within_their_range(void **state)
{
    static const struct {
        enum adl_wire_kind kind;
        int64_t first;
        int64_t second;
        int err;
    } cases[] = {
        {ADL_WIRE_SIGNAL, 1, 15, 0},
        {ADL_WIRE_SIGNAL, 1, 0, ASYNCDL_EFRAME},
        {ADL_WIRE_SIGNAL, 1, 65, ASYNCDL_EFRAME},
        {ADL_WIRE_SIGNAL, -1, 15, ASYNCDL_EFRAME},
        {ADL_WIRE_REFUSED, -11, 0, 0},
        {ADL_WIRE_REFUSED, 0, 0, ASYNCDL_EFRAME},
        {ADL_WIRE_REFUSED, -5000, 0, ASYNCDL_EFRAME},
        {ADL_WIRE_EXITED, 0, 0, 0},
        {ADL_WIRE_EXITED, 255, 0, 0},
        {ADL_WIRE_EXITED, 0, 9, 0},
        {ADL_WIRE_EXITED, 256, 0, ASYNCDL_EFRAME},
        {ADL_WIRE_EXITED, 1, 9, ASYNCDL_EFRAME},
        {ADL_WIRE_EXITED, 0, -9, ASYNCDL_EFRAME},
        {ADL_WIRE_STARTED, 1, 0, 0},
        {ADL_WIRE_STARTED, 0, 0, ASYNCDL_EFRAME},
        {ADL_WIRE_STARTED, INT64_MAX, 0, ASYNCDL_EFRAME},
        {ADL_WIRE_READY, 0, 0, 0},
        {ADL_WIRE_READY, -5036, 0, 0},
        {ADL_WIRE_READY, 1, 0, ASYNCDL_EFRAME},
        {ADL_WIRE_RESULT, 7, 0, 0},
        {ADL_WIRE_RESULT, 7, -12, 0},
        {ADL_WIRE_RESULT, 7, 12, ASYNCDL_EFRAME},
        {ADL_WIRE_RESULT, 7, INT64_MIN, ASYNCDL_EFRAME},
        {ADL_WIRE_TASKS, 7, -1, ASYNCDL_EFRAME}, /* without a function */
        {ADL_WIRE_GREET, 0, 0, ASYNCDL_EFRAME},  /* has no record */
        {ADL_WIRE_QUIT, 0, 0, ASYNCDL_EFRAME},
        {ADL_WIRE_BELL, 0, 0, ASYNCDL_EFRAME},
        {ADL_WIRE_WORKER, 1, 0, ASYNCDL_EFRAME}, /* has three */
        {(enum adl_wire_kind)0, 0, 0, ASYNCDL_EFRAME},
        {(enum adl_wire_kind)(ADL_WIRE_LAST + 1), 0, 0, ASYNCDL_EFRAME},
    };
    struct adl_buf buf = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_int_equal(
            adl_wire_put(&buf, cases[i].kind, cases[i].first, cases[i].second),
            0);
        if (parse(&buf, 0) != cases[i].err) {
            fail_msg("case %zu: %d", i, parse(&buf, 0));
        }
    }
    adl_buf_finish(&buf);
}

static void test_descriptors_are_as_many_as_the_frame_says(void **state)
{
    struct adl_wire_record records[3] = {
        {.value = {1, 1000, (int64_t)2 << 32 | 3}, .text = "w", .text_len = 1},
        {.value = {0, 0, 64}, .data_len = 1 << 20, .flags = ADL_WIRE_BY_FD},
        {.value = {0, ADL_WIRE_NO_MODULE, 0}},
    };
    struct adl_buf buf = {0};

    (void)state;
    assert_int_equal(adl_wire_begin(&buf, ADL_WIRE_WORKER), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(adl_wire_add(&buf, &records[i]), 0);
    }
    assert_int_equal(parse(&buf, 1 + 2 * 2 + 3 + 1), 0);
    assert_int_equal(parse(&buf, ADL_WIRE_LOST_FDS), 0);
    assert_int_equal(parse(&buf, 8), ASYNCDL_EFRAME);
    assert_int_equal(parse(&buf, 10), ASYNCDL_EFRAME);
    assert_int_equal(parse(&buf, 0), ASYNCDL_EFRAME);

    assert_int_equal(adl_wire_put(&buf, ADL_WIRE_SPAWN, 1, 0), 0);
    assert_int_equal(parse(&buf, 1), 0);
    assert_int_equal(parse(&buf, 0), ASYNCDL_EFRAME);
    adl_buf_finish(&buf);
}

/* A result with data and text, in which one byte is another. */
static int parse_changed(size_t at, unsigned char byte)
{
    const struct adl_wire_record record = {.value = {1, -5, 9},
                                           .data = "data",
                                           .data_len = 4,
                                           .text = "words",
                                           .text_len = 5};
    struct adl_buf buf = {0};

    assert_int_equal(adl_wire_begin(&buf, ADL_WIRE_RESULT), 0);
    assert_int_equal(adl_wire_add(&buf, &record), 0);
    assert_int_equal(parse(&buf, 0), 0);
    ((unsigned char *)buf.data)[at] = byte;
    int err = parse(&buf, 0);
    adl_buf_finish(&buf);
    return err;
}

static void test_any_damage_is_seen(void **state)
{
    static const struct {
        size_t at;
        unsigned char byte;
    } cases[] = {
        {AT_MAGIC, 1},
        {AT_KIND, 0},
        {AT_KIND, ADL_WIRE_LAST + 1},
        {AT_KIND, ADL_WIRE_TASKS},
        {AT_LEN, 95},
        {AT_LEN + 3, 1},
        {AT_N, 0},
        {AT_N, 2},
        {AT_RECORD + AT_DATA_LEN, 3},  /* a byte of it would be padding */
        {AT_RECORD + AT_DATA_LEN, 17}, /* more than there is */
        {AT_RECORD + AT_DATA_LEN + 7, 255},
        {AT_RECORD + AT_TEXT_LEN, 4},
        {AT_RECORD + AT_TEXT_LEN + 3, 255},
        {AT_RECORD + AT_FLAGS, 1},
        {AT_RECORD + AT_FLAGS, 2},
        {AT_RECORD + AT_FLAGS, 3},
        {AT_RECORD + AT_PARCEL, 1},
        {AT_RECORD + AT_PARCEL + 4, 1},
        {AT_RECORD + ADL_WIRE_RECORD + 4, 1}, /* padding */
        {AT_RECORD + ADL_WIRE_RECORD + 31, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        if (parse_changed(cases[i].at, cases[i].byte) != ASYNCDL_EFRAME) {
            fail_msg("case %zu", i);
        }
    }
}

static void test_cut_frame_is_none(void **state)
{
    struct adl_buf buf = {0};

    (void)state;
    assert_int_equal(adl_wire_put(&buf, ADL_WIRE_RESULT, 1, 0), 0);
    for (size_t len = 0; len < buf.len; len++) {
        struct adl_wire_frame out;

        assert_int_equal(adl_wire_parse(&out, buf.data, len, 0),
                         ASYNCDL_EFRAME);
    }
    adl_buf_finish(&buf);
}

static void test_greeting_of_another_version_is_known(void **state)
{
    struct adl_buf buf = {0};

    (void)state;
    assert_int_equal(adl_wire_begin(&buf, ADL_WIRE_GREET), 0);
    assert_int_equal(buf.len, ADL_WIRE_HEAD);
    assert_true(adl_wire_is_greeting(buf.data));
    buf.data[AT_MAGIC] = 9; /* the lower half, on this machine */
    assert_int_equal(parse(&buf, 0), ASYNCDL_EFRAME);
    assert_true(adl_wire_is_greeting(buf.data));
    buf.data[AT_MAGIC + 3] = 9;
    assert_false(adl_wire_is_greeting(buf.data));
    adl_buf_finish(&buf);
}

TEST_SUITE(wire)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records_are_read_as_they_were_written),
        cmocka_unit_test(test_frame_takes_what_fits),
        cmocka_unit_test(test_values_are_within_their_range),
        cmocka_unit_test(test_descriptors_are_as_many_as_the_frame_says),
        cmocka_unit_test(test_any_damage_is_seen),
        cmocka_unit_test(test_cut_frame_is_none),
        cmocka_unit_test(test_greeting_of_another_version_is_known),
    };

    return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
