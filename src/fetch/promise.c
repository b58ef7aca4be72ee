/* SPDX-License-Identifier: MIT */
/* Downloads in future style, on top of the callback style. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "asyncdl/client.h"
#include "fetch/state.h"
#include "task/future.h"

/* A result that owns what it points at. */
struct kept {
    struct asyncdl_result result; /* first: what the future hands out */
    char *strings[7];
    void *body;
};

/* Made before the request is accepted, so that the end of a download cannot
 * fail for want of it. */
struct promise {
    struct asyncdl_future *future;
    struct asyncdl_transfer *transfer;
    struct kept *kept;
};

static const struct asyncdl_result out_of_memory = {
    .state = ASYNCDL_FAILED,
    .err = -ENOMEM,
    .error = "no memory for the result",
    .retryable = true,
    .url = "",
    .effective_url = "",
    .http_version = "",
    .remote_ip = "",
};

static void destroy_kept(void *result)
{
    struct kept *kept = result;

    for (size_t i = 0; i < sizeof(kept->strings) / sizeof(char *); i++) {
        free(kept->strings[i]);
    }
    free(kept->body);
    free(kept);
}

static int keep_string(const char **field, char **slot)
{
    if (*field == NULL) {
        return 0;
    }
    *slot = strdup(*field);
    *field = *slot;
    return *slot != NULL ? 0 : -ENOMEM;
}

static int keep_body(struct kept *kept)
{
    struct asyncdl_result *r = &kept->result;

    if (r->body == NULL) {
        return 0;
    }
    kept->body = malloc((size_t)r->bytes + 1);
    if (kept->body == NULL) {
        return -ENOMEM;
    }
    memcpy(kept->body, r->body, (size_t)r->bytes);
    ((char *)kept->body)[r->bytes] = '\0';
    r->body = kept->body;
    return 0;
}

static int keep(struct kept *kept, const struct asyncdl_result *result)
{
    struct asyncdl_result *r = &kept->result;
    const char **fields[] = {&r->error,        &r->url,       &r->path,
                             &r->http_version, &r->remote_ip, &r->effective_url,
                             &r->sha256};
    int err = 0;

    _Static_assert(sizeof(fields) / sizeof(fields[0]) ==
                       sizeof(kept->strings) / sizeof(kept->strings[0]),
                   "a slot for each");
    *r = *result;
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        int rc = keep_string(fields[i], &kept->strings[i]);

        err = rc < 0 ? rc : err; /* go on: no field may stay borrowed */
    }
    if (err == 0) {
        err = keep_body(kept);
    }
    if (err < 0) {
        *r = out_of_memory;
    }
    return err;
}

static void on_done(const struct asyncdl_result *result, void *data)
{
    struct promise *promise = data;
    int err = keep(promise->kept, result);

    adl_future_resolve(promise->future, err < 0 ? err : result->err,
                       promise->kept, destroy_kept);
    free(promise);
}

static void on_cancel(void *owner)
{
    struct promise *promise = owner;

    asyncdl_transfer_cancel(promise->transfer);
}

static int create(struct promise **out, uv_loop_t *loop)
{
    struct promise *promise = calloc(1, sizeof(*promise));
    int err = -ENOMEM;

    if (promise == NULL) {
        return -ENOMEM;
    }
    promise->kept = calloc(1, sizeof(*promise->kept));
    if (promise->kept != NULL) {
        err = adl_future_create(&promise->future, loop, on_cancel, promise);
    }
    if (err < 0) {
        free(promise->kept);
        free(promise);
        return err;
    }
    *out = promise;
    return 0;
}

/* The future was not handed out: both its shares are given back. */
static void destroy(struct promise *promise)
{
    struct asyncdl_future *future = promise->future;

    adl_future_resolve(future, -ECANCELED, promise->kept, destroy_kept);
    asyncdl_future_release(future);
    free(promise);
}

int asyncdl_fetch_future(struct asyncdl_future **out,
                         struct asyncdl_client *client,
                         const struct asyncdl_request *request)
{
    struct promise *promise = NULL;
    struct asyncdl_request read;
    int err = adl_transfer_read_request(&read, request);

    if (err == 0 && read.body == ASYNCDL_BODY_STREAM) {
        err = -EINVAL; /* whose data would its callback get? */
    }
    if (err == 0) {
        err = create(&promise, client->loop);
    }
    if (err < 0) {
        return err;
    }
    err = asyncdl_fetch(&promise->transfer, client, &read, on_done, promise);
    if (err < 0) {
        destroy(promise);
        return err;
    }
    *out = promise->future;
    return 0;
}
