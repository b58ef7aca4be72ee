/* SPDX-License-Identifier: MIT */
#include "pool/worker.h"

#include <stdio.h>

void adl_worker_init(struct asyncdl_worker *worker, unsigned id)
{
    *worker = (struct asyncdl_worker){.id = id};
    (void)snprintf(worker->name, sizeof(worker->name), "worker-%u", id);
}

void asyncdl_worker_set_data(struct asyncdl_worker *worker, void *data)
{
    worker->data = data;
}

void *asyncdl_worker_get_data(const struct asyncdl_worker *worker)
{
    return worker->data;
}

unsigned asyncdl_worker_get_id(const struct asyncdl_worker *worker)
{
    return worker->id;
}

const char *asyncdl_worker_get_name(const struct asyncdl_worker *worker)
{
    return worker->name;
}

struct asyncdl_queue *asyncdl_worker_get_queue(
    const struct asyncdl_worker *worker, size_t i)
{
    return i < worker->n_queues ? worker->queues[i] : NULL;
}

struct asyncdl_lock *asyncdl_worker_get_lock(
    const struct asyncdl_worker *worker, size_t i)
{
    return i < worker->n_locks ? worker->locks[i] : NULL;
}
