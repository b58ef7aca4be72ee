/* SPDX-License-Identifier: MIT */
#include "store/journal_row.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "asyncdl/error.h"

#define NS_PER_S INT64_C(1000000000)

enum column {
    COLUMN_ID,
    COLUMN_KEY,
    COLUMN_STATE,
    COLUMN_PATH,
    COLUMN_BYTES,
    COLUMN_MTIME,
    COLUMN_MTIME_NS,
    COLUMN_SHA256,
    COLUMN_ATTEMPTS,
    COLUMN_CHECKSUM,
    COLUMN_PART,
    COLUMN_EARLIER_NS,
    N_KNOWN_COLUMNS,
    COLUMN_URL = N_KNOWN_COLUMNS,
    COLUMN_ETAG,
    COLUMN_LAST_MODIFIED,
    COLUMN_TOTAL,
    COLUMN_BOOT,
    COLUMN_ERR,
    COLUMN_STATUS,
    COLUMN_RETRYABLE,
    COLUMN_ERROR,
};

/* Of ADL_ROW_PUT; those of a plain record come first, as in the statements that
 * have no others. */
enum parameter {
    PARAMETER_ID = 1,
    PARAMETER_KEY,
    PARAMETER_PATH,
    PARAMETER_BYTES,
    PARAMETER_MTIME,
    PARAMETER_MTIME_NS,
    PARAMETER_SHA256,
    PARAMETER_ATTEMPTS,
    PARAMETER_URL,
    PARAMETER_ETAG,
    PARAMETER_LAST_MODIFIED,
    N_PLAIN = PARAMETER_LAST_MODIFIED,
    PARAMETER_STATE,
    PARAMETER_CHECKSUM,
    PARAMETER_PART,
    PARAMETER_EARLIER_NS,
    PARAMETER_TOTAL,
    PARAMETER_BOOT,
    PARAMETER_ERR,
    PARAMETER_STATUS,
    PARAMETER_RETRYABLE,
    PARAMETER_ERROR,
};

static const struct {
    enum adl_record_state state;
    const char *name;
} states[] = {
    {ADL_RECORD_DONE, "done"},
    {ADL_RECORD_PARTIAL, "half"},
    {ADL_RECORD_FAILED, "failed"},
};

static const char *get_state_name(enum adl_record_state state)
{
    return states[state - ADL_RECORD_DONE].name;
}

/* Whole seconds and what is left, which is never negative. */
struct time_parts {
    int64_t s;
    int64_t ns;
};

static struct time_parts part_time(int64_t mtime_ns)
{
    int64_t rest_ns = mtime_ns % NS_PER_S;

    if (rest_ns < 0) {
        rest_ns += NS_PER_S;
    }
    return (struct time_parts){(mtime_ns - rest_ns) / NS_PER_S, rest_ns};
}

/* The first failure of several calls, which are skipped from then on. */
struct binding {
    sqlite3_stmt *stmt;
    int base; /* parameters before those of the row */
    int rc;
};

static void bind_int(struct binding *to, enum parameter parameter,
                     int64_t value)
{
    if (to->rc == SQLITE_OK) {
        to->rc = sqlite3_bind_int64(to->stmt, to->base + (int)parameter, value);
    }
}

/* NULL is bound as NULL. */
static void bind_text(struct binding *to, enum parameter parameter,
                      const char *text)
{
    if (to->rc == SQLITE_OK) {
        to->rc = sqlite3_bind_text(to->stmt, to->base + (int)parameter, text,
                                   -1, SQLITE_STATIC);
    }
}

static void bind_key(struct binding *to, const uint8_t key[ADL_JOURNAL_KEY])
{
    if (to->rc == SQLITE_OK) {
        to->rc = sqlite3_bind_blob(to->stmt, to->base + PARAMETER_KEY, key,
                                   ADL_JOURNAL_KEY, SQLITE_STATIC);
    }
}

static char get_hex_digit(unsigned value)
{
    return (char)(value + '0' + (value > 9 ? 'a' - '0' - 10 : 0));
}

static void bind_sha256(struct binding *to, const struct adl_record *record,
                        char hex[ADL_ROW_HEX])
{
    if (!record->has_sha256) {
        bind_text(to, PARAMETER_SHA256, NULL);
        return;
    }
    for (size_t i = 0; i < ADL_JOURNAL_SHA256; i++) {
        hex[2 * i] = get_hex_digit(record->sha256[i] >> 4);
        hex[2 * i + 1] = get_hex_digit(record->sha256[i] & 15);
    }
    if (to->rc == SQLITE_OK) {
        to->rc = sqlite3_bind_text(to->stmt, to->base + PARAMETER_SHA256, hex,
                                   ADL_ROW_HEX, SQLITE_STATIC);
    }
}

static void bind_plain(struct binding *to, const struct adl_record *record,
                       char hex[ADL_ROW_HEX])
{
    const struct time_parts time = part_time(record->mtime_ns);

    bind_int(to, PARAMETER_ID, (int64_t)record->id);
    bind_key(to, record->key);
    bind_text(to, PARAMETER_PATH, record->path);
    bind_int(to, PARAMETER_BYTES, (int64_t)record->bytes);
    bind_int(to, PARAMETER_MTIME, time.s);
    bind_int(to, PARAMETER_MTIME_NS, time.ns);
    bind_sha256(to, record, hex);
    bind_int(to, PARAMETER_ATTEMPTS, record->attempts);
    bind_text(to, PARAMETER_URL, record->url != NULL ? record->url : "");
    bind_text(to, PARAMETER_ETAG, record->etag);
    bind_text(to, PARAMETER_LAST_MODIFIED, record->last_modified);
}

int adl_row_bind_plain(sqlite3_stmt *stmt, size_t i,
                       const struct adl_record *record, char hex[ADL_ROW_HEX])
{
    struct binding to = {.stmt = stmt, .base = (int)i * N_PLAIN};

    bind_plain(&to, record, hex);
    return to.rc;
}

/* What is told of a file that is not finished alone; else it is NULL. */
static void bind_why(struct binding *to, const struct adl_record *record)
{
    bind_int(to, PARAMETER_TOTAL, (int64_t)record->total);
    bind_int(to, PARAMETER_ERR, record->err);
    bind_int(to, PARAMETER_STATUS, record->status);
    bind_int(to, PARAMETER_RETRYABLE, record->is_retryable);
    bind_text(to, PARAMETER_BOOT, record->boot);
    bind_text(to, PARAMETER_ERROR, record->error);
}

bool adl_row_is_plain(const struct adl_record *record)
{
    return record->state == ADL_RECORD_DONE && record->checksum == NULL &&
           record->part == NULL && record->earlier_ns == 0;
}

int adl_row_bind(sqlite3_stmt *stmt, const struct adl_record *record,
                 char hex[ADL_ROW_HEX])
{
    struct binding to = {.stmt = stmt, .rc = sqlite3_clear_bindings(stmt)};

    bind_plain(&to, record, hex);
    bind_text(&to, PARAMETER_STATE, get_state_name(record->state));
    bind_text(&to, PARAMETER_CHECKSUM, record->checksum);
    bind_text(&to, PARAMETER_PART, record->part);
    if (record->earlier_ns != 0) {
        bind_int(&to, PARAMETER_EARLIER_NS, record->earlier_ns);
    }
    if (record->state != ADL_RECORD_DONE) {
        bind_why(&to, record);
    }
    return to.rc;
}

int adl_row_bind_renewal(sqlite3_stmt *stmt, uint64_t id, int64_t mtime_ns)
{
    const struct time_parts time = part_time(mtime_ns);
    int rc = sqlite3_bind_int64(stmt, 1, (sqlite3_int64)id);

    rc = rc != SQLITE_OK ? rc : sqlite3_bind_int64(stmt, 2, time.s);
    return rc != SQLITE_OK ? rc : sqlite3_bind_int64(stmt, 3, time.ns);
}

/* *out is NULL for NULL. 0, -ENOBUFS, or -ENOMEM. */
static int read_text(const char **out, struct adl_arena *arena,
                     sqlite3_stmt *stmt, enum column column)
{
    const void *text = sqlite3_column_text(stmt, (int)column);

    *out = NULL;
    if (text == NULL) {
        return sqlite3_column_type(stmt, (int)column) == SQLITE_NULL ? 0
                                                                     : -ENOMEM;
    }
    size_t len = (size_t)sqlite3_column_bytes(stmt, (int)column);
    if (arena->cap - arena->used <= len) {
        return -ENOBUFS;
    }
    char *copy = arena->bytes + arena->used;
    memcpy(copy, text, len);
    copy[len] = '\0';
    arena->used += len + 1;
    *out = copy;
    return 0;
}

static int read_state(enum adl_record_state *out, sqlite3_stmt *stmt)
{
    const char *name = (const char *)sqlite3_column_text(stmt, COLUMN_STATE);

    for (size_t i = 0; name != NULL && i < sizeof(states) / sizeof(states[0]);
         i++) {
        if (strcmp(name, states[i].name) == 0) {
            *out = states[i].state;
            return 0;
        }
    }
    return ASYNCDL_EJOURNAL;
}

static int read_key(uint8_t key[ADL_JOURNAL_KEY], sqlite3_stmt *stmt)
{
    const void *bytes = sqlite3_column_blob(stmt, COLUMN_KEY);

    if (bytes == NULL ||
        sqlite3_column_bytes(stmt, COLUMN_KEY) != ADL_JOURNAL_KEY) {
        return ASYNCDL_EJOURNAL;
    }
    memcpy(key, bytes, ADL_JOURNAL_KEY);
    return 0;
}

/* The value of a digit and 1; 0: none. */
static const uint8_t digit_values[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
    ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
    ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

static int read_sha256(struct adl_record *out, sqlite3_stmt *stmt)
{
    const char *hex = (const char *)sqlite3_column_text(stmt, COLUMN_SHA256);

    if (hex == NULL) {
        return 0;
    }
    if (sqlite3_column_bytes(stmt, COLUMN_SHA256) != ADL_ROW_HEX) {
        return ASYNCDL_EJOURNAL;
    }
    for (size_t i = 0; i < ADL_JOURNAL_SHA256; i++) {
        unsigned high = digit_values[(uint8_t)hex[2 * i]];
        unsigned low = digit_values[(uint8_t)hex[2 * i + 1]];

        if (high == 0 || low == 0) {
            return ASYNCDL_EJOURNAL;
        }
        out->sha256[i] = (uint8_t)((high - 1) << 4 | (low - 1));
    }
    out->has_sha256 = true;
    return 0;
}

/* 0 and the number, or ASYNCDL_EJOURNAL where it is out of range. */
static int read_int(int64_t *out, sqlite3_stmt *stmt, enum column column,
                    int64_t min, int64_t max)
{
    *out = sqlite3_column_int64(stmt, (int)column);
    return *out >= min && *out <= max ? 0 : ASYNCDL_EJOURNAL;
}

static int read_numbers(struct adl_record *out, sqlite3_stmt *stmt)
{
    int64_t id = 0;
    int64_t bytes = 0;
    int64_t attempts = 0;
    int64_t mtime_s = 0;
    int64_t mtime_ns = 0;

    if (read_int(&id, stmt, COLUMN_ID, 1, INT64_MAX) < 0 ||
        read_int(&bytes, stmt, COLUMN_BYTES, 0, INT64_MAX) < 0 ||
        read_int(&attempts, stmt, COLUMN_ATTEMPTS, 0, UINT_MAX) < 0 ||
        read_int(&mtime_s, stmt, COLUMN_MTIME, INT64_MIN / NS_PER_S + 1,
                 INT64_MAX / NS_PER_S - 1) < 0 ||
        read_int(&mtime_ns, stmt, COLUMN_MTIME_NS, 0, NS_PER_S - 1) < 0) {
        return ASYNCDL_EJOURNAL;
    }
    out->id = (uint64_t)id;
    out->bytes = (uint64_t)bytes;
    out->attempts = (unsigned)attempts;
    out->mtime_ns = mtime_s * NS_PER_S + mtime_ns;
    out->earlier_ns = sqlite3_column_int64(stmt, COLUMN_EARLIER_NS);
    return 0;
}

struct text {
    const char **out;
    enum column column;
};

static int read_texts(const struct text *texts, size_t n,
                      struct adl_arena *arena, sqlite3_stmt *stmt)
{
    int err = 0;

    for (size_t i = 0; err == 0 && i < n; i++) {
        err = read_text(texts[i].out, arena, stmt, texts[i].column);
    }
    return err;
}

static int read_known(struct adl_record *out, struct adl_arena *arena,
                      sqlite3_stmt *stmt)
{
    const struct text texts[] = {
        {&out->path, COLUMN_PATH},
        {&out->checksum, COLUMN_CHECKSUM},
        {&out->part, COLUMN_PART},
    };
    int err = read_key(out->key, stmt);

    if (err == 0) {
        err = read_state(&out->state, stmt);
    }
    if (err == 0) {
        err = read_sha256(out, stmt);
    }
    if (err == 0) {
        err = read_numbers(out, stmt);
    }
    return err < 0 ? err
                   : read_texts(texts, sizeof(texts) / sizeof(texts[0]), arena,
                                stmt);
}

static int read_source(struct adl_record *out, struct adl_arena *arena,
                       sqlite3_stmt *stmt)
{
    const struct text texts[] = {
        {&out->url, COLUMN_URL},
        {&out->etag, COLUMN_ETAG},
        {&out->last_modified, COLUMN_LAST_MODIFIED},
    };
    int err = read_texts(texts, sizeof(texts) / sizeof(texts[0]), arena, stmt);

    return err == 0 && out->url == NULL ? ASYNCDL_EJOURNAL : err;
}

/* What a finished file does not have. */
static int read_rest(struct adl_record *out, struct adl_arena *arena,
                     sqlite3_stmt *stmt)
{
    int64_t total = 0;
    int64_t code = 0;
    int64_t status = 0;

    if (read_int(&total, stmt, COLUMN_TOTAL, 0, INT64_MAX) < 0 ||
        read_int(&code, stmt, COLUMN_ERR, INT_MIN, 0) < 0 ||
        read_int(&status, stmt, COLUMN_STATUS, 0, INT_MAX) < 0) {
        return ASYNCDL_EJOURNAL;
    }
    out->total = (uint64_t)total;
    out->err = (int)code;
    out->status = (int)status;
    out->is_retryable = sqlite3_column_int(stmt, COLUMN_RETRYABLE) != 0;
    int err = read_text(&out->boot, arena, stmt, COLUMN_BOOT);
    return err < 0 ? err : read_text(&out->error, arena, stmt, COLUMN_ERROR);
}

int adl_row_read(struct adl_record *out, struct adl_arena *arena,
                 sqlite3_stmt *stmt)
{
    bool has_rest = sqlite3_column_count(stmt) > N_KNOWN_COLUMNS;
    size_t used = arena->used;

    *out = (struct adl_record){0};
    int err = read_known(out, arena, stmt);
    if (err == 0 && has_rest) {
        err = read_source(out, arena, stmt);
    }
    if (err == 0 && has_rest && out->state != ADL_RECORD_DONE) {
        err = read_rest(out, arena, stmt);
    }
    if (err < 0) {
        arena->used = used;
    }
    return err;
}

#define N_TEXTS 8

/* What the strings of a record need, with their ends. */
struct sizes {
    size_t of[N_TEXTS]; /* 0: NULL */
    size_t all;
};

static struct sizes measure(const struct adl_record *record)
{
    const char *const texts[N_TEXTS] = {
        record->url,      record->path, record->etag, record->last_modified,
        record->checksum, record->part, record->boot, record->error,
    };
    struct sizes sizes = {.all = 0};

    for (size_t i = 0; i < N_TEXTS; i++) {
        sizes.of[i] = texts[i] != NULL ? strlen(texts[i]) + 1 : 0;
        sizes.all += sizes.of[i];
    }
    return sizes;
}

/* Move the strings of a record, of these sizes, to room. */
static void move_texts(struct adl_record *record, const struct sizes *sizes,
                       char *room)
{
    const char **const texts[N_TEXTS] = {
        &record->url,      &record->path, &record->etag, &record->last_modified,
        &record->checksum, &record->part, &record->boot, &record->error,
    };

    for (size_t i = 0; i < N_TEXTS; i++) {
        if (sizes->of[i] > 0) {
            memcpy(room, *texts[i], sizes->of[i]);
            *texts[i] = room;
            room += sizes->of[i];
        }
    }
}

int adl_record_copy(struct adl_record **out, const struct adl_record *record)
{
    const struct sizes sizes = measure(record);
    struct adl_record *copy = malloc(sizeof(*copy) + sizes.all);

    if (copy == NULL) {
        return -ENOMEM;
    }
    *copy = *record;
    move_texts(copy, &sizes, (char *)(copy + 1));
    *out = copy;
    return 0;
}

bool adl_record_copy_to(struct adl_record *out, const struct adl_record *record,
                        char *room, size_t cap)
{
    const struct sizes sizes = measure(record);

    if (sizes.all > cap) {
        return false;
    }
    *out = *record;
    move_texts(out, &sizes, room);
    return true;
}
