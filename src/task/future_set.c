/* SPDX-License-Identifier: MIT */
/*
 * A thread takes the door, leaves what it brings and rings. The loop answers
 * later, resolves the future and closes the door's handle; the future is kept
 * until that is gone, because the handle lives in its door.
 *
 * The thread touches nothing after it has rung but what uv_async_send() does,
 * and uv_close() waits for that.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "task/future.h"

enum state {
    OPEN,
    TAKEN, /* one is setting it, or has */
    SET,   /* err, result and destroy are there */
};

struct adl_door {
    uv_async_t bell;
    struct asyncdl_future *future; /* the operation's share */
    asyncdl_cancel_cb on_cancel;
    void *cancel_data;
    /* One thread turns OPEN into TAKEN. SET is stored with release, and loaded
     * with acquire: so the loop sees what was stored before. */
    atomic_int state;
    int err;
    void *result;
    void (*destroy)(void *result);
};

static void on_bell_closed(uv_handle_t *handle)
{
    struct adl_door *door = handle->data;

    asyncdl_future_release(door->future); /* frees door, where it is the last */
}

static void on_bell(uv_async_t *bell)
{
    struct adl_door *door = bell->data;

    if (atomic_load_explicit(&door->state, memory_order_acquire) != SET) {
        return; /* libuv may call without a reason */
    }
    (void)asyncdl_future_retain(door->future); /* until the bell is gone */
    uv_close((uv_handle_t *)bell, on_bell_closed);
    adl_future_resolve(door->future, door->err, door->result, door->destroy);
}

static void on_cancel(void *owner)
{
    struct adl_door *door = owner;

    adl_future_enter_callback();
    door->on_cancel(door->cancel_data);
    adl_future_leave_callback();
}

int asyncdl_future_create(struct asyncdl_future **out, struct uv_loop_s *loop,
                          asyncdl_cancel_cb cancel, void *data)
{
    struct adl_door *door = calloc(1, sizeof(*door));

    if (door == NULL) {
        return -ENOMEM;
    }
    door->on_cancel = cancel;
    door->cancel_data = data;
    int err = adl_future_create(&door->future, loop,
                                cancel != NULL ? on_cancel : NULL, door);
    if (err < 0) {
        free(door);
        return err;
    }
    adl_future_put_door(door->future, door); /* which frees it from now on */
    err = uv_async_init(loop, &door->bell, on_bell);
    if (err < 0) {
        struct asyncdl_future *future = door->future;

        asyncdl_future_release(future); /* the setter's share */
        asyncdl_future_release(future);
        return err;
    }
    door->bell.data = door;
    atomic_init(&door->state, OPEN);
    *out = door->future;
    return 0;
}

int asyncdl_future_set(struct asyncdl_future *future, int err, void *result,
                       void (*destroy)(void *result))
{
    struct adl_door *door = adl_future_get_door(future);
    int expected = OPEN;

    if (door == NULL || err > 0) {
        return -EINVAL;
    }
    /* Relaxed: nothing of the door is read before it is taken. */
    if (!atomic_compare_exchange_strong_explicit(&door->state, &expected, TAKEN,
                                                 memory_order_relaxed,
                                                 memory_order_relaxed)) {
        return -EALREADY;
    }
    door->err = err;
    door->result = result;
    door->destroy = destroy;
    atomic_store_explicit(&door->state, SET, memory_order_release);
    (void)uv_async_send(&door->bell); /* cannot fail */
    return 0;
}
