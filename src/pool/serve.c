/* SPDX-License-Identifier: MIT */
/*
 * Each result leaves this process as soon as it is there: by the socket, or, as
 * long as the program looks there, by the outbox. So when this process dies,
 * the pool knows which task it was in: the first of which it has heard nothing.
 */
#include "pool/serve.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "asyncdl/error.h"
#include "pool/cpus.h"
#include "pool/outbox.h"
#include "pool/task.h"
#include "pool/worker.h"

#define IDLE_MS 1000 /* for which parcels keep their memory */

/* A program that answers a result with the next task does so while this process
 * looks for it: to be woken takes longer than most tasks. It looks so long, and
 * only where the last task came within the other. */
#define LOOK_NS 60000
#define SOON_NS 100000

/* Results that a program which dozes is woken for: so many, or so old. */
#define N_UNRUNG  32
#define UNRUNG_NS 100000

struct server {
    struct adl_kit *kit;
    struct asyncdl_worker worker;
    size_t max_result_bytes;
    asyncdl_worker_finish_fn finisher;
    /* A result's memory: small is used again, large goes to the program. */
    void *small;
    struct adl_parcel *large; /* or NULL */
    unsigned number;          /* of large, on the shelf; 0: not there */
    size_t max_inline;        /* bytes of a result that go in a frame */
    struct adl_shelf results;
    struct adl_outbox outbox;
    unsigned n_unrung; /* results there that the program may not know of */
    int64_t unrung_ns; /* when the first of them was put there */
    int64_t end_ns;    /* of the last task */
    bool looks;        /* for the next one, before it sleeps */
};

static int64_t now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* One that is kept, or, where the frame has no room, one made for it. */
static void *reserve_large(struct server *server, size_t len)
{
    int err =
        adl_shelf_take(&server->results, len, &server->number, &server->large);

    if (err < 0 && len > server->max_inline) {
        server->number = 0;
        err = adl_parcel_create(&server->large, len);
    }
    if (err < 0) {
        server->large = NULL;
        return NULL;
    }
    return adl_parcel_get_data(server->large);
}

static void *reserve(void *data, size_t len)
{
    struct server *server = data;

    if (len >= ADL_PARCEL_MIN || len > server->max_inline) {
        void *bytes = reserve_large(server, len);

        if (bytes != NULL || len > server->max_inline) {
            return bytes;
        }
    }
    if (server->small == NULL) {
        server->small = malloc(ADL_FRAME_MAX);
    }
    return server->small;
}

/* What is in it, if anything, is nobody's any more. */
static void drop_large(struct server *server)
{
    if (server->large == NULL) {
        return;
    }
    if (server->number > 0) {
        adl_parcel_let_go(server->large);
    } else {
        adl_parcel_release(server->large);
    }
    server->large = NULL;
}

static void drop(void *data, void *bytes, size_t len)
{
    struct server *server = data;

    (void)len;
    if (bytes != server->small) {
        drop_large(server);
    }
}

/* The part of the task's words that fits. */
static size_t text_len(const struct asyncdl_task *task)
{
    size_t len = task->error != NULL ? strlen(task->error) : 0;

    return len < ADL_WIRE_MAX_TEXT ? len : ADL_WIRE_MAX_TEXT;
}

/* Wake the program for the results that it may not know of, if it is time, or
 * they are the last. */
static void ring(struct server *server, bool are_last)
{
    struct adl_kit *kit = server->kit;
    enum adl_outbox_reader reader = adl_outbox_get_reader(&server->outbox);
    bool can_wait = !are_last && server->n_unrung < N_UNRUNG &&
                    server->end_ns - server->unrung_ns < UNRUNG_NS;

    if (reader == ADL_OUTBOX_AWAKE) {
        server->n_unrung = 0;
    }
    if (server->n_unrung == 0 || (reader == ADL_OUTBOX_DOZING && can_wait)) {
        return;
    }
    if (adl_wire_begin(&kit->frame, ADL_WIRE_BELL) < 0) {
        adl_kit_exit(1);
    }
    adl_kit_send(kit, -1);
    server->n_unrung = 0;
}

/* The frame goes to where the program looks. */
static void send_frame(struct server *server, int fd)
{
    struct adl_kit *kit = server->kit;

    if (fd < 0 && adl_outbox_get_reader(&server->outbox) != ADL_OUTBOX_ASLEEP &&
        adl_outbox_put(&server->outbox, kit->frame.data, kit->frame.len)) {
        if (server->n_unrung == 0) {
            server->unrung_ns = server->end_ns;
        }
        server->n_unrung++;
        ring(server, false);
        return;
    }
    adl_kit_send(kit, fd);
    server->n_unrung = 0; /* it looks there, too, when it hears something */
}

static void send_result(struct server *server, const struct asyncdl_task *task,
                        int64_t id, int err, int64_t run_ns)
{
    struct adl_kit *kit = server->kit;
    struct adl_parcel *large = server->large;
    int fd = large != NULL ? large->fd : -1;
    struct adl_wire_record record = {
        .value = {id, err, run_ns},
        .data = task->result,
        .data_len = task->result_len,
        .text = task->error,
        .text_len = (uint32_t)text_len(task),
        .flags = large == NULL ? 0
                 : fd >= 0     ? ADL_WIRE_BY_FD
                               : ADL_WIRE_KEPT,
        .parcel = large != NULL ? server->number : 0,
    };
    if (adl_wire_begin(&kit->frame, ADL_WIRE_RESULT) < 0 ||
        adl_wire_add(&kit->frame, &record) < 0) {
        adl_kit_exit(1); /* no memory to say so in */
    }
    send_frame(server, fd);
    if (large == NULL) {
        return;
    }
    if (server->number > 0) {
        adl_parcel_close_fd(large); /* the program lets it go */
    } else {
        adl_parcel_release(large);
    }
    server->large = NULL;
}

static void run_task(struct server *server, struct adl_wire_record *call)
{
    const struct adl_task_memory memory = {reserve, drop, server};
    struct asyncdl_task task = {
        .worker = &server->worker,
        .max_result_bytes = server->max_result_bytes,
        .memory = &memory,
    };
    struct adl_parcel *arg;
    asyncdl_task_fn fn = (asyncdl_task_fn)adl_kit_find(server->kit, call);
    int64_t start_ns = now_ns();
    int err = adl_kit_open_data(server->kit, call, &arg);

    if (err == 0 && fn == NULL) {
        err = ASYNCDL_ENOFUNC;
    }
    if (err == 0) {
        err = adl_task_run(&task, fn, call->data, (size_t)call->data_len);
    }
    adl_kit_close_data(call, arg);
    server->end_ns = now_ns();
    send_result(server, &task, call->value[0], err, server->end_ns - start_ns);
    free(task.error);
}

/* The program has recalled it. What came with it has its place in an order. */
static void skip_task(struct server *server, struct adl_wire_record *call)
{
    struct adl_parcel *arg;

    if (adl_kit_open_data(server->kit, call, &arg) == 0) {
        adl_kit_close_data(call, arg);
    }
}

static void run_tasks(struct server *server, const struct adl_wire_frame *frame)
{
    struct adl_wire_record call;
    size_t at = 0;

    while (adl_wire_next(frame, &at, &call)) {
        if (adl_outbox_claim(&server->outbox, (uint64_t)call.value[0])) {
            run_task(server, &call);
        } else {
            skip_task(server, &call);
        }
    }
    ring(server, true);
}

/* Call the initializer, which is the record's function, if any. */
static int initialize(struct server *server, struct adl_wire_record *call)
{
    struct adl_parcel *arg;
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
    adl_kit_close_data(call, arg);
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
    int err = is_short ? -EMFILE
                       : adl_outbox_adopt(&server->outbox,
                                          adl_inbox_take_fd(kit->inbox));
    if (err == 0) {
        adl_outbox_close_fd(&server->outbox);
        err = adl_kit_take(kit, &setup, is_short);
    }
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

static size_t max_inline(const struct adl_kit *kit)
{
    size_t max = adl_channel_get_max(kit->fd) - ADL_WIRE_HEAD -
                 adl_wire_size(0, ADL_WIRE_MAX_TEXT) - ADL_WIRE_ALIGN;

    return max < ADL_FRAME_MAX ? max : ADL_FRAME_MAX;
}

/* Has something come meanwhile? */
static bool look(const struct server *server)
{
    struct pollfd poll_fd = {.fd = server->kit->fd, .events = POLLIN};
    int64_t until_ns = server->end_ns + LOOK_NS;
    bool has_come = false;

    while (!has_come && now_ns() < until_ns) {
        has_come = poll(&poll_fd, 1, 0) != 0;
    }
    return has_come;
}

/* Memory that is kept for speed is not, where there is nothing to do. */
static void await_work(struct server *server)
{
    struct pollfd poll_fd = {.fd = server->kit->fd, .events = POLLIN};

    if (server->looks && look(server)) {
        return;
    }
    if ((adl_shelf_has_any(&server->results) ||
         adl_shelf_has_any(&server->kit->args)) &&
        poll(&poll_fd, 1, IDLE_MS) == 0) {
        adl_shelf_empty(&server->results);
        adl_shelf_empty(&server->kit->args);
    }
}

_Noreturn void adl_serve_run(struct adl_kit *kit,
                             const struct adl_wire_frame *frame, bool is_short)
{
    struct server server = {.kit = kit, .max_inline = max_inline(kit)};
    bool may_look =
        adl_cpus_allowed() > 1; /* else the program could not go on */
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
        await_work(&server);
        adl_kit_receive(kit, &next, &is_short);
        if (next.kind != ADL_WIRE_TASKS) {
            break; /* let go */
        }
        server.looks = may_look && now_ns() - server.end_ns < SOON_NS;
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
