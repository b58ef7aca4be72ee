/* SPDX-License-Identifier: MIT */
/* A row of the journal's table of entries, and the record that it stands for.
 */
#ifndef ADL_STORE_JOURNAL_ROW_H
#define ADL_STORE_JOURNAL_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#define ADL_JOURNAL_KEY    16 /* bytes of an entry's key */
#define ADL_JOURNAL_SHA256 32
#define ADL_ROW_HEX        (2 * ADL_JOURNAL_SHA256)

enum adl_record_state {
    ADL_RECORD_DONE = 1,
    ADL_RECORD_PARTIAL,
    ADL_RECORD_FAILED,
};

/* What is known of an entry of the list. Of those marked with *, a finished one
 * has none: they are not kept. */
struct adl_record {
    uint64_t id; /* from 1, in the order in which lines were first met */
    uint8_t key[ADL_JOURNAL_KEY]; /* of the entry: a hash */
    enum adl_record_state state;
    const char *url;  /* redacted; NULL is written as "" */
    const char *path; /* below DIR, or NULL */
    unsigned attempts;
    uint64_t bytes;   /* of the file, or of the part that is on the disk */
    uint64_t total;   /* * the whole size; 0: unknown */
    int64_t mtime_ns; /* of the finished file; of others, as earlier_ns */
    /* Of a finished file: the time of the earlier file of the entry that it
     * was to replace, and a crash may have kept it from that. 0: none. */
    int64_t earlier_ns;
    const char *etag; /* validators as sent, or NULL */
    const char *last_modified;
    bool has_sha256;
    uint8_t sha256[ADL_JOURNAL_SHA256];
    const char
        *checksum;     /* "sha-512=HEX" that it is checked against, or NULL */
    const char *part;  /* the part file in .asyncdl/, or NULL; of a finished
                          one: what a crash may have kept from its name */
    const char *boot;  /* * boot id under which the part was written, NULL */
    int err;           /* * why it failed: a code of asyncdl/error.h */
    int status;        /* * HTTP status of the last answer, or 0 */
    bool is_retryable; /* * */
    const char *error; /* * why it failed, in words, or NULL */
};

/* The columns in the order in which rows are read, and those of them by which a
 * finished file is known: a line that is done before needs no more. */
#define ADL_ROW_KNOWN_COLUMNS                                \
    "id, key, state, path, bytes, mtime, mtime_ns, sha256, " \
    "attempts, checksum, part, earlier_ns"
#define ADL_ROW_COLUMNS                                         \
    ADL_ROW_KNOWN_COLUMNS ", url, etag, last_modified, total, " \
                          "boot, err, status, retryable, error"

/* What a plain record has, in the order in which it is bound. */
#define ADL_ROW_PLAIN_COLUMNS                                              \
    "id, key, path, bytes, mtime, mtime_ns, sha256, attempts, url, etag, " \
    "last_modified"
#define ADL_ROW_PLAIN_VALUES "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

/* Write a row, in place of one that has its id. */
#define ADL_ROW_PUT                                                     \
    "REPLACE INTO main.entries (" ADL_ROW_PLAIN_COLUMNS ", state, "     \
    "checksum, part, earlier_ns, total, boot, err, status, retryable, " \
    "error) VALUES (" ADL_ROW_PLAIN_VALUES ", ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

/* What most rows are, for less work: plain, and the first of their ids. No row
 * where there is one. One row, or a group of them for less yet. */
#define ADL_ROW_PUT_FIRST ADL_ROW_INSERT ADL_ROW_FIRST
#define ADL_ROW_PUT_GROUP                                              \
    ADL_ROW_INSERT ADL_ROW_FIRST ", " ADL_ROW_FIRST ", " ADL_ROW_FIRST \
                                 ", " ADL_ROW_FIRST ", " ADL_ROW_FIRST \
                                 ", " ADL_ROW_FIRST ", " ADL_ROW_FIRST \
                                 ", " ADL_ROW_FIRST
#define ADL_ROW_GROUP 8
#define ADL_ROW_INSERT                                                       \
    "INSERT OR IGNORE INTO main.entries (" ADL_ROW_PLAIN_COLUMNS ", state) " \
    "VALUES "
#define ADL_ROW_FIRST "(" ADL_ROW_PLAIN_VALUES ", 'done')"

/* Another time for the file of a row. */
#define ADL_ROW_RENEWAL \
    "UPDATE main.entries SET mtime = ?2, mtime_ns = ?3 WHERE id = ?1"

/* Strings of records. */
struct adl_arena {
    char *bytes;
    size_t used;
    size_t cap;
};

/* Is nothing known of it but what ADL_ROW_PLAIN_COLUMNS name, and that it is
 * done? */
bool adl_row_is_plain(const struct adl_record *record);

/*
 * Bind a record to all parameters of stmt, which is ADL_ROW_PUT; its strings
 * are borrowed until stmt is stepped, and so is hex, where its SHA-256 is
 * written. Answers SQLite's result code.
 */
int adl_row_bind(sqlite3_stmt *stmt, const struct adl_record *record,
                 char hex[ADL_ROW_HEX]);

/* Likewise, of a plain record: as the i-th row of ADL_ROW_PUT_GROUP, or the 0th
 * of ADL_ROW_PUT_FIRST. */
int adl_row_bind_plain(sqlite3_stmt *stmt, size_t i,
                       const struct adl_record *record, char hex[ADL_ROW_HEX]);

/* Likewise, of ADL_ROW_RENEWAL. */
int adl_row_bind_renewal(sqlite3_stmt *stmt, uint64_t id, int64_t mtime_ns);

/*
 * Read the row that stmt is at, of all columns or the known ones alone, which
 * leave the rest zero; strings are copied to the arena. 0, -ENOBUFS
 * when they do not fit, ASYNCDL_EJOURNAL for what no asyncdl wrote.
 */
int adl_row_read(struct adl_record *out, struct adl_arena *arena,
                 sqlite3_stmt *stmt);

/* Copy a record and its strings to one block of memory, for the caller to free.
 * 0 or -ENOMEM. */
int adl_record_copy(struct adl_record **out, const struct adl_record *record);

/* Copy a record, and its strings to room. False where they need more than cap.
 */
bool adl_record_copy_to(struct adl_record *out, const struct adl_record *record,
                        char *room, size_t cap);

#endif
