/* SPDX-License-Identifier: MIT */
#include "cli/complain.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "asyncdl/error.h"
#include "cli/snippet.h"
#include "cli/tally.h"
#include "util/redact.h"

/* So many files that are in the way are named, the rest counted. */
#define MAX_IN_WAY 10

/* So many unknown options are told apart. */
#define MAX_UNKNOWN 64

void adl_complain_init(struct adl_complain *c, const struct adl_msg *msg,
                       const char *dir)
{
    *c = (struct adl_complain){.msg = msg, .dir = dir != NULL ? dir : "."};
}

void adl_complain_finish(struct adl_complain *c)
{
    adl_failures_finish(&c->failures);
    adl_strlist_finish(&c->unknown);
    adl_buf_finish(&c->url);
    adl_buf_finish(&c->place);
}

/* A URL as it may be shown; lives until the next. */
static const char *show(struct adl_complain *c, const char *url)
{
    if (adl_redact_url(&c->url, url) < 0) {
        return "(no memory for the URL)";
    }
    return adl_buf_str(&c->url);
}

/* Count a failure by its cause and the host that it came from, as it may be
 * shown. */
static void count(struct adl_complain *c, const struct asyncdl_result *result)
{
    const char *at = result->effective_url;
    bool is_shown =
        adl_redact_url(&c->place,
                       at != NULL && at[0] != '\0' ? at : result->url) == 0;
    const struct adl_failure failure = {
        .err = result->err,
        .status = result->status,
        .is_retryable = result->retryable,
        .asked = is_shown ? adl_buf_str(&c->place) : "",
        .example = show(c, result->url),
    };

    adl_failures_add(&c->failures, &failure);
}

/* The option that decides over such a failure, or NULL. */
static const char *find_option(int err)
{
    static const struct {
        int err;
        const char *option;
    } hints[] = {
        {ASYNCDL_ESCHEME, "--proto"},
        {ASYNCDL_ECONNTIMEOUT, "--connect-timeout"},
        {ASYNCDL_ECERT, "--cacert"},
        {ASYNCDL_EPINNED, "--pinnedpubkey"},
        {ASYNCDL_EOWNCERT, "--cert"},
        {ASYNCDL_EPROXY, "--proxy"},
        {ASYNCDL_ESTALL, "--stall-timeout"},
        {ASYNCDL_EMAXTIME, "--max-time"},
        {ASYNCDL_ETOOBIG, "--max-filesize"},
        {ASYNCDL_EREDIRECTS, "--max-redirs"},
        {ASYNCDL_EHELD, "--retry-max-time"},
    };

    for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
        if (hints[i].err == err) {
            return hints[i].option;
        }
    }
    return NULL;
}

/* It is one for all lines; why names it, or what stands in it. */
static void say_journal(struct adl_complain *c, const char *why)
{
    if (!c->is_journal_told) {
        adl_msg_error(c->msg, "cannot go on: %s/.asyncdl/journal.db: %s",
                      c->dir, why);
    }
    c->is_journal_told = true;
}

/* Every file meets it. */
static void say_in_use(struct adl_complain *c)
{
    if (!c->is_in_use_told) {
        adl_msg_error(c->msg, ADL_COMPLAIN_IN_USE, c->dir);
    }
    c->is_in_use_told = true;
}

static void say_failed(struct adl_complain *c,
                       const struct asyncdl_result *result)
{
    const char *help = result->retryable ? "another run can help"
                                         : "another run will not help";

    const char *option = find_option(result->err);
    const char *see = option != NULL ? "; see " : "";

    count(c, result);
    option = option != NULL ? option : "";
    const char *url = show(c, result->url);
    if (result->err == -EADDRNOTAVAIL) {
        adl_msg_error(c->msg, "%s: %s: cannot go on; see --interface", url,
                      result->error);
    } else if (result->err == ASYNCDL_EJOURNAL) {
        say_journal(c, result->error);
    } else if (result->err == ASYNCDL_EINUSE) {
        say_in_use(c);
    } else if (adl_tally_is_local_fault(result->err)) {
        adl_msg_error(c->msg, "%s: %s: cannot go on with %s/%s%s", url,
                      result->error, c->dir,
                      result->path != NULL ? result->path : "",
                      result->err == -EMFILE ? "; ulimit -n allows more" : "");
    } else if (result->attempts == 0) {
        adl_msg_error(c->msg, "%s: %s (not tried; %s%s%s)", url, result->error,
                      help, see, option);
    } else {
        adl_msg_error(c->msg, "%s: %s (after %u attempt%s; %s%s%s)", url,
                      result->error, result->attempts,
                      result->attempts == 1 ? "" : "s", help, see, option);
    }
}

static void say_skipped(struct adl_complain *c,
                        const struct asyncdl_result *result)
{
    if (result->err == 0) {
        if (c->is_verbose && !c->is_quiet) {
            adl_msg_note(c->msg, "%s: skipped: %s/%s is done",
                         show(c, result->url), c->dir,
                         result->path != NULL ? result->path : "");
        }
        return;
    }
    c->n_in_way++;
    if (c->is_quiet) {
        return;
    }
    if (c->is_verbose || c->n_in_way <= MAX_IN_WAY) {
        adl_msg_note(c->msg,
                     "%s: skipped: %s/%s is there already%s (--overwrite "
                     "replaces it)",
                     show(c, result->url), c->dir,
                     result->path != NULL ? result->path : "",
                     result->err == ASYNCDL_ECHANGED
                         ? ", changed since it was saved"
                         : "");
    }
}

static void say_result(struct adl_complain *c,
                       const struct asyncdl_result *result)
{
    if (result->state == ASYNCDL_SKIPPED) {
        say_skipped(c, result);
    } else if (result->state == ASYNCDL_FAILED && result->err != -ECANCELED) {
        say_failed(c, result);
    }
}

/* The network is one; hosts that are down may be many. */
static void say_outage(struct adl_complain *c,
                       const struct asyncdl_event *event)
{
    double delay_s = (double)event->delay_ms / 1000;

    if (event->type == ASYNCDL_EVENT_NETWORK_DOWN && !c->is_quiet) {
        adl_msg_note(c->msg,
                     "network is down: %s: waiting; %" PRIu64 " URL%s wait%s "
                     "(see --retry-max-time)",
                     event->reason, event->n_waiting,
                     event->n_waiting == 1 ? "" : "s",
                     event->n_waiting == 1 ? "s" : "");
    } else if (event->type == ASYNCDL_EVENT_NETWORK_UP && !c->is_quiet) {
        adl_msg_note(c->msg, "network is back: going on");
    } else if (event->type == ASYNCDL_EVENT_HOST_DOWN && c->is_verbose) {
        adl_msg_note(c->msg, "host is down: %s: again in %.1f s at %s",
                     event->reason, delay_s, show(c, event->url));
    } else if (event->type == ASYNCDL_EVENT_HOST_UP && c->is_verbose) {
        adl_msg_note(c->msg, "host is back: going on at %s",
                     show(c, event->url));
    }
}

static void say_redirect(struct adl_complain *c,
                         const struct asyncdl_event *event)
{
    bool is_shown = adl_redact_url(&c->place, event->asked) == 0;

    adl_msg_note(c->msg, "%s: redirected to %s",
                 is_shown ? adl_buf_str(&c->place) : "(no memory for the URL)",
                 show(c, event->url));
}

void adl_complain_on_event(const struct asyncdl_event *event, void *data)
{
    struct adl_complain *c = data;

    if (event->type == ASYNCDL_EVENT_DONE) {
        say_result(c, event->result);
    } else if (event->type == ASYNCDL_EVENT_RETRY && c->is_verbose) {
        adl_msg_note(c->msg, "attempt %u: %s; again in %.1f s at %s",
                     event->attempt, event->reason,
                     (double)event->delay_ms / 1000, show(c, event->url));
    } else if (event->type == ASYNCDL_EVENT_REDIRECT && c->is_verbose) {
        say_redirect(c, event);
    } else {
        say_outage(c, event);
    }
}

/* shown is the URL of the line, or NULL. */
static void say_line(struct adl_complain *c, const struct adl_place *place,
                     const char *why, const char *shown)
{
    adl_msg_error(c->msg, "%s:%" PRIu64 ": %s%s%s", place->file, place->line,
                  why, shown != NULL ? ": " : "", shown != NULL ? shown : "");
}

void adl_complain_of_line(struct adl_complain *c, const struct adl_place *place,
                          const char *why)
{
    say_line(c, place, why, NULL);
    adl_failures_add_line(&c->failures, place->file, place->line);
}

void adl_complain_of_url(struct adl_complain *c, const struct adl_place *place,
                         const char *url, int err)
{
    const struct adl_failure failure = {
        .err = err,
        .is_retryable = true,
        .asked = url,
        .example = show(c, url),
    };

    say_line(c, place, asyncdl_strerror(err), failure.example);
    if (err == -ENOMEM) { /* the line has no part in it */
        adl_failures_add(&c->failures, &failure);
    } else {
        adl_failures_add_line(&c->failures, place->file, place->line);
    }
}

static bool was_mentioned(const struct adl_complain *c, const char *name)
{
    for (size_t i = 0; i < c->unknown.n; i++) {
        if (strcmp(c->unknown.items[i], name) == 0) {
            return true;
        }
    }
    return false;
}

void adl_complain_of_option(struct adl_complain *c,
                            const struct adl_place *place, const char *name)
{
    if (c->unknown.n == MAX_UNKNOWN || was_mentioned(c, name)) {
        return;
    }
    adl_buf_reset(&c->place);
    int err = adl_snippet_add(&c->place, name, strlen(name));
    if (err == 0) {
        err = adl_strlist_add(&c->unknown, name);
    }
    if (err < 0) {
        return; /* without memory it is not said: the download goes on */
    }
    adl_msg_note(c->msg, "%s:%" PRIu64 ": option %s is not supported: ignored",
                 place->file, place->line, adl_buf_str(&c->place));
    if (c->unknown.n == MAX_UNKNOWN) {
        adl_msg_note(c->msg, "further unknown options are not mentioned");
    }
}

void adl_complain_end(struct adl_complain *c)
{
    if (c->n_in_way > MAX_IN_WAY && !c->is_verbose && !c->is_quiet) {
        adl_msg_note(c->msg,
                     "%" PRIu64 " more skipped: files of their names are "
                     "there already (--overwrite replaces them)",
                     c->n_in_way - MAX_IN_WAY);
    }
    if (c->failures.n == 0) {
        return;
    }
    adl_msg_error(c->msg,
                  "%" PRIu64 " failure%s by cause and host:", c->failures.n,
                  c->failures.n == 1 ? "" : "s");
    adl_buf_reset(&c->place);
    if (adl_failures_print(&c->place, &c->failures) == 0) {
        adl_msg_text(c->msg, adl_buf_str(&c->place));
    }
}
