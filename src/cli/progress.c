/* SPDX-License-Identifier: MIT */
/*
 * Only those are remembered that told of bytes before their end or that wait
 * to try again: most are small, and over before there is anything to say.
 */
#include "cli/progress.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cli/plain.h"

/* Without memory uthash shall leave an item out, not end the program. */
#define HASH_NONFATAL_OOM         1
#define uthash_nonfatal_oom(item) ((item)->is_lost = true)
/* the default one falls through its cases without saying so */
#define HASH_FUNCTION(key, len, hash) HASH_FNV(key, len, hash)
#include <uthash.h>

struct adl_progress_item {
    UT_hash_handle hh; /* progress.items */
    uint64_t id;
    uint64_t bytes; /* that this run got */
    uint64_t resumed;
    uint64_t total; /* 0: not known */
    bool is_retrying;
    bool is_lost;
};

void adl_progress_finish(struct adl_progress *progress)
{
    struct adl_progress_item *item = NULL;
    struct adl_progress_item *next = NULL;

    HASH_ITER (hh, progress->items, item, next) {
        HASH_DEL(progress->items, item);
        free(item);
    }
    *progress = (struct adl_progress){0};
}

static struct adl_progress_item *find(struct adl_progress *progress,
                                      uint64_t id)
{
    struct adl_progress_item *item = NULL;

    HASH_FIND(hh, progress->items, &id, sizeof(id), item);
    return item;
}

/* The one of a transfer, made where there is none; NULL without memory. */
static struct adl_progress_item *get(struct adl_progress *progress, uint64_t id)
{
    struct adl_progress_item *item = find(progress, id);

    if (item != NULL) {
        return item;
    }
    item = calloc(1, sizeof(*item));
    if (item == NULL) {
        return NULL; /* the numbers are a little wrong then */
    }
    item->id = id;
    HASH_ADD(hh, progress->items, id, sizeof(item->id), item);
    if (item->is_lost) {
        free(item);
        return NULL;
    }
    return item;
}

static void set(struct adl_progress *progress, struct adl_progress_item *item,
                uint64_t bytes, bool is_retrying)
{
    progress->part_bytes += bytes - item->bytes;
    progress->n_retrying += (uint64_t)is_retrying - item->is_retrying;
    item->bytes = bytes;
    item->is_retrying = is_retrying;
}

static void drop(struct adl_progress *progress, struct adl_progress_item *item)
{
    set(progress, item, 0, false);
    HASH_DEL(progress->items, item);
    free(item);
}

void adl_progress_on_event(const struct asyncdl_event *event, void *data)
{
    struct adl_progress *progress = data;
    bool is_retry = event->type == ASYNCDL_EVENT_RETRY;
    struct adl_progress_item *item =
        is_retry || event->type == ASYNCDL_EVENT_PROGRESS
            ? get(progress, event->id)
            : find(progress, event->id);

    if (item == NULL) {
        return;
    }
    if (event->type == ASYNCDL_EVENT_DONE) {
        drop(progress, item);
    } else {
        item->total = event->total;
        item->resumed = event->bytes_resumed < event->bytes
                            ? event->bytes_resumed
                            : event->bytes;
        set(progress, item, event->bytes - item->resumed, is_retry);
    }
}

void adl_progress_sum(struct adl_progress_sums *out,
                      const struct adl_progress *progress)
{
    const struct adl_progress_item *item = NULL;
    const struct adl_progress_item *next = NULL;

    *out = (struct adl_progress_sums){.n_there = 0};
    HASH_ITER (hh, progress->items, item, next) {
        uint64_t there = item->bytes + item->resumed;

        if (item->total > 0 && there <= item->total) {
            double total = (double)item->total;

            out->n_there += (double)there / total;
            out->n_got += (double)item->bytes / total;
            out->bytes_left += (double)(item->total - there);
        }
    }
}

int adl_progress_add_line(struct adl_buf *buf,
                          const struct adl_progress *progress,
                          const struct adl_progress_facts *facts)
{
    const struct adl_tally *tally = facts->tally;
    double least_s = facts->elapsed_s > 0.001 ? facts->elapsed_s : 0.001;
    double bytes = (double)(tally->bytes + progress->part_bytes);
    int err = adl_buf_addf(buf, "%" PRIu64 " done of %" PRIu64 " read%s, ",
                           tally->n_done + tally->n_before + tally->n_in_way,
                           facts->n_read, facts->is_read ? "" : " so far");

    err = err < 0 ? err : adl_plain_add_size(buf, bytes);
    err = err < 0 ? err : adl_buf_add_str(buf, ", ");
    err = err < 0 ? err : adl_plain_add_size(buf, bytes / least_s);
    return err < 0 ? err
                   : adl_buf_addf(buf,
                                  "/s, active %" PRIu64 ", retrying %" PRIu64
                                  ", failed %" PRIu64,
                                  facts->n_active, progress->n_retrying,
                                  tally->n_failed + tally->n_retryable +
                                      tally->n_bad);
}
