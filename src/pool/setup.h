/* SPDX-License-Identifier: MIT */
/* The program's side of a helper's first minutes: what it is told before it has
 * anything to do. Nothing here waits. */
#ifndef ADL_POOL_SETUP_H
#define ADL_POOL_SETUP_H

#include <stddef.h>
#include <stdint.h>

#include "asyncdl/bytes.h"
#include "pool/module.h"
#include "pool/wire.h"

struct asyncdl_lock;
struct asyncdl_queue;

/* A function to be called, and the bytes for it. */
struct adl_setup_call {
    uintptr_t function; /* 0: none */
    struct asyncdl_bytes arg;
};

struct adl_setup {
    enum adl_wire_kind kind; /* ADL_WIRE_WORKER or ADL_WIRE_PROCESS */
    int64_t id;
    int64_t max_result_bytes;
    const char *name;
    int outbox_fd; /* borrowed; of WORKER only, else -1 */
    struct adl_setup_call calls[2];
    unsigned n_calls; /* as wire.h says for the kind */
    struct asyncdl_queue *const *queues;
    size_t n_queues;
    struct asyncdl_lock *const *locks;
    size_t n_locks;
};

/* Tell of the modules that the helper does not know: *n_told of them it does.
 * 0, or as adl_channel_send(). */
int adl_setup_send_modules(int fd, struct adl_buf *frame,
                           const struct adl_modules *modules, size_t *n_told);

/* Tell what it is to be, with the modules of its functions before. 0,
 * ASYNCDL_ENOFUNC, -ENOMEM, or as adl_channel_send(). */
int adl_setup_send(int fd, struct adl_buf *frame, struct adl_modules *modules,
                   size_t *n_told, const struct adl_setup *setup);

#endif
