/* SPDX-License-Identifier: MIT */
/*
 * The queue (asyncdl/queue.h) on its way to another process, and what a loop
 * needs of it. Beside the memory a queue has an eventfd: once a loop has waited
 * for the queue, it is readable whenever the queue is not empty, or is closed
 * or damaged. Nobody reads it to learn that, so any number of loops may poll
 * it; it is reset by whoever finds the queue empty.
 */
#ifndef ADL_POOL_QUEUE_H
#define ADL_POOL_QUEUE_H

#include "asyncdl/queue.h"

/* The descriptors of its memory and of its eventfd, borrowed: they go with the
 * queue. */
void adl_queue_get_fds(const struct asyncdl_queue *queue, int fds[2]);

/*
 * Make a queue of those descriptors, which are taken on success. 0, -ENOMEM,
 * -ENOTSUP, or -EINVAL where they are none of a queue.
 */
int adl_queue_adopt(struct asyncdl_queue **out, const int fds[2]);

/* A share more, to be given back by asyncdl_queue_release(). */
void adl_queue_retain(struct asyncdl_queue *queue);

/*
 * Have the eventfd tell what this header says, from now on, and return a
 * duplicate of it, or a negative code.
 */
int adl_queue_watch(struct asyncdl_queue *queue);

/*
 * Like a get that does not wait, not even for a process in the middle of its
 * own call: then -EAGAIN, and the eventfd stays readable.
 */
int adl_queue_try_get(struct asyncdl_queue *queue, struct asyncdl_bytes *out);

#endif
