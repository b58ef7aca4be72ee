/* SPDX-License-Identifier: MIT */
#include "cli/value.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <strings.h>

/* More digits behind the point say nothing, and could overflow a product. */
#define MAX_FRACTION_DIGITS 6

/* A decimal number: whole + fraction / scale. */
struct decimal {
    uint64_t whole;
    uint64_t fraction;
    uint64_t scale;
};

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit size_units[] = {
    {"", 1},
    {"B", 1},
    {"K", UINT64_C(1) << 10},
    {"KB", UINT64_C(1) << 10},
    {"KiB", UINT64_C(1) << 10},
    {"M", UINT64_C(1) << 20},
    {"MB", UINT64_C(1) << 20},
    {"MiB", UINT64_C(1) << 20},
    {"G", UINT64_C(1) << 30},
    {"GB", UINT64_C(1) << 30},
    {"GiB", UINT64_C(1) << 30},
    {"T", UINT64_C(1) << 40},
    {"TB", UINT64_C(1) << 40},
    {"TiB", UINT64_C(1) << 40},
    {NULL, 0},
};

static const struct unit time_units[] = {
    {"", 1000},       {"s", 1000},        {"ms", 1},
    {"m", 60 * 1000}, {"h", 3600 * 1000}, {NULL, 0},
};

static const struct unit rate_units[] = {
    {"/s", 1000},
    {"/m", 60 * 1000},
    {"/h", 3600 * 1000},
    {NULL, 0},
};

/* Read digits; *text then stands behind them. */
static int read_digits(uint64_t *out, const char **text)
{
    const char *p = *text;
    uint64_t n = 0;

    if (*p < '0' || *p > '9') {
        return -EINVAL;
    }
    for (; *p >= '0' && *p <= '9'; p++) {
        uint64_t digit = (uint64_t)(*p - '0');

        if (n > (UINT64_MAX - digit) / 10) {
            return -ERANGE;
        }
        n = n * 10 + digit;
    }
    *text = p;
    *out = n;
    return 0;
}

static int read_decimal(struct decimal *out, const char **text)
{
    struct decimal d = {.scale = 1};
    int err = read_digits(&d.whole, text);

    if (err < 0) {
        return err;
    }
    if (**text == '.') {
        const char *p = *text + 1;

        if (*p < '0' || *p > '9') {
            return -EINVAL;
        }
        for (int n = 0; *p >= '0' && *p <= '9'; p++, n++) {
            if (n < MAX_FRACTION_DIGITS) {
                d.fraction = d.fraction * 10 + (uint64_t)(*p - '0');
                d.scale *= 10;
            } else if (*p != '0' && d.fraction == 0) {
                d.fraction = 1; /* it is not nothing */
            }
        }
        *text = p;
    }
    *out = d;
    return 0;
}

static const struct unit *find_unit(const struct unit *units, const char *name)
{
    for (const struct unit *u = units; u->name != NULL; u++) {
        if (strcasecmp(u->name, name) == 0) {
            return u;
        }
    }
    return NULL;
}

/* Read a decimal number with one of units behind it, as a multiple of it. What
 * is less than 1 is 1: 0 often says that there is no limit. */
static int read_amount(uint64_t *out, const char *text,
                       const struct unit *units, uint64_t max)
{
    struct decimal d;
    int err = read_decimal(&d, &text);

    if (err < 0) {
        return err;
    }
    const struct unit *u = find_unit(units, text);
    if (u == NULL) {
        return -EINVAL;
    }
    if (d.whole > max / u->factor) {
        return -ERANGE;
    }
    uint64_t n = d.whole * u->factor;
    uint64_t rest = d.fraction * u->factor / d.scale;
    if (rest > max - n) {
        return -ERANGE;
    }
    bool is_something = d.whole > 0 || d.fraction > 0;
    *out = n + rest > 0 || !is_something ? n + rest : 1;
    return 0;
}

int adl_value_parse_count(uint64_t *out, const char *text, uint64_t min,
                          uint64_t max)
{
    uint64_t n = 0;
    int err = read_digits(&n, &text);

    if (err < 0) {
        return err;
    }
    if (*text != '\0') {
        return -EINVAL;
    }
    if (n < min || n > max) {
        return -ERANGE;
    }
    *out = n;
    return 0;
}

int adl_value_parse_size(uint64_t *out, const char *text)
{
    return read_amount(out, text, size_units, INT64_MAX);
}

int adl_value_parse_duration(uint64_t *out_ms, const char *text)
{
    return read_amount(out_ms, text, time_units, ADL_VALUE_MAX_MS);
}

int adl_value_parse_rate(uint32_t *out_n, uint32_t *out_ms, const char *text)
{
    uint64_t n = 0;
    int err = read_digits(&n, &text);

    if (err < 0) {
        return err;
    }
    const struct unit *u = find_unit(rate_units, text);
    if (u == NULL) {
        return -EINVAL;
    }
    if (n < 1 || n > UINT32_MAX) {
        return -ERANGE;
    }
    *out_n = (uint32_t)n;
    *out_ms = (uint32_t)u->factor;
    return 0;
}
