/* SPDX-License-Identifier: MIT */
/*
 * A get that is pending is a watch on the queue's eventfd. It may be readable
 * for nothing, or be so for others that are quicker: then it goes on waiting.
 * Whatever ends it closes the watch, and the future is resolved when that is
 * gone, so that there is one way out and it is later, on the loop.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include <uv.h>

#include "pool/queue.h"
#include "task/future.h"

struct get {
    struct asyncdl_bytes item; /* the result; it ends with this */
    uv_poll_t poll;
    int fd; /* a duplicate of its own: libuv takes each number but once */
    struct asyncdl_queue *queue; /* a share of it, until it has ended */
    struct asyncdl_future *future;
    int err;
};

static void destroy_get(void *result)
{
    struct get *get = result;

    asyncdl_bytes_free(&get->item);
    free(get);
}

static void on_closed(uv_handle_t *handle)
{
    struct get *get = handle->data;

    (void)close(get->fd); /* a duplicate has nothing to lose */
    asyncdl_queue_release(get->queue);
    if (get->err < 0) {
        adl_future_resolve(get->future, get->err, NULL, NULL);
        destroy_get(get);
        return;
    }
    adl_future_resolve(get->future, 0, get, destroy_get);
}

static void finish(struct get *get, int err)
{
    get->err = err;
    uv_close((uv_handle_t *)&get->poll, on_closed);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct get *get = poll->data;

    (void)events;
    int err = status < 0 ? status : adl_queue_try_get(get->queue, &get->item);
    if (err != -EAGAIN && err != -ETIMEDOUT) {
        finish(get, err);
    }
}

static void on_cancel(void *owner)
{
    struct get *get = owner;

    if (!uv_is_closing((uv_handle_t *)&get->poll)) { /* else it has its end */
        finish(get, -ECANCELED);
    }
}

/* Watch. 0, or a code with no handle left. */
static int start(struct get *get, struct uv_loop_s *loop)
{
    int fd = adl_queue_watch(get->queue);

    if (fd < 0) {
        return fd;
    }
    int err = uv_poll_init(loop, &get->poll, fd);
    if (err < 0) {
        (void)close(fd); /* as above */
        return err;
    }
    get->fd = fd;
    get->poll.data = get;
    (void)uv_poll_start(&get->poll, UV_READABLE, on_readable); /* cannot fail */
    return 0;
}

int asyncdl_queue_get_async(struct asyncdl_future **out,
                            struct asyncdl_queue *queue, struct uv_loop_s *loop)
{
    struct asyncdl_future *future = NULL;
    struct get *get = calloc(1, sizeof(*get));

    if (get == NULL) {
        return -ENOMEM;
    }
    get->queue = queue;
    int err = adl_future_create(&future, loop, on_cancel, get);
    if (err < 0) {
        goto fail;
    }
    get->future = future;
    err = start(get, loop);
    if (err < 0) {
        goto fail;
    }
    adl_queue_retain(queue);
    *out = future;
    return 0;

fail:
    if (future != NULL) { /* both shares: nobody has seen it */
        asyncdl_future_release(future);
        asyncdl_future_release(future);
    }
    free(get);
    return err;
}
