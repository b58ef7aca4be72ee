/* SPDX-License-Identifier: MIT */
/* A date that is read is the date that was written, in all three forms. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "fuzz/fuzz.h"
#include "util/httpdate.h"

#define NOW_S     INT64_C(784111777) /* in 1994 */
#define UNTOUCHED INT64_C(-77)

static const char *const days[] = {
    "Sunday",   "Monday", "Tuesday",  "Wednesday",
    "Thursday", "Friday", "Saturday",
};
static const char *const months[] = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
};

enum form { IMF, RFC850, ASCTIME, N_FORMS };

static int write_date(char *out, size_t cap, const struct tm *tm,
                      enum form form)
{
    const char *day = days[tm->tm_wday];
    const char *month = months[tm->tm_mon];
    int year = tm->tm_year + 1900;

    if (form == IMF) {
        return snprintf(out, cap, "%.3s, %02d %s %04d %02d:%02d:%02d GMT", day,
                        tm->tm_mday, month, year, tm->tm_hour, tm->tm_min,
                        tm->tm_sec);
    }
    if (form == RFC850) {
        return snprintf(out, cap, "%s, %02d-%s-%02d %02d:%02d:%02d GMT", day,
                        tm->tm_mday, month, year % 100, tm->tm_hour, tm->tm_min,
                        tm->tm_sec);
    }
    return snprintf(out, cap, "%.3s %s %2d %02d:%02d:%02d %04d", day, month,
                    tm->tm_mday, tm->tm_hour, tm->tm_min, tm->tm_sec, year);
}

static const char *check_written(int64_t time_s)
{
    time_t time = (time_t)time_s;
    struct tm tm;

    if (gmtime_r(&time, &tm) == NULL) {
        return "a date is one of the C library's";
    }
    int year = tm.tm_year + 1900;
    if (year < 0 || year > 9999) {
        return year == 10000 ? NULL : "a year has four digits";
    }
    for (int form = 0; form < N_FORMS; form++) {
        char text[96];
        int64_t again_s = UNTOUCHED;
        int n = write_date(text, sizeof(text), &tm, (enum form)form);
        int err = adl_httpdate_parse(&again_s, text, (size_t)n, NOW_S);

        if (form == RFC850 && (year < 1994 - 49 || year > 1994 + 49)) {
            continue; /* two digits mean another century */
        }
        if (err < 0 || again_s != time_s || fuzz_is_planted(form + 1)) {
            return "a date is read as it was written";
        }
    }
    return NULL;
}

static const char *check(const char *bytes, size_t len)
{
    int64_t time_s = UNTOUCHED;
    int err = adl_httpdate_parse(&time_s, bytes, len, NOW_S);

    if (err == 0) {
        return check_written(time_s);
    }
    return err != -EINVAL || time_s != UNTOUCHED || fuzz_is_planted(4)
               ? "what is refused leaves nothing"
               : NULL;
}

static const struct fuzz_seed seeds[] = {
    FUZZ_SEED("Sun, 06 Nov 1994 08:49:37 GMT"),
    FUZZ_SEED("Sunday, 06-Nov-94 08:49:37 GMT"),
    FUZZ_SEED("Sun Nov  6 08:49:37 1994"),
    FUZZ_SEED("Tue, 29 Feb 2000 23:59:60 GMT"),
    FUZZ_SEED("Fri, 31 Dec 9999 23:59:60 GMT"),
    FUZZ_SEED("Sat, 01 Jan 0000 00:00:00 GMT"),
    FUZZ_SEED("Mon, 29 Feb 1900 00:00:00 GMT"),
    FUZZ_SEED("Thu, 01 Jan 1970 00:00:00 UTC"),
    FUZZ_SEED(""),
};

const struct fuzz_target fuzz_httpdate = {
    .name = "httpdate",
    .check = check,
    .seeds = seeds,
    .n_seeds = sizeof(seeds) / sizeof(seeds[0]),
    .n_plants = 4,
};
