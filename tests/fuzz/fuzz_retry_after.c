/* SPDX-License-Identifier: MIT */
/* Retry-After never asks for more than a day, whatever a server writes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/retry.h"
#include "fuzz/fuzz.h"
#include "util/httpdate.h"

#define UNTOUCHED UINT64_C(77)
#define DAY_S     86400

/* The seconds that digits mean, counted in another way. */
static uint64_t count_seconds(const char *text, size_t len)
{
    char digits[6];

    while (len > 1 && text[0] == '0') {
        text++;
        len--;
    }
    if (len >= sizeof(digits)) {
        return DAY_S;
    }
    memcpy(digits, text, len);
    digits[len] = '\0';
    long n = strtol(digits, NULL, 10);
    return n < DAY_S ? (uint64_t)n : DAY_S;
}

static bool is_number(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
    }
    return len > 0;
}

/* What it must be; false where it is none. */
static bool expect(uint64_t *out_ms, const char *text, size_t len,
                   int64_t now_s)
{
    int64_t date_s = 0;

    if (is_number(text, len)) {
        *out_ms = count_seconds(text, len) * 1000;
        return true;
    }
    if (adl_httpdate_parse(&date_s, text, len, now_s) < 0) {
        return false;
    }
    int64_t wait_s = date_s - now_s;
    wait_s = wait_s < 0 ? 0 : wait_s;
    *out_ms = (uint64_t)(wait_s < DAY_S ? wait_s : DAY_S) * 1000;
    return true;
}

static const char *check_at(const char *bytes, size_t len, int64_t now_s)
{
    uint64_t ms = UNTOUCHED;
    uint64_t expected_ms = UNTOUCHED;
    int err = adl_retry_after_parse(&ms, bytes, len, now_s);

    if (fuzz_is_planted(1)) {
        ms += (uint64_t)DAY_S * 1000;
    }
    if (err < 0) {
        return err != -EINVAL || ms != UNTOUCHED
                   ? "what is refused leaves nothing"
                   : NULL;
    }
    if (ms > (uint64_t)DAY_S * 1000) {
        return "nobody is held for more than a day";
    }
    while (len > 0 && (bytes[0] == ' ' || bytes[0] == '\t')) {
        bytes++;
        len--;
    }
    while (len > 0 && (bytes[len - 1] == ' ' || bytes[len - 1] == '\t')) {
        len--;
    }
    return !expect(&expected_ms, bytes, len, now_s) || ms != expected_ms ||
                   fuzz_is_planted(2)
               ? "it is the number, or the date less now"
               : NULL;
}

static const char *check(const char *bytes, size_t len)
{
    static const int64_t clocks_s[] = {0, 784111777, 4102444800, -1};
    const char *broken = NULL;

    for (size_t i = 0; i < 4 && broken == NULL; i++) {
        broken = check_at(bytes, len, clocks_s[i]);
    }
    return broken;
}

static const struct fuzz_seed seeds[] = {
    FUZZ_SEED("0"),
    FUZZ_SEED("120"),
    FUZZ_SEED(" 00086401\t"),
    FUZZ_SEED("99999999999999999999999999"),
    FUZZ_SEED("-1"),
    FUZZ_SEED("1.5"),
    FUZZ_SEED("Sun, 06 Nov 1994 08:49:37 GMT"),
    FUZZ_SEED("Sun, 06 Nov 1994 08:50:00 GMT"),
    FUZZ_SEED("Fri, 31 Dec 9999 23:59:60 GMT"),
    FUZZ_SEED("Sunday, 06-Nov-94 08:49:37 GMT"),
    FUZZ_SEED("Sun Nov  6 08:49:37 1994"),
    FUZZ_SEED(""),
};

const struct fuzz_target fuzz_retry_after = {
    .name = "retry_after",
    .check = check,
    .seeds = seeds,
    .n_seeds = sizeof(seeds) / sizeof(seeds[0]),
    .n_plants = 2,
};
