/* SPDX-License-Identifier: MIT */
#include "asyncdl/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "asyncdl/error.h"
#include "fetch/engine.h"
#include "fetch/options.h"
#include "store/name.h"
#include "util/buf.h"
#include "util/siphash.h"

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

/* Where the file is wanted, before anybody else's claims are heard. */
static int choose_path(struct adl_buf *path,
                       const struct asyncdl_client *client,
                       const struct asyncdl_transfer *t,
                       const struct asyncdl_request *request)
{
    struct adl_name_source source = {
        .url = request->url,
        .host = t->url.host,
        .url_path = t->url.path,
        .index = t->index,
    };
    bool has_dir = request->dir != NULL && request->dir[0] != '\0';
    struct adl_buf name = {0};
    int err = 0;

    if (!has_dir && request->name == NULL) { /* what comes out is safe */
        return adl_name_expand(path, client->options.name_template, &source);
    }
    if (has_dir) {
        err = adl_buf_addf(&name, "%s/", request->dir);
    }
    if (err == 0 && request->name != NULL) {
        err = adl_buf_add_str(&name, request->name);
    } else if (err == 0) {
        err = adl_name_expand(path, client->options.name_template, &source);
        if (err == 0) {
            err = adl_buf_add_str(&name, adl_buf_str(path));
        }
    }
    if (err == 0) {
        err = adl_name_make_safe(path, adl_buf_str(&name), name.len);
    }
    adl_buf_finish(&name);
    return err;
}

/* The name is claimed when the transfer is admitted, or, where the server may
 * choose it, when its answer comes. */
static int name_file(struct asyncdl_client *client, struct asyncdl_transfer *t,
                     const struct asyncdl_request *request)
{
    bool by_server =
        (client->options.flags & ASYNCDL_CLIENT_CONTENT_DISPOSITION) != 0 &&
        request->name == NULL;
    struct adl_buf path = {0};

    if (t->body.kind != ASYNCDL_BODY_FILE) {
        return 0;
    }
    int err = choose_path(&path, client, t, request);
    if (err == 0) {
        t->is_named = !by_server;
        t->path = adl_buf_take(&path);
    }
    adl_buf_finish(&path);
    return err;
}

static int add_part(struct adl_buf *text, const char *str)
{
    int err = adl_buf_add_str(text, str);

    return err == 0 ? adl_buf_add(text, "\n", 1) : err;
}

/* What tells one entry of a list from another, but for those that are equal:
 * what is downloaded, and where it was asked to go. The key of the hash is no
 * secret: it must be the same in every run. */
static int make_key(struct asyncdl_transfer *t,
                    const struct asyncdl_client *client,
                    const struct asyncdl_request *request)
{
    static const uint64_t key[2] = {0x6173796e63646c20, 0x6a6f75726e616c31};
    const char *how =
        request->name == NULL ? client->options.name_template : request->name;
    const char kind[] = {request->name != NULL ? 'n' : 't',
                         t->is_named ? 'c' : 's'};
    struct adl_buf text = {0};

    int err = add_part(&text, request->url);
    if (err == 0) {
        err = add_part(&text, request->dir != NULL ? request->dir : "");
    }
    if (err == 0) {
        err = adl_buf_add(&text, kind, sizeof(kind));
    }
    if (err == 0) {
        err = adl_buf_add_str(&text, how);
    }
    if (err == 0) {
        struct adl_siphash hash = adl_siphash128(key, text.data, text.len);

        memcpy(t->key, &hash, sizeof(t->key));
    }
    adl_buf_finish(&text);
    return err;
}

int asyncdl_request_check(const struct asyncdl_request *request,
                          const struct asyncdl_client_options *opts)
{
    struct asyncdl_client_options options;
    struct asyncdl_request read;
    struct asyncdl_transfer *t;
    int err = adl_options_copy(&options, opts);

    if (err < 0) {
        return err;
    }
    err = adl_transfer_read_request(&read, request);
    if (err == 0) {
        err = adl_transfer_create(&t, &read, &options);
    }
    if (err == 0) {
        adl_transfer_destroy(t);
    }
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
        err = adl_transfer_create(&t, &read, &client->options);
    }
    if (err < 0) {
        return err;
    }
    t->id = client->n_accepted + 1;
    if (t->index == 0) {
        t->index = t->id;
    }
    err = name_file(client, t, &read);
    if (err == 0 && client->options.journal != ASYNCDL_JOURNAL_NONE) {
        err = make_key(t, client, &read);
    }
    if (err < 0) {
        adl_transfer_destroy(t);
        return err;
    }
    client->n_accepted++;
    t->on_done = on_done;
    t->data = data;
    t->body.data = data;
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
