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

/* Does a body come, however long it is? Its descriptors will be given back. A
 * small one has none for its file yet. */
static bool is_any_arriving(const struct asyncdl_client *client)
{
    const struct asyncdl_transfer *t;

    DL_FOREACH2(client->active, t, stage_next)
    {
        bool has_all = t->body.kind != ASYNCDL_BODY_FILE || t->body.is_stream;

        if (t->attempt->has_begun && has_all) {
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

    if (is_any_arriving(client)) {
        adl_width_note(&client->width);
    }
    bool is_hopeless =
        adl_width_lack(&client->width, (uint32_t)n_active, now_ms);
    adl_sched_set_max_active(client->sched, client->width.now);
    transfer->n_attempts--;
    if (is_hopeless) {
        adl_finish_fail(transfer, -EMFILE, true, NULL);
    } else {
        client->pause_ms = now_ms + WAIT_MS;
        adl_start_enqueue(transfer, 0);
    }
}
