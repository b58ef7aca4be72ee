/* SPDX-License-Identifier: MIT */
#include "cli/tally.h"

#include <errno.h>

#include "asyncdl/error.h"

/* Codes below this are the library's own: see asyncdl/error.h. */
#define LAST_ERRNO (-5000)

bool adl_tally_is_local_fault(int err)
{
    return err < 0 && err > LAST_ERRNO && err != -ECANCELED && err != -ENOMEM &&
           err != -ENETDOWN;
}

bool adl_tally_is_fault_for_all(int err)
{
    return err == ASYNCDL_EJOURNAL || err == ASYNCDL_EINUSE ||
           adl_tally_is_local_fault(err);
}

static void add_result(struct adl_tally *tally,
                       const struct asyncdl_result *result)
{
    if (result->state != ASYNCDL_SKIPPED &&
        result->bytes > result->bytes_resumed) {
        tally->bytes += result->bytes - result->bytes_resumed;
    }
    switch (result->state) {
    case ASYNCDL_DONE:
        tally->n_done++;
        break;
    case ASYNCDL_SKIPPED:
        tally->n_before += result->err == 0;
        tally->n_in_way += result->err != 0;
        break;
    case ASYNCDL_FAILED:
        if (result->err == -ECANCELED) {
            tally->n_canceled++;
        } else if (result->retryable) {
            tally->n_retryable++;
        } else {
            tally->n_failed++;
        }
        if (adl_tally_is_fault_for_all(result->err) &&
            tally->local_fault == 0) {
            tally->local_fault = result->err;
        }
        break;
    }
}

void adl_tally_on_event(const struct asyncdl_event *event, void *data)
{
    struct adl_tally *tally = data;

    if (event->type == ASYNCDL_EVENT_RETRY) {
        tally->n_retries++;
    } else if (event->type == ASYNCDL_EVENT_DONE) {
        add_result(tally, event->result);
    }
}

int adl_tally_get_exit_status(const struct adl_tally *tally)
{
    if (tally->signal != 0) {
        return ADL_EXIT_SIGNAL + tally->signal;
    }
    if (tally->local_fault == ASYNCDL_EINUSE) {
        return ADL_EXIT_USAGE; /* it came before anything was saved */
    }
    if (tally->local_fault != 0) {
        return ADL_EXIT_LOCAL;
    }
    if (tally->n_retryable > 0) {
        return ADL_EXIT_RETRYABLE;
    }
    if (tally->n_failed > 0 || tally->n_bad > 0) {
        return ADL_EXIT_FAILED;
    }
    return ADL_EXIT_DONE;
}
