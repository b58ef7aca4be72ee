/* SPDX-License-Identifier: MIT */
#include "site/stats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The default hash falls through switch labels, which compilers warn about. */
#define HASH_FUNCTION(key, len, hash) HASH_FNV(key, len, hash)
/* uthash must report a failed allocation rather than exit. */
#define HASH_NONFATAL_OOM        1
#define uthash_nonfatal_oom(elt) ((elt)->is_lost = true)
#include <jansson.h>
#include <stdbool.h>
#include <uthash.h>

#include "site/jsontext.h"

/* A client that makes up URLs must not grow the server without end. */
#define MAX_NAMES 65536

struct row {
    struct adl_stats_entry entry;
    bool is_lost; /* uthash had no memory for it */
    UT_hash_handle hh;
    char name[];
};

struct table {
    struct row *rows; /* a hash */
    struct adl_stats_entry rest;
};

struct adl_stats {
    struct table urls;
    struct table hosts;
    struct adl_stats_entry total;
    uint64_t n_connections;
};

int adl_stats_create(struct adl_stats **out)
{
    struct adl_stats *stats = calloc(1, sizeof(*stats));

    if (stats == NULL) {
        return -ENOMEM;
    }
    *out = stats;
    return 0;
}

static void finish_table(struct table *table)
{
    struct row *row = NULL;
    struct row *next = NULL;

    HASH_ITER (hh, table->rows, row, next) {
        HASH_DEL(table->rows, row);
        free(row);
    }
}

void adl_stats_destroy(struct adl_stats *stats)
{
    if (stats == NULL) {
        return;
    }
    finish_table(&stats->urls);
    finish_table(&stats->hosts);
    free(stats);
}

static struct row *add_row(struct table *table, const char *name, size_t len)
{
    struct row *row = calloc(1, sizeof(*row) + len + 1);

    if (row == NULL) {
        return NULL;
    }
    memcpy(row->name, name, len + 1);
    HASH_ADD_KEYPTR(hh, table->rows, row->name, len, row);
    if (row->is_lost) {
        free(row);
        return NULL;
    }
    return row;
}

static struct adl_stats_entry *find_entry(struct table *table, const char *name)
{
    struct row *row = NULL;
    size_t len = strlen(name);

    HASH_FIND(hh, table->rows, name, len, row);
    if (row == NULL && HASH_COUNT(table->rows) >= MAX_NAMES) {
        return &table->rest;
    }
    if (row == NULL) {
        row = add_row(table, name, len);
    }
    return row != NULL ? &row->entry : NULL;
}

static void begin(struct adl_stats_entry *entry)
{
    entry->n_requests++;
    entry->n_active++;
    if (entry->n_active > entry->max_active) {
        entry->max_active = entry->n_active;
    }
}

int adl_stats_begin(struct adl_stats *stats, struct adl_stats_entry **out_url,
                    struct adl_stats_entry **out_host, const char *url,
                    const char *host)
{
    struct adl_stats_entry *url_entry = find_entry(&stats->urls, url);
    struct adl_stats_entry *host_entry = find_entry(&stats->hosts, host);

    if (url_entry == NULL || host_entry == NULL) {
        return -ENOMEM;
    }
    begin(url_entry);
    begin(host_entry);
    begin(&stats->total);
    *out_url = url_entry;
    *out_host = host_entry;
    return 0;
}

void adl_stats_end(struct adl_stats *stats, struct adl_stats_entry *url,
                   struct adl_stats_entry *host)
{
    url->n_active--;
    host->n_active--;
    stats->total.n_active--;
}

void adl_stats_count_connection(struct adl_stats *stats)
{
    stats->n_connections++;
}

static void reset_entry(struct adl_stats_entry *entry)
{
    entry->n_requests = 0;
    entry->max_active = entry->n_active;
}

/* Rows stay, because requests in flight point at them. */
static void reset_table(struct table *table)
{
    for (struct row *row = table->rows; row != NULL; row = row->hh.next) {
        reset_entry(&row->entry);
    }
    reset_entry(&table->rest);
}

void adl_stats_reset(struct adl_stats *stats)
{
    reset_table(&stats->urls);
    reset_table(&stats->hosts);
    reset_entry(&stats->total);
    stats->n_connections = 0;
}

static json_t *dump_entry(const struct adl_stats_entry *entry)
{
    return json_pack("{s:I, s:I, s:I}", "requests",
                     (json_int_t)entry->n_requests, "active",
                     (json_int_t)entry->n_active, "max_concurrent",
                     (json_int_t)entry->max_active);
}

/* Only what was asked for since the reset. NULL without memory. */
static json_t *dump_table(const struct table *table)
{
    json_t *object = json_object();

    for (struct row *row = table->rows; row != NULL; row = row->hh.next) {
        if (row->entry.n_requests == 0 && row->entry.n_active == 0) {
            continue;
        }
        json_t *name = adl_jsontext_create(row->name, strlen(row->name));
        json_t *entry = dump_entry(&row->entry);

        (void)json_object_set_new(object, json_string_value(name), entry);
        json_decref(name);
    }
    return object;
}

char *adl_stats_dump(const struct adl_stats *stats)
{
    json_t *root =
        json_pack("{s:I, s:I, s:I, s:I, s:o, s:o}", "requests",
                  (json_int_t)stats->total.n_requests, "active",
                  (json_int_t)stats->total.n_active, "max_concurrent",
                  (json_int_t)stats->total.max_active, "connections",
                  (json_int_t)stats->n_connections, "hosts",
                  dump_table(&stats->hosts), "urls", dump_table(&stats->urls));
    char *text = root != NULL ? json_dumps(root, JSON_INDENT(1)) : NULL;

    json_decref(root);
    return text;
}
