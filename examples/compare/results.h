/* SPDX-License-Identifier: MIT */
/*
 * What was measured, for all that show it: tables, JSON, CSV, the report. A
 * topic has rows, a row has rounds.
 */
#ifndef COMPARE_RESULTS_H
#define COMPARE_RESULTS_H

#include "run.h"
#include "way.h"

#define ROUNDS_MAX  99
#define TEXT_BYTES  600
#define NOTES_MAX   8
#define TITLE_BYTES 120

struct row {
    char key[NAME_BYTES];  /* unique in its topic */
    char name[NAME_BYTES]; /* for people */
    const char *author;    /* or NULL */
    bool is_peer;          /* a program that is not ours */
    unsigned n_workers;    /* 0: it has none */
    double seconds[ROUNDS_MAX];
    unsigned n_rounds;      /* that went well */
    double median_s;        /* of them; set by results_settle() */
    double faster;          /* than the topic's first row; likewise */
    struct outcome outcome; /* of the round closest to the median */
    struct run_bytes trace; /* of that round */
    char error[ERROR_BYTES + NAME_BYTES]; /* of the first that failed, or "" */
    bool is_missing; /* could not be run here, and error says why: no failure */
};

/* One of the tables. */
struct result {
    enum topic topic;
    char title[TITLE_BYTES];
    struct row *rows;
    size_t n_rows;
    bool has_beside; /* columns: the downloads beside, and the loop held */
    char verdict[TEXT_BYTES];
    char notes[NOTES_MAX][TEXT_BYTES];
    size_t n_notes;
    char *listing; /* what a program has printed, from malloc(), or NULL */
};

struct results {
    struct result items[N_TOPICS];
    size_t n;
};

/* 0 or -ENOMEM. */
int result_init(struct result *result, enum topic topic, size_t n_rows);
void result_finish(struct result *result);

/* Count a round of a row. Takes trace, which may be NULL. */
void row_add(struct row *row, const struct outcome *outcome,
             struct run_bytes *trace);

/* All rounds are over: medians, and how many times faster than the first. */
void result_settle(struct result *result);

void result_note(struct result *result, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* NULL where there is none of that key. */
const struct row *result_find(const struct result *result, const char *key);

/* Whether all rows went well. */
bool results_are_good(const struct results *results);

void results_finish(struct results *results);

#endif
