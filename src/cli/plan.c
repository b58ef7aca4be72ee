/* SPDX-License-Identifier: MIT */
#include "cli/plan.h"

#include <inttypes.h>

#include <sys/stat.h>

#include "asyncdl/error.h"
#include "cli/plain.h"
#include "util/redact.h"

void adl_plan_init(struct adl_plan *plan, struct adl_out *out, const char *dir)
{
    *plan = (struct adl_plan){.out = out, .dir = dir != NULL ? dir : "."};
}

void adl_plan_finish(struct adl_plan *plan)
{
    adl_buf_finish(&plan->url);
    adl_buf_finish(&plan->path);
}

/* Why nothing would be downloaded. */
static int add_reason(struct adl_buf *buf, const struct asyncdl_result *result)
{
    switch (result->err) {
    case 0:
        return adl_buf_add_str(buf, " (skip: done before)");
    case ASYNCDL_EEXISTS:
        return adl_buf_add_str(buf, " (skip: a file of that name is there; "
                                    "--overwrite replaces it)");
    case ASYNCDL_ECHANGED:
        return adl_buf_add_str(buf, " (skip: the file was changed since it was "
                                    "saved; --overwrite replaces it)");
    default:
        return adl_buf_addf(buf, " (skip: %s)", result->error);
    }
}

/* What is worth knowing of a download. */
static int add_remarks(struct adl_buf *buf, const struct asyncdl_result *result,
                       uint64_t total, bool is_there)
{
    int err = 0;

    if (result->bytes > 0) {
        err = adl_buf_addf(buf, " (half done: %" PRIu64, result->bytes);
        if (err == 0 && total > 0) {
            err = adl_buf_addf(buf, " of %" PRIu64, total);
        }
        err = err < 0 ? err : adl_buf_add_str(buf, " bytes)");
    }
    if (err == 0 && result->is_name_open) {
        err = adl_buf_add_str(buf, " (or as the server names it)");
    } else if (err == 0 && is_there) {
        err = adl_buf_add_str(buf, " (replaces the file that is there)");
    }
    return err;
}

int adl_plan_add_line(struct adl_buf *buf, const char *url,
                      const struct asyncdl_result *result, uint64_t total,
                      bool is_there)
{
    bool is_kept = result->path != NULL;
    int err = adl_buf_addf(buf, "%s -> %s", url,
                           is_kept ? result->path : "nothing (--discard)");

    if (err == 0) {
        err = result->state == ASYNCDL_SKIPPED
                  ? add_reason(buf, result)
                  : add_remarks(buf, result, total, is_there);
    }
    return err < 0 ? err : adl_buf_add_str(buf, "\n");
}

static bool is_there(struct adl_plan *plan, const char *path)
{
    struct stat st;

    adl_buf_reset(&plan->path);
    return path != NULL &&
           adl_buf_addf(&plan->path, "%s/%s", plan->dir, path) == 0 &&
           lstat(adl_buf_str(&plan->path), &st) == 0;
}

void adl_plan_on_event(const struct asyncdl_event *event, void *data)
{
    struct adl_plan *plan = data;
    const struct asyncdl_result *result = event->result;

    if (event->type != ASYNCDL_EVENT_DONE || result->state == ASYNCDL_FAILED) {
        return; /* who fails here is complained of */
    }
    plan->n_half += result->state == ASYNCDL_DONE && result->bytes > 0;
    if (adl_redact_url(&plan->url, result->url) < 0) {
        adl_buf_reset(&plan->url); /* the line matters more than its URL */
    }
    /* without memory the line is lost, not the plan */
    (void)adl_plan_add_line(&plan->out->text, adl_buf_str(&plan->url), result,
                            event->total, is_there(plan, result->path));
    adl_out_added(plan->out);
}

int adl_plan_add_summary(struct adl_buf *buf, const struct adl_plan *plan,
                         const struct adl_tally *tally)
{
    uint64_t n_failed = tally->n_failed + tally->n_retryable;
    int err = adl_buf_addf(buf, "Would download %" PRIu64, tally->n_done);

    if (err == 0 && plan->n_half > 0) {
        err = adl_buf_addf(buf, " (half done %" PRIu64 ")", plan->n_half);
    }
    err = err < 0 ? err : adl_plain_add_skipped(buf, ", skip", tally);
    if (err == 0 && n_failed > 0) {
        err = adl_buf_addf(buf, ", fail %" PRIu64, n_failed);
    }
    err = err < 0 ? err : adl_plain_add_extras(buf, tally);
    return err < 0 ? err : adl_buf_add_str(buf, "\n");
}
