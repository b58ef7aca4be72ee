/* SPDX-License-Identifier: MIT */
#include "cli/timing.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asyncdl/error.h"
#include "cli/phases.h"
#include "cli/plain.h"
#include "cli/url.h"
#include "util/redact.h"

/* Without memory uthash shall leave an item out, not end the program. */
#define HASH_NONFATAL_OOM         1
#define uthash_nonfatal_oom(item) ((item)->is_lost = true)
/* the default one falls through its cases without saying so */
#define HASH_FUNCTION(key, len, hash) HASH_FNV(key, len, hash)
#include <uthash.h>

#define MAX_SPANS 64 /* of a transfer: then later ones are only counted */

struct span {
    enum asyncdl_span_kind kind;
    uint64_t from_ns;
    uint64_t to_ns;
};

struct adl_timing_item {
    UT_hash_handle hh; /* timing.items */
    uint64_t id;
    uint64_t at_ns;      /* told of up to here */
    uint64_t started_ns; /* its first attempt; 0: none yet */
    uint64_t retry_ns;   /* until then it waits to try again */
    bool is_under_way;   /* an attempt is */
    bool is_tls;         /* that attempt */
    bool is_lost;
    uint64_t ns[ASYNCDL_N_SPAN_KINDS];
    struct span *spans;
    size_t n_spans;
    size_t cap;
};

static void free_item(struct adl_timing *timing, struct adl_timing_item *item)
{
    HASH_DEL(timing->items, item);
    free(item->spans);
    free(item);
}

void adl_timing_finish(struct adl_timing *timing)
{
    struct adl_timing_item *item = NULL;
    struct adl_timing_item *next = NULL;

    HASH_ITER (hh, timing->items, item, next) {
        free_item(timing, item);
    }
    for (size_t i = 0; timing->hosts != NULL && i < timing->n_hosts; i++) {
        for (size_t k = 0; k < ASYNCDL_N_SPAN_KINDS; k++) {
            adl_quantile_finish(&timing->hosts[i].phases[k]);
        }
    }
    free(timing->hosts);
    *timing = (struct adl_timing){0};
}

/* Without memory for it a transfer is not drawn. */
static void begin(struct adl_timing *timing, uint64_t id, uint64_t now_ns)
{
    struct adl_timing_item *item = calloc(1, sizeof(*item));

    if (item == NULL) {
        return;
    }
    item->id = id;
    item->at_ns = now_ns;
    HASH_ADD(hh, timing->items, id, sizeof(item->id), item);
    if (item->is_lost) {
        free(item);
    }
}

static void keep_span(struct adl_timing_item *item, const struct span *span)
{
    if (item->n_spans == item->cap) {
        size_t cap = item->cap > 0 ? item->cap * 2 : 8;
        struct span *spans = cap <= MAX_SPANS
                                 ? realloc(item->spans, cap * sizeof(*spans))
                                 : NULL;

        if (spans == NULL) {
            return;
        }
        item->spans = spans;
        item->cap = cap;
    }
    item->spans[item->n_spans++] = *span;
}

/* What it did from where it was told of, up to then. */
static void spend(struct adl_timing_item *item, enum asyncdl_span_kind kind,
                  uint64_t to_ns)
{
    if (to_ns > item->at_ns) {
        const struct span span = {kind, item->at_ns, to_ns};

        item->ns[kind] += to_ns - item->at_ns;
        item->at_ns = to_ns;
        keep_span(item, &span);
    }
}

static bool is_https(const char *url)
{
    return strncmp(url, "https:", 6) == 0;
}

/* It waited for this attempt. */
static void start(struct adl_timing_item *item, const char *url,
                  uint64_t now_ns)
{
    uint64_t retry_ns = item->retry_ns < now_ns ? item->retry_ns : now_ns;

    spend(item, ASYNCDL_SPAN_RETRY, retry_ns);
    spend(item, ASYNCDL_SPAN_QUEUE, now_ns);
    item->is_under_way = true;
    item->is_tls = is_https(url);
    if (item->started_ns == 0) {
        item->started_ns = now_ns;
    }
}

/* Its attempt is over; what it does after that is saving. */
static void end_attempt(struct adl_timing_item *item,
                        const struct asyncdl_times *times, uint64_t now_ns)
{
    struct adl_phase phases[ADL_PHASES_MAX];

    if (!item->is_under_way) {
        return;
    }
    size_t n =
        times != NULL ? adl_phases_split(phases, times, item->is_tls) : 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t to_ns = item->at_ns + phases[i].ns;

        spend(item, phases[i].kind, to_ns < now_ns ? to_ns : now_ns);
    }
    item->is_under_way = false;
}

static void add_row(struct adl_timing *timing,
                    const struct adl_timing_item *item, const char *url,
                    const struct asyncdl_result *result)
{
    struct adl_buf note = {0};
    uint64_t row = 0;
    int err = 0;

    if (result->status != 0) {
        err = adl_buf_addf(&note, "HTTP %d, ", result->status);
    }
    err = err < 0 ? err : adl_plain_add_size(&note, (double)result->bytes);
    if (err == 0 && result->attempts > 1) {
        err = adl_buf_addf(&note, ", %u attempts", result->attempts);
    }
    if (err == 0 && result->state == ASYNCDL_FAILED) {
        err = adl_buf_addf(&note, ", failed: %.100s",
                           asyncdl_strerror(result->err));
    }
    const struct asyncdl_trace_row fields = {
        .name = url,
        .note = adl_buf_str(&note), /* "" without memory */
        .kind = ASYNCDL_ROW_TASK,
    };
    err = asyncdl_trace_add_row(&row, timing->trace, &fields);
    for (size_t i = 0; err == 0 && i < item->n_spans; i++) {
        const struct span *span = &item->spans[i];

        /* without memory there is a gap in its row */
        (void)asyncdl_trace_add(timing->trace, row, span->kind, span->from_ns,
                                span->to_ns);
    }
    adl_buf_finish(&note);
}

/* The one of a URL, made where there is none; the last takes all others. */
static struct adl_timing_host *get_host(struct adl_timing *timing,
                                        const char *url)
{
    char name[sizeof(timing->hosts[0].name)];
    const char *at = NULL;
    size_t len = adl_url_get_host(&at, url);

    if (timing->hosts == NULL) {
        timing->hosts = calloc(ADL_TIMING_HOSTS + 1, sizeof(*timing->hosts));
        if (timing->hosts == NULL) {
            return NULL;
        }
    }
    (void)snprintf(name, sizeof(name), "%.*s", (int)(len < 120 ? len : 120),
                   len > 0 ? at : "");
    for (size_t i = 0; i < timing->n_hosts; i++) {
        if (i == ADL_TIMING_HOSTS || strcmp(timing->hosts[i].name, name) == 0) {
            return &timing->hosts[i];
        }
    }
    struct adl_timing_host *host = &timing->hosts[timing->n_hosts++];
    (void)snprintf(host->name, sizeof(host->name), "%s",
                   timing->n_hosts > ADL_TIMING_HOSTS ? "all other hosts"
                                                      : name);
    return host;
}

static void count_host(struct adl_timing *timing,
                       const struct adl_timing_item *item, const char *url,
                       const struct asyncdl_result *result)
{
    struct adl_timing_host *host = get_host(timing, url);

    if (host == NULL) {
        return;
    }
    host->n_files += result->state == ASYNCDL_DONE;
    host->n_failed += result->state == ASYNCDL_FAILED;
    host->bytes += result->bytes - result->bytes_resumed;
    for (size_t i = 0; i < ASYNCDL_N_SPAN_KINDS; i++) {
        if (item->ns[i] > 0) {
            /* without memory the phase is not told */
            (void)adl_quantile_add(&host->phases[i], item->ns[i]);
        }
    }
}

static void count_cause(struct adl_timing *timing, const char *url,
                        const struct asyncdl_result *result)
{
    char words[sizeof(timing->causes[0].words)];
    size_t i = 0;

    if (result->err == ASYNCDL_EHTTP && result->status != 0) {
        (void)snprintf(words, sizeof(words), "HTTP %d", result->status);
    } else {
        (void)snprintf(words, sizeof(words), "%s",
                       asyncdl_strerror(result->err));
    }
    while (i < timing->n_causes && i < ADL_TIMING_CAUSES &&
           strcmp(timing->causes[i].words, words) != 0) {
        i++;
    }
    struct adl_timing_cause *cause = &timing->causes[i];
    if (i == timing->n_causes) {
        timing->n_causes++;
        (void)snprintf(cause->words, sizeof(cause->words), "%s",
                       i == ADL_TIMING_CAUSES ? "other causes" : words);
        (void)snprintf(cause->example, sizeof(cause->example), "%s", url);
    }
    cause->n++;
    cause->n_retryable += result->retryable;
}

static void note_slow(struct adl_timing *timing,
                      const struct adl_timing_item *item, const char *url,
                      const struct asyncdl_result *result)
{
    uint64_t ns = item->at_ns - item->started_ns;
    size_t i = timing->n_slowest;

    while (i > 0 && timing->slowest[i - 1].ns < ns) {
        i--;
    }
    if (i == ADL_TIMING_SLOWEST) {
        return;
    }
    timing->n_slowest += timing->n_slowest < ADL_TIMING_SLOWEST;
    for (size_t j = timing->n_slowest - 1; j > i; j--) {
        timing->slowest[j] = timing->slowest[j - 1];
    }
    struct adl_timing_slow *slow = &timing->slowest[i];
    *slow = (struct adl_timing_slow){
        .ns = ns,
        .queue_ns = item->ns[ASYNCDL_SPAN_QUEUE],
        .bytes = result->bytes,
        .attempts = result->attempts,
    };
    (void)snprintf(slow->url, sizeof(slow->url), "%s", url);
}

static void end(struct adl_timing *timing, struct adl_timing_item *item,
                const struct asyncdl_event *event, uint64_t now_ns)
{
    const struct asyncdl_result *result = event->result;
    struct adl_buf url = {0};

    end_attempt(item, event->time, now_ns);
    spend(item, item->started_ns != 0 ? ASYNCDL_SPAN_SAVE : ASYNCDL_SPAN_QUEUE,
          now_ns);
    if (adl_redact_url(&url, result->url) < 0) {
        adl_buf_reset(&url); /* it is counted without a name */
    }
    if (result->state == ASYNCDL_FAILED) {
        count_cause(timing, adl_buf_str(&url), result);
    }
    if (item->started_ns != 0) { /* else it was there before */
        add_row(timing, item, adl_buf_str(&url), result);
        count_host(timing, item, adl_buf_str(&url), result);
        note_slow(timing, item, adl_buf_str(&url), result);
    }
    adl_buf_finish(&url);
}

void adl_timing_on_event(const struct asyncdl_event *event, void *data)
{
    struct adl_timing *timing = data;
    struct adl_timing_item *item = NULL;
    uint64_t now_ns = asyncdl_trace_get_now_ns();

    if (event->type == ASYNCDL_EVENT_QUEUED) {
        begin(timing, event->id, now_ns);
        return;
    }
    HASH_FIND(hh, timing->items, &event->id, sizeof(event->id), item);
    if (item == NULL) {
        return;
    }
    switch (event->type) {
    case ASYNCDL_EVENT_STARTED:
        start(item, event->url, now_ns);
        break;
    case ASYNCDL_EVENT_REDIRECT:
    case ASYNCDL_EVENT_RETRY:
        end_attempt(item, event->time, now_ns);
        item->retry_ns = now_ns + event->delay_ms * 1000000;
        break;
    case ASYNCDL_EVENT_DONE:
        end(timing, item, event, now_ns);
        free_item(timing, item);
        break;
    default:
        break;
    }
}
