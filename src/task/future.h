/* SPDX-License-Identifier: MIT */
/*
 * The giving side of a future (asyncdl/future.h): what an operation holds that
 * promises a result.
 */
#ifndef ADL_TASK_FUTURE_H
#define ADL_TASK_FUTURE_H

#include <stdbool.h>

#include <uv.h>

#include "asyncdl/future.h"

/* What cancels the operation behind a future; called at most once, and never
 * after it was resolved. The operation resolves the future later, on the loop.
 */
typedef void (*adl_future_cancel_cb)(void *owner);

/*
 * Create a pending future with two shares: the operation's, given up by
 * adl_future_resolve(), and the one that is returned to the user. loop is
 * borrowed. cancel may be NULL. 0 or -ENOMEM.
 */
int adl_future_create(struct asyncdl_future **out, uv_loop_t *loop,
                      adl_future_cancel_cb cancel, void *owner);

/*
 * Make it ready and run its callbacks, now: call it from the loop, never
 * inside the call that created the future, unless nobody has seen it yet.
 * result may be NULL; destroy, which may be NULL, is called with it when the
 * last share is given back. The future may be gone when this returns.
 */
void adl_future_resolve(struct asyncdl_future *future, int err, void *result,
                        void (*destroy)(void *result));

/*
 * What a future that threads may set has besides. It is set before anybody else
 * knows of the future, and freed with it.
 */
struct adl_door;
void adl_future_put_door(struct asyncdl_future *future, struct adl_door *door);
struct adl_door *adl_future_get_door(const struct asyncdl_future *future);

/* A callback in wait for a future. */
struct adl_future_waiter {
    asyncdl_future_cb cb;
    void *data;
    bool is_ours; /* the future frees it before it calls; else its owner does */
    struct adl_future_waiter *next;
};

/*
 * Like asyncdl_future_then(), for a future that is pending and a waiter that
 * its owner keeps until it was called, so that it cannot fail.
 */
void adl_future_add_waiter(struct asyncdl_future *future,
                           struct adl_future_waiter *waiter);

/*
 * Callbacks of this library run between these two, so that waiting inside of
 * one is answered with -EDEADLK instead of a hang. They nest.
 */
void adl_future_enter_callback(void);
void adl_future_leave_callback(void);

/* Is one running on this thread? Then asyncdl_future_wait() would fail. */
bool adl_future_is_in_callback(void);

#endif
