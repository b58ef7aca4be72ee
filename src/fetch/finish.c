/* SPDX-License-Identifier: MIT */
#include "fetch/finish.h"

#include <stdlib.h>

#include <utlist.h>

#include "asyncdl/error.h"
#include "task/future.h"

void adl_finish_emit(struct asyncdl_transfer *t, struct asyncdl_event event)
{
    struct asyncdl_client *client = t->client;

    if (client->n_observers == 0) {
        return;
    }
    event.time_ms = uv_now(client->loop);
    event.id = t->id;
    event.index = t->index;
    event.url = t->url.text;
    event.attempt = t->n_attempts;
    event.bytes = t->body.size;
    event.total = t->total;
    adl_future_enter_callback();
    for (size_t i = 0; i < client->n_observers; i++) {
        client->observers[i].on_event(&event, client->observers[i].data);
    }
    adl_future_leave_callback();
}

void adl_finish_end(struct asyncdl_transfer *t)
{
    t->stage = ADL_STAGE_ENDED;
    DL_APPEND2(t->client->ended, t, stage_prev, stage_next);
    adl_turn_mark(&t->client->turn);
}

void adl_finish_save(struct asyncdl_transfer *t)
{
    t->stage = ADL_STAGE_SAVING;
    t->client->n_saving++;
    adl_body_save(&t->body);
}

void adl_finish_fail(struct asyncdl_transfer *t, int err, bool is_retryable,
                     const char *text)
{
    t->err = err;
    t->is_retryable = is_retryable;
    if (text != NULL && text != t->error) {
        adl_transfer_explain(t, "%s", text);
    } else if (text == NULL) {
        free(t->error);
        t->error = NULL;
    }
    t->stage = ADL_STAGE_SAVING;
    t->client->n_saving++;
    adl_body_drop(&t->body);
}

static void deliver(struct asyncdl_transfer *t)
{
    struct asyncdl_client *client = t->client;
    struct asyncdl_result result;

    adl_transfer_fill_result(t, &result);
    adl_finish_emit(t, (struct asyncdl_event){.type = ASYNCDL_EVENT_DONE,
                                              .err = t->err,
                                              .result = &result});
    if (t->on_done != NULL) {
        adl_future_enter_callback();
        t->on_done(&result, t->data);
        adl_future_leave_callback();
    }
    DL_DELETE(client->transfers, t);
    if (t->is_called) {
        DL_DELETE2(client->called, t, calls_prev, calls_next);
    }
    client->n_transfers--;
    adl_transfer_destroy(t);
}

void adl_finish_deliver(struct asyncdl_client *client)
{
    while (client->ended != NULL) {
        struct asyncdl_transfer *t = client->ended;

        DL_DELETE2(client->ended, t, stage_prev, stage_next);
        deliver(t);
    }
}
