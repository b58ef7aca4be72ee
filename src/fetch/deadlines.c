/* SPDX-License-Identifier: MIT */
#include "fetch/deadlines.h"

#include <stddef.h>

#include <utlist.h>

#include "fetch/attempt.h"
#include "fetch/judge.h"
#include "fetch/lateness.h"
#include "fetch/locate.h"

/* A deadline that is found long past says that nobody looked, not that nothing
 * came: before anything is judged, what has come must have been read. */
static void forgive_lateness(struct asyncdl_client *client, uint64_t now_ms)
{
    uint64_t late_ms = adl_lateness_get_ms(client->check_ms, now_ms);
    struct asyncdl_transfer *t;

    if (late_ms == 0) {
        return;
    }
    DL_FOREACH2(client->active, t, stage_next)
    {
        struct adl_attempt *a = t->attempt;

        a->started_ms = adl_lateness_forgive(a->started_ms, late_ms, now_ms);
        a->active_ms = adl_lateness_forgive(a->active_ms, late_ms, now_ms);
        a->doubted_ms = adl_lateness_forgive(a->doubted_ms, late_ms, now_ms);
    }
    DL_FOREACH2(client->resolving, t, stage_next)
    {
        t->located_ms = adl_lateness_forgive(t->located_ms, late_ms, now_ms);
    }
}

void adl_deadlines_check(struct asyncdl_client *client)
{
    uint64_t now_ms = uv_now(client->loop);
    struct asyncdl_transfer *t, *next;

    if (now_ms < client->check_ms) {
        return;
    }
    forgive_lateness(client, now_ms);
    client->check_ms = UINT64_MAX;
    DL_FOREACH_SAFE2(client->active, t, next, stage_next)
    {
        uint64_t due_ms;
        int err = adl_attempt_check_time(t->attempt, now_ms, &due_ms);

        if (err < 0) {
            adl_attempt_abort(t->attempt, err);
            adl_judge_attempt(t);
        } else if (due_ms < client->check_ms) {
            client->check_ms = due_ms;
        }
    }
    DL_FOREACH_SAFE2(client->resolving, t, next, stage_next)
    {
        uint64_t due_ms;
        int err = adl_locate_check_time(t, now_ms, &due_ms);

        if (err < 0) {
            adl_judge_lookup(t, err, "");
        } else if (due_ms < client->check_ms) {
            client->check_ms = due_ms;
        }
    }
}
