/* SPDX-License-Identifier: MIT */
#include "fetch/finish.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include <utlist.h>

#include "asyncdl/error.h"
#include "fetch/remember.h"
#include "task/future.h"

static bool ends_attempt(enum asyncdl_event_type type)
{
    return type == ASYNCDL_EVENT_RETRY || type == ASYNCDL_EVENT_REDIRECT ||
           type == ASYNCDL_EVENT_DONE;
}

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
    event.asked = t->urls[0];
    event.attempt = t->n_attempts;
    event.bytes = adl_transfer_get_size(t);
    event.bytes_resumed = t->n_resumed;
    event.total = t->total;
    event.time = ends_attempt(event.type) ? &t->last.time : NULL;
    adl_future_enter_callback();
    for (size_t i = 0; i < client->n_observers; i++) {
        client->observers[i].on_event(&event, client->observers[i].data);
    }
    adl_future_leave_callback();
}

static void end(struct asyncdl_transfer *t)
{
    t->stage = ADL_STAGE_ENDED;
    DL_APPEND2(t->client->ended, t, stage_prev, stage_next);
    adl_turn_mark(&t->client->turn);
}

static struct asyncdl_transfer *of_job(struct adl_job *job)
{
    return (struct asyncdl_transfer *)(void *)((char *)job -
                                               offsetof(struct asyncdl_transfer,
                                                        job));
}

static void run_note(struct adl_job *job)
{
    adl_remember_failure(of_job(job));
}

static void on_noted(struct adl_job *job)
{
    end(of_job(job));
}

void adl_finish_end(struct asyncdl_transfer *t)
{
    if (!adl_remember_must_note(t)) {
        end(t);
        return;
    }
    t->job = (struct adl_job){.run = run_note, .done = on_noted, .weight = 1};
    adl_offload_add(t->client->offload, &t->job);
    adl_turn_mark(&t->client->turn); /* hands it over */
}

void adl_finish_save(struct asyncdl_transfer *t)
{
    t->stage = ADL_STAGE_SAVING;
    t->client->n_saving++;
    adl_body_save(t->body);
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
    t->stage = ADL_STAGE_SAVING; /* its end is decided */
    if (t->body == NULL) {       /* nothing ever came of it */
        adl_finish_end(t);
        return;
    }
    t->client->n_saving++;
    bool was_tried = t->n_attempts > 0; /* else its half is as good as before */
    if (is_retryable || err == -ECANCELED || !was_tried) {
        adl_body_leave(t->body);
    } else {
        adl_body_drop(t->body);
    }
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
    adl_transfer_destroy(t, &client->spares);
}

void adl_finish_deliver(struct asyncdl_client *client)
{
    while (client->ended != NULL) {
        struct asyncdl_transfer *t = client->ended;

        DL_DELETE2(client->ended, t, stage_prev, stage_next);
        deliver(t);
    }
}
