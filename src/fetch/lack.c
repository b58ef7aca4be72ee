/* SPDX-License-Identifier: MIT */
#include "fetch/lack.h"

#include <errno.h>
#include <stddef.h>

#include <utlist.h>

#include "fetch/finish.h"
#include "fetch/start.h"

/* How long to wait for a descriptor before anything is tried. */
#define WAIT_MS 20

bool adl_lack_is(int err)
{
    return err == -EMFILE || err == -ENFILE;
}

/* Does a body come, however long it is, that had all it needs before others
 * lacked any? Its descriptors will be given back. */
static bool is_any_arriving(const struct asyncdl_client *client)
{
    const struct asyncdl_transfer *t;

    DL_FOREACH2(client->active, t, stage_next)
    {
        bool has_all = t->kind != ASYNCDL_BODY_FILE || t->body->has_file;

        if (t->attempt->has_begun && has_all &&
            t->attempt->started_ms < client->width.lacking_ms) {
            return true;
        }
    }
    return false;
}

void adl_lack_wait(struct asyncdl_transfer *transfer)
{
    struct asyncdl_client *client = transfer->client;
    size_t n_active = adl_sched_n_active(client->sched);
    uint64_t now_ms = uv_now(client->loop);
    bool is_long = adl_width_lack(&client->width, (uint32_t)n_active, now_ms);

    adl_sched_set_max_active(client->sched, client->width.now);
    transfer->n_attempts--;
    if (is_long && !is_any_arriving(client)) {
        adl_finish_fail(transfer, -EMFILE, true, NULL);
    } else {
        client->pause_ms = now_ms + WAIT_MS;
        adl_start_enqueue(transfer, 0);
    }
}
