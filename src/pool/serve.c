/* SPDX-License-Identifier: MIT */
/*
 * Each result is sent as soon as it is there. So when this process dies, the
 * pool knows which task it was in: the first of which it has heard nothing.
 */
#include "pool/serve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "asyncdl/error.h"
#include "pool/task.h"
#include "pool/worker.h"

struct server {
    struct adl_kit *kit;
    struct asyncdl_worker worker;
    size_t max_result_bytes;
    asyncdl_worker_finish_fn finisher;
    /* A result's memory: small is used again, large goes to the program. */
    void *small;
    struct adl_parcel large;
};

static int64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void *reserve(void *data, size_t len)
{
    struct server *server = data;

    if (len >= ADL_PARCEL_MIN) {
        return adl_parcel_create(&server->large, len) == 0 ? server->large.data
                                                           : NULL;
    }
    if (server->small == NULL) {
        server->small = malloc(ADL_PARCEL_MIN);
    }
    return server->small;
}

static void drop(void *data, void *bytes, size_t len)
{
    struct server *server = data;

    (void)len;
    if (bytes != server->small) {
        adl_parcel_finish(&server->large);
    }
}

/* The part of the task's words that fits. */
static size_t text_len(const struct asyncdl_task *task)
{
    size_t len = task->error != NULL ? strlen(task->error) : 0;

    return len < ADL_WIRE_MAX_TEXT ? len : ADL_WIRE_MAX_TEXT;
}

static void send_result(struct server *server, const struct asyncdl_task *task,
                        int64_t id, int err, int64_t run_ns)
{
    struct adl_kit *kit = server->kit;
    bool is_large = task->result != NULL && task->result == server->large.data;
    struct adl_wire_record record = {
        .value = {id, err, run_ns},
        .data = task->result,
        .data_len = task->result_len,
        .text = task->error,
        .text_len = (uint32_t)text_len(task),
        .flags = is_large ? ADL_WIRE_BY_FD : 0,
    };
    if (adl_wire_begin(&kit->frame, ADL_WIRE_RESULT) < 0 ||
        adl_wire_add(&kit->frame, &record) < 0) {
        adl_kit_exit(1); /* no memory to say so in */
    }
    if (is_large) {
        adl_parcel_let_go(&server->large);
    }
    adl_kit_send(kit, is_large ? server->large.fd : -1);
}

static void run_task(struct server *server, struct adl_wire_record *call)
{
    const struct adl_task_memory memory = {reserve, drop, server};
    struct asyncdl_task task = {
        .worker = &server->worker,
        .max_result_bytes = server->max_result_bytes,
        .memory = &memory,
    };
    struct adl_parcel arg = {0};
    asyncdl_task_fn fn = (asyncdl_task_fn)adl_kit_find(server->kit, call);
    int64_t start_ns = now_ns();
    int err = adl_kit_open_data(server->kit, call, &arg);

    if (err == 0 && fn == NULL) {
        err = ASYNCDL_ENOFUNC;
    }
    if (err == 0) {
        err = adl_task_run(&task, fn, call->data, (size_t)call->data_len);
    }
    adl_parcel_finish(&arg);
    send_result(server, &task, call->value[0], err, now_ns() - start_ns);
    if (task.result != NULL && task.result != server->small) {
        adl_parcel_finish(&server->large);
    }
    free(task.error);
}

static void run_tasks(struct server *server, const struct adl_wire_frame *frame)
{
    struct adl_wire_record call;
    size_t at = 0;

    while (adl_wire_next(frame, &at, &call)) {
        run_task(server, &call);
    }
}

/* Call the initializer, which is the record's function, if any. */
static int initialize(struct server *server, struct adl_wire_record *call)
{
    struct adl_parcel arg = {0};
    int err = adl_kit_open_data(server->kit, call, &arg);
    asyncdl_worker_init_fn fn =
        (asyncdl_worker_init_fn)adl_kit_find(server->kit, call);

    if (err == 0 && call->value[1] != ADL_WIRE_NO_MODULE) {
        if (fn == NULL) {
            return ASYNCDL_ENOFUNC;
        }
        adl_task_enter();
        err = fn(&server->worker, call->data_len > 0 ? call->data : NULL,
                 (size_t)call->data_len);
        adl_task_leave();
    }
    adl_parcel_finish(&arg);
    return err > 0 ? -EINVAL : err;
}

static int set_up(struct server *server, const struct adl_wire_frame *frame,
                  bool is_short)
{
    struct adl_kit *kit = server->kit;
    struct adl_wire_record setup;
    struct adl_wire_record init;
    struct adl_wire_record finish;
    size_t at = 0;

    (void)adl_wire_next(frame, &at, &setup); /* it has three */
    (void)adl_wire_next(frame, &at, &init);
    (void)adl_wire_next(frame, &at, &finish);
    int err = adl_kit_take(kit, &setup, is_short);
    adl_worker_init(&server->worker, (unsigned)setup.value[0]);
    server->worker.queues = kit->queues;
    server->worker.n_queues = kit->n_queues;
    server->worker.locks = kit->locks;
    server->worker.n_locks = kit->n_locks;
    server->max_result_bytes = (size_t)setup.value[1];
    (void)prctl(PR_SET_NAME, server->worker.name);
    server->finisher = (asyncdl_worker_finish_fn)adl_kit_find(kit, &finish);
    if (err == 0 && server->finisher == NULL &&
        finish.value[1] != ADL_WIRE_NO_MODULE) {
        err = ASYNCDL_ENOFUNC;
    }
    return err == 0 ? initialize(server, &init) : err;
}

_Noreturn void adl_serve_run(struct adl_kit *kit,
                             const struct adl_wire_frame *frame, bool is_short)
{
    struct server server = {.kit = kit};
    struct adl_wire_frame next;
    int err = set_up(&server, frame, is_short);

    if (adl_wire_put(&kit->frame, ADL_WIRE_READY, err, 0) < 0) {
        adl_kit_exit(1);
    }
    adl_kit_send(kit, -1);
    if (err < 0) {
        adl_kit_exit(0);
    }
    for (;;) {
        adl_kit_receive(kit, &next, &is_short);
        if (next.kind != ADL_WIRE_TASKS) {
            break; /* let go */
        }
        run_tasks(&server, &next);
        adl_inbox_close_fds(kit->inbox);
    }
    if (server.finisher != NULL) {
        adl_task_enter();
        server.finisher(&server.worker);
        adl_task_leave();
    }
    adl_kit_exit(0);
}
