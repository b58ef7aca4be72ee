/* SPDX-License-Identifier: MIT */
#include "store/journal_window.h"

#include <errno.h>
#include <stdlib.h>

#define ARENA_FIRST 65536u

void adl_window_finish(struct adl_window *window)
{
    free(window->arena.bytes);
    *window = (struct adl_window){0};
}

/* Only while it holds nothing: records point into it. */
static int grow(struct adl_arena *arena)
{
    size_t cap = arena->cap > 0 ? 2 * arena->cap : ARENA_FIRST;
    char *bytes = calloc(1, cap);

    if (bytes == NULL) {
        return -ENOMEM;
    }
    free(arena->bytes);
    *arena = (struct adl_arena){.bytes = bytes, .cap = cap};
    return 0;
}

/* Add the row that stmt is at. 1, 0 when the window is full, or negative. */
static int add(struct adl_window *window, sqlite3_stmt *stmt)
{
    struct adl_record *record = &window->records[window->n];
    int err = adl_row_read(record, &window->arena, stmt);

    while (err == -ENOBUFS && window->n == 0) {
        err = grow(&window->arena);
        if (err == 0) {
            err = adl_row_read(record, &window->arena, stmt);
        }
    }
    if (err == -ENOBUFS) {
        return 0;
    }
    if (err < 0) {
        return err;
    }
    window->n++;
    return 1;
}

static int bind(sqlite3_stmt *stmt, const struct adl_window_range *range)
{
    int rc = sqlite3_bind_int64(stmt, 1, (sqlite3_int64)range->after);

    if (rc == SQLITE_OK) {
        rc = sqlite3_bind_int64(stmt, 2, (sqlite3_int64)range->last);
    }
    return rc != SQLITE_OK
               ? rc
               : sqlite3_bind_int64(stmt, 3, (sqlite3_int64)range->n_max);
}

int adl_window_fill(struct adl_window *window, sqlite3_stmt *stmt,
                    const struct adl_window_range *range, int *out_rc)
{
    int rc = bind(stmt, range);
    int more = rc == SQLITE_OK;

    window->n = 0;
    window->arena.used = 0;
    while (more > 0) {
        rc = sqlite3_step(stmt);
        more = rc == SQLITE_ROW ? add(window, stmt) : 0;
        if (window->n == range->n_max) {
            more = more < 0 ? more : 0;
        }
    }
    (void)sqlite3_reset(stmt); /* repeats rc */
    *out_rc = rc;
    if (more == 0 && rc != SQLITE_ROW && rc != SQLITE_DONE) {
        more = -EIO;
    }
    if (more < 0) {
        window->n = 0;
        return more;
    }
    return 0;
}
