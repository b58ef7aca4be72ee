/* SPDX-License-Identifier: MIT */
/* Percent-encoding is taken off once, and only where it is whole. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "util/percent.h"

#define PREFIX "%41"

static const char *check_encoded(const char *bytes, size_t len,
                                 struct adl_buf *text, struct adl_buf *plain)
{
    int err = 0;

    for (size_t i = 0; i < len && err == 0; i++) {
        err = adl_buf_addf(text, i % 2 != 0 ? "%%%02x" : "%%%02X",
                           (unsigned char)bytes[i]);
    }
    if (err < 0 || adl_percent_decode(plain, adl_buf_str(text), text->len)) {
        return "there is memory";
    }
    if (!adl_percent_is_valid(adl_buf_str(text), text->len) ||
        fuzz_is_planted(1)) {
        return "what was encoded is valid";
    }
    return plain->len != len ||
                   (len > 0 && memcmp(plain->data, bytes, len) != 0) ||
                   fuzz_is_planted(2)
               ? "what was encoded is decoded"
               : NULL;
}

static const char *check_raw(const char *bytes, size_t len,
                             struct adl_buf *plain)
{
    size_t n_marks = 0;

    for (size_t i = 0; i < len; i++) {
        n_marks += bytes[i] == '%';
    }
    adl_buf_reset(plain);
    if (adl_buf_add_str(plain, PREFIX) < 0 ||
        adl_percent_decode(plain, bytes, len) < 0) {
        return "there is memory";
    }
    size_t n_out = plain->len - (sizeof(PREFIX) - 1);
    if (memcmp(plain->data, PREFIX, sizeof(PREFIX) - 1) != 0 ||
        fuzz_is_planted(3)) {
        return "what stood there stays";
    }
    size_t n_least = n_out + 2 * n_marks; /* as if each mark were whole */
    if (adl_percent_is_valid(bytes, len) ? n_least != len : n_least <= len) {
        return "each whole mark becomes one byte";
    }
    return n_out > len || fuzz_is_planted(4) ? "no text gets longer" : NULL;
}

static const char *check(const char *bytes, size_t len)
{
    struct adl_buf text = {0};
    struct adl_buf plain = {0};
    const char *broken = check_encoded(bytes, len, &text, &plain);

    if (broken == NULL) {
        broken = check_raw(bytes, len, &plain);
    }
    adl_buf_finish(&text);
    adl_buf_finish(&plain);
    return broken;
}

static const struct fuzz_seed seeds[] = {
    FUZZ_SEED("a%20b%2F%2f%zz%"), FUZZ_SEED("%25%34%31"), FUZZ_SEED("%4"),
    FUZZ_SEED("%00\0\xff"),       FUZZ_SEED(""),
};

const struct fuzz_target fuzz_percent = {
    .name = "percent",
    .check = check,
    .seeds = seeds,
    .n_seeds = sizeof(seeds) / sizeof(seeds[0]),
    .n_plants = 4,
};
