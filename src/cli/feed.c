/* SPDX-License-Identifier: MIT */
#include "cli/feed.h"

#include <errno.h>
#include <string.h>

#include "asyncdl/error.h"
#include "cli/request.h"

/* Is it one that --dups once leaves out? 1, 0 or an error. */
static int is_duplicate(struct adl_feed *feed, const struct adl_entry *entry)
{
    if (feed->options->dups != ADL_DUPS_ONCE) {
        return 0;
    }
    int is_new = adl_seen_add(&feed->seen, entry->urls.items[0]);
    return is_new < 0 ? is_new : !is_new;
}

/*
 * Hand an entry to the client, unless it is one to leave out: 1. What comes of
 * it goes to --failed's list, and so does what fails by no fault of its own.
 */
static int fetch(struct adl_feed *feed, const struct adl_entry *entry)
{
    struct asyncdl_request request = adl_request_make(entry, feed->options);
    struct adl_failed_ticket *ticket;
    int rc = adl_failed_ticket(&ticket, feed->failed, entry);

    if (rc == 0) {
        rc = is_duplicate(feed, entry);
    }
    if (rc == 0) {
        rc = asyncdl_fetch(NULL, feed->client, &request,
                           ticket != NULL ? adl_failed_on_done : NULL, ticket);
    }
    if (rc == -ENOMEM || rc == -EIO || rc == -ENOSPC) {
        adl_failed_use(ticket);
    } else if (rc != 0) {
        adl_failed_drop(ticket);
    }
    return rc;
}

static void on_refused(struct adl_feed *feed, const struct adl_entry *entry,
                       const struct adl_place *place, int err)
{
    if (err == -EIO || err == -ENOSPC) {
        adl_msg_error(feed->msg, "cannot keep which URLs were there before: %s",
                      strerror(-err));
        feed->on_fault(err, feed->data); /* no line is to blame */
        return;
    }
    if (err == -ENOMEM) {
        feed->tally->n_retryable++; /* another run may have more */
    } else {
        feed->tally->n_bad++;
        adl_failed_add_bad(feed->failed, place, asyncdl_strerror(err));
    }
    adl_complain_of_url(feed->complain, place, entry->urls.items[0], err);
}

static bool on_entry(const struct adl_entry *entry,
                     const struct adl_place *place, void *data)
{
    struct adl_feed *feed = data;
    int rc = fetch(feed, entry);

    feed->n_read++;
    feed->n_accepted += rc == 0;
    feed->tally->n_dups += rc > 0;
    if (rc < 0) {
        on_refused(feed, entry, place, rc);
    }
    return rc == 0;
}

static void on_read(int err, const char *source, void *data)
{
    struct adl_feed *feed = data;

    feed->is_read = err == 0;
    if (err < 0) {
        adl_msg_error(feed->msg, "cannot read on in %s: %s", source,
                      strerror(-err));
        feed->on_fault(err, feed->data);
    } else {
        feed->on_end(feed->data);
    }
}

static void on_bad(const struct adl_place *place, const char *why, void *data)
{
    struct adl_feed *feed = data;

    feed->n_read++;
    feed->tally->n_bad++;
    adl_failed_add_bad(feed->failed, place, why);
    adl_complain_of_line(feed->complain, place, why);
}

static void on_unknown(const struct adl_place *place, const char *name,
                       void *data)
{
    struct adl_feed *feed = data;

    adl_complain_of_option(feed->complain, place, name);
}

static void on_want(size_t n_wanted, void *data)
{
    struct adl_feed *feed = data;

    adl_reader_want(&feed->reader, n_wanted);
}

static void on_reader_closed(void *data)
{
    (void)data;
}

int adl_feed_init(struct adl_feed *feed, uv_loop_t *loop,
                  struct adl_sources *sources)
{
    const struct adl_reader_options reading = {
        .sources = sources,
        .protocols = feed->options->client.http.protocols,
        .on_entry = on_entry,
        .on_end = on_read,
        .list = {.on_bad = on_bad, .on_unknown = on_unknown},
        .data = feed,
    };
    uint64_t key[2];
    int err = uv_random(NULL, NULL, key, sizeof(key), 0, NULL);

    if (err < 0) {
        return err;
    }
    adl_seen_init(&feed->seen, key);
    return adl_reader_init(&feed->reader, loop, &reading);
}

void adl_feed_start(struct adl_feed *feed)
{
    asyncdl_client_on_want(feed->client, on_want, feed);
}

void adl_feed_close(struct adl_feed *feed)
{
    asyncdl_client_on_want(feed->client, NULL, NULL);
    adl_reader_close(&feed->reader, on_reader_closed);
}

void adl_feed_finish(struct adl_feed *feed)
{
    adl_seen_finish(&feed->seen);
}
