/* SPDX-License-Identifier: MIT */
/* Content-Range: what is believed makes sense, and bytes are only put where
 * they were asked for. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fetch/range.h"
#include "fuzz/fuzz.h"

static bool is_sane(const struct adl_range_answer *a)
{
    const struct adl_validator *whole = &a->validator;

    if (a->is_unsatisfied) {
        return whole->has_size;
    }
    return a->first <= a->last && (!whole->has_size || a->last < whole->size);
}

static bool is_same(const struct adl_range_answer *a,
                    const struct adl_range_answer *b)
{
    return b->content_range_is_valid &&
           a->is_unsatisfied == b->is_unsatisfied && a->first == b->first &&
           a->last == b->last &&
           a->validator.has_size == b->validator.has_size &&
           a->validator.size == b->validator.size;
}

static const char *check_written(const struct adl_range_answer *answer)
{
    struct adl_range_answer again = {0};
    char size[24] = "*";
    char text[96];

    if (answer->validator.has_size) {
        (void)snprintf(size, sizeof(size), "%" PRIu64, answer->validator.size);
    }
    if (answer->is_unsatisfied) {
        (void)snprintf(text, sizeof(text), "bytes */%s", size);
    } else {
        (void)snprintf(text, sizeof(text), "bytes %" PRIu64 "-%" PRIu64 "/%s",
                       answer->first, answer->last, size);
    }
    adl_range_parse(&again, text, strlen(text));
    if (fuzz_is_planted(2)) {
        again.last++;
    }
    if (!is_same(answer, &again)) {
        return "a range is read as it was written";
    }
    adl_range_parse(&again, text, strlen(text));
    return again.content_range_is_valid || fuzz_is_planted(3)
               ? "a second header makes both invalid"
               : NULL;
}

/* The same answer with every status, to requests from several places on. */
static const char *check_verdicts(const struct adl_range_answer *read)
{
    static const int statuses[] = {200, 206, 416, 204};
    const struct adl_validator known = {
        .etag = "\"a\"", .has_size = true, .size = 10};
    const uint64_t offsets[] = {read->first, read->last, 5,
                                read->validator.size};

    for (size_t i = 0; i < 16; i++) {
        struct adl_range_answer answer = *read;
        uint64_t offset = offsets[i / 4];

        answer.status = statuses[i % 4];
        memcpy(answer.validator.etag, known.etag, sizeof(known.etag));
        enum adl_range_verdict verdict =
            adl_range_judge(&known, offset, &answer);
        if (fuzz_is_planted(4)) {
            answer.first++;
        }
        if (verdict == ADL_RANGE_TAKE &&
            (answer.status != 206 || !answer.content_range_is_valid ||
             answer.first != offset || answer.last >= known.size)) {
            return "bytes are put where they were asked for";
        }
        if (fuzz_is_planted(5)) {
            answer.validator.size++;
        }
        if (verdict == ADL_RANGE_COMPLETE &&
            (answer.status != 416 || !answer.is_unsatisfied ||
             answer.validator.size != offset || offset != known.size)) {
            return "only the whole size is all of it";
        }
    }
    return NULL;
}

static const char *check(const char *bytes, size_t len)
{
    struct adl_range_answer answer = {0};

    adl_range_parse(&answer, bytes, len);
    if (fuzz_is_planted(1)) {
        answer.last = answer.validator.size;
    }
    if (answer.content_range_is_valid) {
        const char *broken = is_sane(&answer)
                                 ? check_written(&answer)
                                 : "first <= last < size where it is valid";

        if (broken != NULL) {
            return broken;
        }
    }
    return check_verdicts(&answer);
}

static const struct fuzz_seed seeds[] = {
    FUZZ_SEED("bytes 5-9/10"),
    FUZZ_SEED("bytes 5-9/*"),
    FUZZ_SEED("bytes */10"),
    FUZZ_SEED("BYTES\t 5 - 9 / 10 "),
    FUZZ_SEED("bytes 9-5/10"),
    FUZZ_SEED("bytes 0-18446744073709551615/*"),
    FUZZ_SEED("bytes 0-18446744073709551614/18446744073709551615"),
    FUZZ_SEED("bytes 0-18446744073709551616/*"),
    FUZZ_SEED("bytes */*"),
    FUZZ_SEED("items 0-1/2"),
    FUZZ_SEED(""),
};

const struct fuzz_target fuzz_range = {
    .name = "range",
    .check = check,
    .seeds = seeds,
    .n_seeds = sizeof(seeds) / sizeof(seeds[0]),
    .n_plants = 5,
};
