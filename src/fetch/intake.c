/* SPDX-License-Identifier: MIT */
#include "fetch/intake.h"

#include <stddef.h>

#include <utlist.h>

#include "asyncdl/error.h"
#include "fetch/finish.h"
#include "fetch/start.h"
#include "task/future.h"

/* How many times n_queue_low may wait while slots are free. */
#define FURTHER 4

static struct asyncdl_transfer *of_check(struct adl_job *job)
{
    return (struct asyncdl_transfer *)(void *)((char *)job -
                                               offsetof(struct asyncdl_transfer,
                                                        check));
}

/* On a thread of the pool. */
static void run_check(struct adl_job *job)
{
    struct asyncdl_transfer *t = of_check(job);

    t->check_rc = adl_dir_has(t->client->dir, t->path);
}

static void take_check(struct asyncdl_transfer *t)
{
    t->client->n_undecided--;
    if (t->is_canceled) {
        adl_finish_fail(t, -ECANCELED, true, NULL);
    } else if (t->check_rc == 1) {
        t->is_skipped = true;
        adl_finish_fail(t, ASYNCDL_EEXISTS, false, NULL);
    } else if (t->check_rc < 0) {
        adl_transfer_explain(t, "look for %.300s: %s", t->path,
                             asyncdl_strerror(t->check_rc));
        adl_finish_fail(t, t->check_rc, t->check_rc != ASYNCDL_EINWAY,
                        t->error);
    } else {
        adl_start_enqueue(t, 0);
    }
}

/* Checks of several batches end in any order; requests keep theirs. */
static void on_checked(struct adl_job *job)
{
    struct asyncdl_transfer *t = of_check(job);
    struct asyncdl_client *client = t->client;

    t->is_checked = true;
    while (client->checking != NULL && client->checking->is_checked) {
        t = client->checking;
        DL_DELETE2(client->checking, t, stage_prev, stage_next);
        take_check(t);
    }
}

static void take_in(struct asyncdl_transfer *t)
{
    struct asyncdl_client *client = t->client;
    bool can_exist = t->path != NULL && t->is_named &&
                     (t->flags & ASYNCDL_REQUEST_OVERWRITE) == 0;

    adl_finish_emit(t, (struct asyncdl_event){.type = ASYNCDL_EVENT_QUEUED});
    if (can_exist) {
        t->stage = ADL_STAGE_CHECKING;
        DL_APPEND2(client->checking, t, stage_prev, stage_next);
        t->check =
            (struct adl_job){.run = run_check, .done = on_checked, .weight = 1};
        adl_offload_add(client->offload, &t->check);
    } else {
        client->n_undecided--;
        adl_start_enqueue(t, 0);
    }
}

void adl_intake_take(struct asyncdl_client *client)
{
    while (client->fresh != NULL) {
        struct asyncdl_transfer *t = client->fresh;

        DL_DELETE2(client->fresh, t, stage_prev, stage_next);
        take_in(t);
    }
}

static size_t count_waiting(const struct asyncdl_client *client)
{
    return adl_sched_n_waiting(client->sched) + client->n_undecided;
}

static size_t count_wanted(const struct asyncdl_client *client)
{
    size_t low = client->options.n_queue_low;
    size_t n = count_waiting(client);

    if (n < low) {
        return 2 * low - n;
    }
    return client->is_starved && n < FURTHER * low ? FURTHER * low - n : 0;
}

void adl_intake_ask(struct asyncdl_client *client)
{
    size_t n_wanted = count_wanted(client);

    if (client->on_want == NULL || client->is_asked || client->is_closing ||
        n_wanted == 0) {
        return;
    }
    client->is_asked = true;
    adl_future_enter_callback();
    client->on_want(n_wanted, client->want_data);
    adl_future_leave_callback();
}

void adl_intake_look_further(struct asyncdl_client *client)
{
    client->is_starved = client->n_undecided == 0 &&
                         adl_sched_n_waiting(client->sched) > 0 &&
                         adl_sched_n_active(client->sched) < client->max_active;
    if (client->is_starved && client->on_want != NULL && !client->is_asked &&
        count_wanted(client) > 0) {
        adl_turn_mark(&client->turn); /* asks; nothing else might happen */
    }
}
