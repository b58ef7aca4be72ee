/* SPDX-License-Identifier: MIT */
/* A ledger with a journal in a scratch folder, and entries of a list that are
 * downloaded, as far as the disk goes. */
#ifndef UNIT_LEDGER_BED_H
#define UNIT_LEDGER_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store/ledger.h"
#include "store/sink.h"
#include "support/scratch.h"
#include "unit/ledger_wanted.h"

#define ETAG "\"v1\""

struct bed {
    const struct scratch *scratch;
    struct adl_ledger_options options;
    struct adl_dir *dir;
    struct adl_ledger *ledger;
    struct adl_buf path;
    struct adl_standing standing; /* of the entry last admitted */
    char error[ADL_LEDGER_ERROR_MAX];
};

/* 0 or what opening the ledger says; the directory is to be destroyed. */
static inline int try_open_run(struct bed *bed)
{
    int err = adl_dir_create(&bed->dir, bed->scratch->path);

    bed->error[0] = '\0';
    return err < 0 ? err
                   : adl_ledger_open(&bed->ledger, bed->dir, &bed->options,
                                     bed->error);
}

static inline void open_run(struct bed *bed)
{
    int err = try_open_run(bed);

    if (err < 0) {
        fail_msg("%d: %s", err, bed->error);
    }
}

static inline void close_run(struct bed *bed)
{
    adl_half_destroy(bed->standing.half);
    bed->standing = (struct adl_standing){0};
    adl_ledger_close(bed->ledger, 0);
    bed->ledger = NULL;
    adl_dir_destroy(bed->dir);
    bed->dir = NULL;
}

static inline void init_bed(struct bed *bed, void **state)
{
    *bed = (struct bed){
        .scratch = *state,
        .options = {.keeps_journal = true, .sync = ADL_SYNC_NONE},
    };
    open_run(bed);
}

static inline void finish_bed(struct bed *bed)
{
    close_run(bed);
    adl_buf_finish(&bed->path);
}

static inline void reopen(struct bed *bed)
{
    close_run(bed);
    open_run(bed);
}

/* Entry n of a list, which would be called wanted. */
static inline struct adl_ledger_ask make_ask(uint64_t n, const char *wanted)
{
    struct adl_ledger_ask ask = {WANTED(wanted)};

    memcpy(ask.key, &n, sizeof(n));
    return ask;
}

static inline int admit_ask(struct bed *bed, const struct adl_ledger_ask *ask)
{
    adl_half_destroy(bed->standing.half);
    bed->standing = (struct adl_standing){0};
    bed->error[0] = '\0';
    return admit_and_look(bed->ledger, ask, &bed->path, &bed->standing,
                          bed->error);
}

static inline void admit(struct bed *bed, uint64_t n, const char *wanted)
{
    const struct adl_ledger_ask ask = make_ask(n, wanted);
    int err = admit_ask(bed, &ask);

    if (err < 0) {
        fail_msg("%d: %s", err, bed->error);
    }
}

/* What stands in the journal of the entry that was admitted. */
static inline struct adl_record make_entry(const struct bed *bed, uint64_t n,
                                           enum adl_record_state state)
{
    struct adl_record record = {
        .id = bed->standing.id,
        .state = state,
        .url = "http://a.test/",
        .path = adl_buf_str(&bed->path),
        .mtime_ns = bed->standing.mtime_ns,
    };

    memcpy(record.key, &n, sizeof(n));
    return record;
}

static inline struct adl_sink_target make_target(const struct bed *bed)
{
    return (struct adl_sink_target){
        .path = adl_buf_str(&bed->path),
        .overwrite = bed->standing.replaces,
        .mtime_s = ADL_SINK_NO_TIME,
    };
}

static inline void note(struct bed *bed, struct adl_record *record)
{
    assert_int_equal(adl_ledger_note(bed->ledger, record), 0);
    assert_int_equal(adl_ledger_settle(bed->ledger), 0);
}

/* Make the file of the entry that was admitted ready, and note it: all but to
 * give it its name. */
static inline struct adl_sink *get_ready(struct bed *bed, uint64_t n,
                                         const char *text)
{
    struct adl_sink_target target = make_target(bed);
    struct adl_record record = make_entry(bed, n, ADL_RECORD_DONE);
    struct adl_sink *sink = NULL;
    struct adl_sink_error error;
    struct adl_sink_facts facts;

    assert_int_equal(
        adl_sink_open(&sink, bed->dir, &target, strlen(text), &error), 0);
    assert_int_equal(adl_sink_write(sink, text, strlen(text), &error), 0);
    assert_int_equal(adl_sink_prepare(sink, &target, &error), 0);
    assert_int_equal(adl_sink_get_facts(sink, &facts), 0);
    record.bytes = facts.size;
    record.mtime_ns = facts.mtime_ns;
    record.earlier_ns = bed->standing.mtime_ns;
    record.part = facts.part;
    note(bed, &record);
    return sink;
}

/* Likewise, to the end. */
static inline void finish_file(struct bed *bed, uint64_t n, const char *text)
{
    struct adl_sink *sink = get_ready(bed, n, text);
    struct adl_sink_target target = make_target(bed);
    struct adl_sink_error error;

    assert_int_equal(adl_sink_commit(sink, &target, &error), 0);
}

/* Admit an entry and finish its file. */
static inline void save(struct bed *bed, uint64_t n, const char *wanted,
                        const char *text)
{
    admit(bed, n, wanted);
    assert_int_equal(bed->standing.state, ADL_STANDING_OPEN);
    finish_file(bed, n, text);
}

/* Leave half of the body of the entry that was admitted; the name of its part
 * is copied to part. */
static inline void note_half(struct bed *bed, uint64_t n, const char *text,
                             char part[ADL_PART_NAME_MAX])
{
    struct adl_sink *sink = NULL;
    struct adl_sink_error error;
    struct adl_sink_target target = make_target(bed);
    struct adl_record record = make_entry(bed, n, ADL_RECORD_PARTIAL);
    assert_int_equal(adl_sink_open(&sink, bed->dir, &target, 0, &error), 0);
    assert_int_equal(adl_sink_write(sink, text, strlen(text), &error), 0);
    (void)snprintf(part, ADL_PART_NAME_MAX, "%s", adl_sink_get_part(sink));
    record.part = part;
    record.etag = ETAG;
    record.total = 1000;
    note(bed, &record);
    adl_sink_leave(sink);
}

/* Admit an entry and leave half of its body. */
static inline void leave_half(struct bed *bed, uint64_t n, const char *wanted,
                              const char *text, char part[ADL_PART_NAME_MAX])
{
    admit(bed, n, wanted);
    note_half(bed, n, text, part);
}

/* The path of a name aside. */
static inline const char *aside_path(const struct bed *bed, const char *name)
{
    char below[64];

    (void)snprintf(below, sizeof(below), ".asyncdl/%s", name);
    return scratch_path(bed->scratch, below);
}

static inline bool has_text(const struct bed *bed, const char *name,
                            const char *text)
{
    return scratch_holds(scratch_path(bed->scratch, name), text, strlen(text));
}

/* Change the journal as anybody could. The ledger is closed. */
static inline void change_journal(const struct bed *bed, const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(aside_path(bed, "journal.db"), &db),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

#endif
