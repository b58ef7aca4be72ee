/* SPDX-License-Identifier: MIT */
#include "trace/ticks.h"

#include <inttypes.h>
#include <stdio.h>

#define US     UINT64_C(1000)
#define MS     (1000 * US)
#define SECOND (1000 * MS)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* From a second on, steps are those of clocks. */
static const uint64_t clock_steps[] = {
    1 * SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 15 * SECOND, 30 * SECOND,
    1 * MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
    1 * HOUR,   2 * HOUR,   3 * HOUR,   6 * HOUR,    12 * HOUR,   1 * DAY,
    2 * DAY,    5 * DAY,    10 * DAY,   20 * DAY,    50 * DAY,    100 * DAY,
};

#define N_CLOCK_STEPS (sizeof(clock_steps) / sizeof(clock_steps[0]))

uint64_t adl_ticks_choose(uint64_t span_ns, unsigned max_ticks)
{
    static const uint64_t digits[] = {1, 2, 5};

    for (uint64_t power = 1; power < SECOND; power *= 10) {
        for (size_t i = 0; i < 3; i++) {
            if (span_ns / (digits[i] * power) <= max_ticks) {
                return digits[i] * power;
            }
        }
    }
    for (size_t i = 0; i < N_CLOCK_STEPS; i++) {
        if (span_ns / clock_steps[i] <= max_ticks) {
            return clock_steps[i];
        }
    }
    return span_ns; /* centuries: one tick */
}

struct unit {
    uint64_t ns;
    const char *name;
};

static const struct unit units[] = {
    {DAY, "d"}, {HOUR, "h"},       {MINUTE, "min"}, {SECOND, "s"},
    {MS, "ms"}, {US, "\xC2\xB5s"}, {1, "ns"},
};

#define N_UNITS (sizeof(units) / sizeof(units[0]))

/* Digits behind the point that show every step of it. */
static int count_decimals(uint64_t step_ns, uint64_t unit_ns)
{
    int n = 0;

    while (step_ns % unit_ns != 0 && n < 9) {
        step_ns *= 10;
        n++;
    }
    return n;
}

/* The largest unit of which the step has whole ones; below a second that in
 * which the end of the axis has at most three digits before the point. */
static const struct unit *choose_unit(uint64_t step_ns, uint64_t end_ns)
{
    size_t i = 0;

    while (i + 1 < N_UNITS && units[i].ns > step_ns) {
        i++;
    }
    while (i > 3 && end_ns / units[i].ns >= 1000) {
        i--;
    }
    return &units[i];
}

void adl_ticks_name(char out[ADL_TICKS_CAP], uint64_t at_ns, uint64_t step_ns,
                    uint64_t end_ns)
{
    const struct unit *unit = choose_unit(step_ns, end_ns);

    if (at_ns == 0) {
        (void)snprintf(out, ADL_TICKS_CAP, "0");
        return;
    }
    (void)snprintf(out, ADL_TICKS_CAP, "%.*f %s",
                   count_decimals(step_ns, unit->ns),
                   (double)at_ns / (double)unit->ns, unit->name);
}

/* Two units, such as "2 min 5 s". */
static void say_long(char out[ADL_TICKS_CAP], uint64_t ns)
{
    size_t i = 0;

    while (units[i].ns > ns) {
        i++;
    }
    uint64_t rest = ns % units[i].ns / units[i + 1].ns;
    if (rest == 0) {
        (void)snprintf(out, ADL_TICKS_CAP, "%" PRIu64 " %s", ns / units[i].ns,
                       units[i].name);
        return;
    }
    (void)snprintf(out, ADL_TICKS_CAP, "%" PRIu64 " %s %" PRIu64 " %s",
                   ns / units[i].ns, units[i].name, rest, units[i + 1].name);
}

void adl_ticks_say(char out[ADL_TICKS_CAP], uint64_t ns)
{
    size_t i = 3; /* seconds */

    if (ns >= 100 * SECOND) {
        say_long(out, ns);
        return;
    }
    /* what would be rounded up to the next unit is said in that */
    while (i + 1 < N_UNITS && ns < units[i].ns - units[i].ns / 2000) {
        i++;
    }
    double value = (double)ns / (double)units[i].ns;
    int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    (void)snprintf(out, ADL_TICKS_CAP, "%.*f %s",
                   units[i].ns == 1 ? 0 : decimals, value, units[i].name);
}
