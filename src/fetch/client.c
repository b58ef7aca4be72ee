/* SPDX-License-Identifier: MIT */
#include "asyncdl/client.h"

#include <errno.h>
#include <stdlib.h>

#include "asyncdl/error.h"
#include "fetch/engine.h"
#include "fetch/options.h"

int asyncdl_client_open(struct asyncdl_client **out, struct uv_loop_s *loop,
                        const struct asyncdl_client_options *opts)
{
    struct asyncdl_client *client = calloc(1, sizeof(*client));

    if (client == NULL) {
        return -ENOMEM;
    }
    client->loop = loop;
    int err = adl_options_copy(&client->options, opts);
    if (err == 0) {
        err = adl_engine_open(client);
    }
    if (err < 0) {
        adl_options_finish(&client->options);
        free(client);
        return err;
    }
    *out = client;
    return 0;
}

void asyncdl_client_close(struct asyncdl_client *client,
                          asyncdl_close_cb on_closed, void *data)
{
    client->on_closed = on_closed;
    client->close_data = data;
    adl_engine_close(client);
}

/* The name is chosen and claimed when the transfer is admitted, or, where the
 * server may choose it, when its answer comes. */
static bool is_name_ours(const struct asyncdl_transfer *t,
                         const struct asyncdl_client_options *options)
{
    unsigned by_server = options->flags & ASYNCDL_CLIENT_CONTENT_DISPOSITION;

    return t->kind == ASYNCDL_BODY_FILE && (by_server == 0 || t->name != NULL);
}

int asyncdl_request_check(const struct asyncdl_request *request,
                          const struct asyncdl_client_options *opts)
{
    struct asyncdl_client_options options;
    struct adl_transfer_spares spares = {.n = 0};
    struct asyncdl_request read;
    struct asyncdl_transfer *t;
    int err = adl_options_copy(&options, opts);

    if (err < 0) {
        return err;
    }
    err = adl_transfer_read_request(&read, request);
    if (err == 0) {
        err = adl_transfer_create(&t, &spares, &read, &options);
    }
    if (err == 0) {
        adl_transfer_destroy(t, &spares);
    }
    adl_transfer_spares_finish(&spares);
    adl_options_finish(&options);
    return err;
}

int asyncdl_fetch(struct asyncdl_transfer **out, struct asyncdl_client *client,
                  const struct asyncdl_request *request,
                  asyncdl_done_cb on_done, void *data)
{
    struct asyncdl_request read;
    struct asyncdl_transfer *t;

    if (client->is_closing) {
        return -ECANCELED;
    }
    int err = adl_transfer_read_request(&read, request);
    if (err == 0) {
        err = adl_transfer_create(&t, &client->spares, &read, &client->options);
    }
    if (err < 0) {
        return err;
    }
    t->id = client->n_accepted + 1;
    if (t->index == 0) {
        t->index = t->id;
    }
    t->is_named = is_name_ours(t, &client->options);
    client->n_accepted++;
    t->on_done = on_done;
    t->data = data;
    adl_engine_accept(client, t);
    if (out != NULL) {
        *out = t;
    }
    return 0;
}

void asyncdl_transfer_cancel(struct asyncdl_transfer *transfer)
{
    adl_engine_cancel(transfer);
}

void asyncdl_transfer_pause(struct asyncdl_transfer *transfer)
{
    transfer->must_resume_user = false;
    transfer->is_paused = true;
    if (transfer->attempt != NULL) {
        adl_attempt_pause(transfer->attempt, ADL_PAUSE_USER);
    }
}

void asyncdl_transfer_resume(struct asyncdl_transfer *transfer)
{
    transfer->is_paused = false;
    transfer->must_resume_user = true;
    adl_engine_call(transfer);
}

int asyncdl_client_observe(struct asyncdl_client *client,
                           asyncdl_event_cb on_event, void *data)
{
    struct adl_observer *observers =
        realloc(client->observers,
                (client->n_observers + 1) * sizeof(*client->observers));

    if (observers == NULL) {
        return -ENOMEM;
    }
    observers[client->n_observers] =
        (struct adl_observer){.on_event = on_event, .data = data};
    client->observers = observers;
    client->n_observers++;
    return 0;
}

void asyncdl_client_on_want(struct asyncdl_client *client,
                            asyncdl_want_cb on_want, void *data)
{
    client->on_want = on_want;
    client->want_data = data;
    client->is_asked = false;
    adl_turn_mark(&client->turn);
}

void asyncdl_client_end_run(struct asyncdl_client *client, int status)
{
    client->run_status = status;
}

void asyncdl_client_get_stats(const struct asyncdl_client *client,
                              struct asyncdl_client_stats *out)
{
    *out = (struct asyncdl_client_stats){
        .n_waiting = adl_sched_n_waiting(client->sched) + client->n_undecided,
        .n_active = adl_sched_n_active(client->sched),
        .n_saving = client->n_saving,
        .n_retries = client->n_retries,
    };
}
