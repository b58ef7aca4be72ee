/* SPDX-License-Identifier: MIT */
/* Frames of helpers: what is taken is well made, within its bytes, and the same
 * when it is written again. The first byte is the number of descriptors. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "pool/wire.h"

static bool is_within(const struct adl_wire_frame *frame, const void *part,
                      size_t len)
{
    const char *bytes = part;

    return bytes >= frame->bytes && len <= frame->len &&
           (size_t)(bytes - frame->bytes) <= frame->len - len;
}

static const char *check_record(const struct adl_wire_frame *frame,
                                struct adl_wire_record *record)
{
    if (fuzz_is_planted(1)) {
        record->text_len += ADL_WIRE_MAX;
    }
    if (!is_within(frame, record->text, record->text_len)) {
        return "words are within the frame";
    }
    if ((record->flags & ADL_WIRE_ASIDE) != 0) {
        return record->data != NULL || fuzz_is_planted(2)
                   ? "what is in a parcel is not in the frame"
                   : NULL;
    }
    if (fuzz_is_planted(3)) {
        record->data_len += ADL_WIRE_MAX;
    }
    return is_within(frame, record->data, (size_t)record->data_len)
               ? NULL
               : "data is within the frame";
}

/* What the program takes a helper's word for. */
static const char *check_meaning(const struct adl_wire_frame *frame,
                                 const struct adl_wire_record *record)
{
    if (frame->kind == ADL_WIRE_RESULT &&
        (record->value[1] > 0 || record->value[2] < 0 || fuzz_is_planted(4))) {
        return "a result has an error or none, and took a time";
    }
    if (frame->kind == ADL_WIRE_EXITED &&
        (record->value[0] < 0 || record->value[0] > 255 ||
         record->value[1] < 0 || record->value[1] > 64 || fuzz_is_planted(5))) {
        return "an end has a status or a signal";
    }
    return NULL;
}

static const char *check_records(const struct adl_wire_frame *frame,
                                 struct adl_buf *again)
{
    struct adl_wire_record record;
    const char *broken = NULL;
    unsigned n = 0;
    size_t at = 0;

    while (broken == NULL && adl_wire_next(frame, &at, &record)) {
        if (adl_wire_add(again, &record) < 0) {
            return "what was read can be written";
        }
        n++;
        broken = check_record(frame, &record);
        if (broken == NULL) {
            broken = check_meaning(frame, &record);
        }
    }
    if (broken == NULL && (n != frame->n || fuzz_is_planted(6))) {
        broken = "there are as many records as it says";
    }
    return broken;
}

static const char *check_frame(const struct adl_wire_frame *frame)
{
    struct adl_buf again = {0};

    if (adl_wire_begin(&again, frame->kind) < 0) {
        return NULL; /* no memory to check with */
    }
    const char *broken = check_records(frame, &again);
    if (fuzz_is_planted(7) && again.len > 0) {
        again.data[again.len - 1]++;
    }
    if (broken == NULL && (again.len != frame->len ||
                           memcmp(again.data, frame->bytes, again.len) != 0)) {
        broken = "a frame is read as it was written";
    }
    adl_buf_finish(&again);
    return broken;
}

static const char *check(const char *bytes, size_t len)
{
    struct adl_wire_frame frame;
    const char *broken = NULL;

    if (len == 0) {
        return NULL;
    }
    size_t n_fds = (unsigned char)bytes[0];
    char *copy = malloc(len); /* where it is aligned, and ends */
    if (copy == NULL) {
        return NULL;
    }
    memcpy(copy, bytes + 1, len - 1);
    if (adl_wire_parse(&frame, copy, len - 1, n_fds) == 0) {
        broken = frame.n_by_fd > n_fds || fuzz_is_planted(8)
                     ? "each data by a descriptor has one"
                     : check_frame(&frame);
    }
    free(copy);
    return broken;
}

/* The head of a frame, and a record's 48 bytes. */
#define HEAD(kind, len, n) "\3\0\x1f\xad" kind "\0\0\0" len "\0\0\0" n "\0\0\0"
#define I64(byte)          byte "\0\0\0\0\0\0\0"
#define MINUS_1            "\xff\xff\xff\xff\xff\xff\xff\xff"
#define LENS(data, text, flags) \
    I64(data) text "\0\0\0" flags "\0\0\0\0\0\0\0\0\0\0\0"

static const struct fuzz_seed seeds[] = {
    FUZZ_SEED("\0" HEAD("\1", "\x10", "\0")),  /* GREET */
    FUZZ_SEED("\0" HEAD("\xf", "\x10", "\0")), /* BELL */
    FUZZ_SEED("\1" HEAD("\2", "\x40", "\1") I64("\5") I64("\0") I64("\0")
                  LENS("\0", "\0", "\0")), /* SPAWN */
    FUZZ_SEED("\0" HEAD("\6", "\x40", "\1") I64("\0") I64("\x9") I64("\0")
                  LENS("\0", "\0", "\0")), /* EXITED by a signal */
    FUZZ_SEED("\0" HEAD("\6", "\x40", "\1") I64("\7") I64("\x9") I64("\0")
                  LENS("\0", "\0", "\0")), /* of both */
    FUZZ_SEED("\0" HEAD("\xe", "\x60", "\1") I64("\1") MINUS_1 I64("\x9")
                  LENS("\4", "\5", "\0") "data\0\0\0\0\0\0\0\0\0\0\0\0"
                                         "words\0\0\0\0\0\0\0\0\0\0\0"),
    FUZZ_SEED("\1" HEAD("\xe", "\x40", "\1") I64("\1") I64("\0") I64("\x9")
                  LENS("\4", "\0", "\1")), /* RESULT by a descriptor */
    FUZZ_SEED("\0" HEAD("\xe", "\x40", "\1") I64("\1") I64("\0") I64("\x9")
                  LENS("\4", "\0", "\1")), /* which is not there */
    FUZZ_SEED("\0" HEAD("\xe", "\x40", "\1") I64("\1") I64("\0") I64("\x9") I64(
        "\4") "\0\0\0\0\2\0\0\0\3\0\0\0\0\0\0\0"), /* in a parcel */
    FUZZ_SEED("\0" HEAD("\xe", "\x40", "\1") I64("\1") I64("\1") I64("\x9")
                  LENS("\0", "\0", "\0")), /* a positive error */
    FUZZ_SEED("\0" HEAD("\xa", "\x80", "\2") I64("\1") I64("\0") I64("\x9")
                  LENS("\1", "\0", "\0") "x\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" I64(
                      "\2") I64("\0")),
    FUZZ_SEED(""),
};

const struct fuzz_target fuzz_wire = {
    .name = "wire",
    .check = check,
    .seeds = seeds,
    .n_seeds = sizeof(seeds) / sizeof(seeds[0]),
    .n_plants = 8,
};
