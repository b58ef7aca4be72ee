/* SPDX-License-Identifier: MIT */
/*
 * The calendar is counted here, in integers: the C library's functions depend
 * on the locale and the time zone, and timegm() is no POSIX.
 */
#include "util/httpdate.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define DAY_S 86400

struct cursor {
    const char *at;
    const char *end;
};

struct date {
    int year;
    int month; /* 1 to 12 */
    int day;
    int hour;
    int minute;
    int second; /* 60 in a leap second */
};

static const char *const month_names[] = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
};

static const char *const day_names[] = {
    "Monday", "Tuesday",  "Wednesday", "Thursday",
    "Friday", "Saturday", "Sunday",
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool take_bytes(struct cursor *cursor, const char *bytes, size_t len)
{
    if ((size_t)(cursor->end - cursor->at) < len ||
        memcmp(cursor->at, bytes, len) != 0) {
        return false;
    }
    cursor->at += len;
    return true;
}

static bool take_text(struct cursor *cursor, const char *text)
{
    return take_bytes(cursor, text, strlen(text));
}

/* A number of exactly n_digits. */
static bool take_number(struct cursor *cursor, int n_digits, int *out)
{
    int value = 0;

    if (cursor->end - cursor->at < n_digits) {
        return false;
    }
    for (int i = 0; i < n_digits; i++) {
        char c = cursor->at[i];

        if (c < '0' || c > '9') {
            return false;
        }
        value = value * 10 + (c - '0');
    }
    cursor->at += n_digits;
    *out = value;
    return true;
}

static bool take_char(struct cursor *cursor, char c)
{
    if (cursor->at == cursor->end || *cursor->at != c) {
        return false;
    }
    cursor->at++;
    return true;
}

static bool take_month(struct cursor *cursor, int *out)
{
    if (cursor->end - cursor->at < 3) {
        return false;
    }
    for (int i = 0; i < 12; i++) {
        if (memcmp(cursor->at, month_names[i], 3) == 0) {
            cursor->at += 3;
            *out = i + 1;
            return true;
        }
    }
    return false;
}

static bool take_time(struct cursor *cursor, struct date *date)
{
    return take_number(cursor, 2, &date->hour) && take_char(cursor, ':') &&
           take_number(cursor, 2, &date->minute) && take_char(cursor, ':') &&
           take_number(cursor, 2, &date->second);
}

/* "06 Nov 1994 08:49:37 GMT" */
static bool take_imf(struct cursor *cursor, struct date *date)
{
    return take_number(cursor, 2, &date->day) && take_char(cursor, ' ') &&
           take_month(cursor, &date->month) && take_char(cursor, ' ') &&
           take_number(cursor, 4, &date->year) && take_char(cursor, ' ') &&
           take_time(cursor, date) && take_text(cursor, " GMT");
}

/* "06-Nov-94 08:49:37 GMT" */
static bool take_rfc850(struct cursor *cursor, struct date *date)
{
    return take_number(cursor, 2, &date->day) && take_char(cursor, '-') &&
           take_month(cursor, &date->month) && take_char(cursor, '-') &&
           take_number(cursor, 2, &date->year) && take_char(cursor, ' ') &&
           take_time(cursor, date) && take_text(cursor, " GMT");
}

/* "Nov  6 08:49:37 1994" */
static bool take_asctime(struct cursor *cursor, struct date *date)
{
    if (!take_month(cursor, &date->month) || !take_char(cursor, ' ')) {
        return false;
    }
    int n_digits = take_char(cursor, ' ') ? 1 : 2;

    return take_number(cursor, n_digits, &date->day) &&
           take_char(cursor, ' ') && take_time(cursor, date) &&
           take_char(cursor, ' ') && take_number(cursor, 4, &date->year);
}

/* Days since 1970-01-01, in eras of 400 years that begin in March. */
static int64_t count_days(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year; /* the year began in March */
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 -
           year_of_era / 100 + day_of_year - 719468;
}

static int64_t year_of(int64_t time_s)
{
    int64_t days = time_s / DAY_S - (time_s % DAY_S < 0 ? 1 : 0);
    /* At most one off, as 400 years have 146097 days. */
    int64_t year = 1970 + days * 400 / 146097;

    while (count_days(year, 1, 1) > days) {
        year--;
    }
    while (count_days(year + 1, 1, 1) <= days) {
        year++;
    }
    return year;
}

static int count_days_of_month(int year, int month)
{
    return month == 12 ? 31
                       : (int)(count_days(year, month + 1, 1) -
                               count_days(year, month, 1));
}

static int64_t to_seconds(const struct date *date)
{
    return count_days(date->year, date->month, date->day) * DAY_S +
           date->hour * 3600 + date->minute * 60 + date->second;
}

/*
 * The latest year with these two digits in which the date is at most 50 years
 * after now: so RFC 9110 reads them.
 */
static int choose_year(const struct date *date, int64_t now_s)
{
    int64_t now_year = year_of(now_s);
    int64_t latest = now_year + 50;
    int64_t year = latest - ((latest - date->year) % 100 + 100) % 100;
    struct date guess = *date;

    guess.year = (int)year;
    if (year == latest && to_seconds(&guess) - count_days(year, 1, 1) * DAY_S >
                              now_s - count_days(now_year, 1, 1) * DAY_S) {
        year -= 100;
    }
    return (int)year;
}

static bool is_valid(const struct date *date)
{
    return date->day >= 1 &&
           date->day <= count_days_of_month(date->year, date->month) &&
           date->hour <= 23 && date->minute <= 59 && date->second <= 60;
}

static bool take_rest(struct cursor *cursor, struct date *date, int64_t now_s,
                      const char *rest_of_day)
{
    if (take_text(cursor, ", ")) {
        return take_imf(cursor, date);
    }
    if (take_char(cursor, ' ')) {
        return take_asctime(cursor, date);
    }
    if (!take_text(cursor, rest_of_day) || !take_text(cursor, ", ") ||
        !take_rfc850(cursor, date)) {
        return false;
    }
    date->year = choose_year(date, now_s);
    return true;
}

/* The name of a day tells the forms apart; which day it is, is ignored. */
static bool take_date(struct cursor *cursor, struct date *date, int64_t now_s)
{
    if (cursor->end - cursor->at < 3) {
        return false;
    }
    for (int i = 0; i < 7; i++) {
        if (memcmp(cursor->at, day_names[i], 3) == 0) {
            cursor->at += 3;
            return take_rest(cursor, date, now_s, day_names[i] + 3);
        }
    }
    return false;
}

int adl_httpdate_parse(int64_t *out_s, const char *text, size_t len,
                       int64_t now_s)
{
    struct cursor cursor = {.at = text, .end = text + len};
    struct date date = {0};

    while (cursor.at < cursor.end && is_blank(*cursor.at)) {
        cursor.at++;
    }
    while (cursor.end > cursor.at && is_blank(cursor.end[-1])) {
        cursor.end--;
    }
    if (!take_date(&cursor, &date, now_s) || cursor.at != cursor.end ||
        !is_valid(&date)) {
        return -EINVAL;
    }
    *out_s = to_seconds(&date);
    return 0;
}
