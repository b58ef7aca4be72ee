/* SPDX-License-Identifier: MIT */
/*
 * All that is ever heard of a process comes on its socket: that it started,
 * that its function was found, and, from the forkserver, how it ended.
 */
#include "asyncdl/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <uv.h>

#include "asyncdl/error.h"
#include "pool/channel.h"
#include "pool/forkserver.h"
#include "pool/kit.h"
#include "pool/setup.h"
#include "task/future.h"

/* To start: a machine under load takes its time, and then it is stuck. */
#define START_MS 30000

#define MAX_SHARED 100 /* queues and locks */

enum state { STARTING, RUNNING, ENDED };

struct asyncdl_process {
    unsigned n_shares; /* the user's, and the watch's */
    struct asyncdl_forkserver *forkserver;
    struct adl_inbox *inbox;
    int fd; /* -1 once it has ended */
    int64_t id;
    int64_t pid;
    enum state state;
    int exit_status; /* once it has ended: as told to the user */
    int start_err;   /* why it did not start */
    char *name;
    struct watch *watch; /* or NULL */
};

/* A future's wait for it, on a loop. */
struct watch {
    uv_poll_t poll;
    int fd;
    struct asyncdl_process *process;
    struct asyncdl_future *future; /* its own share */
    bool is_canceled;
};

static void unshare(struct asyncdl_process *process)
{
    process->n_shares--;
    if (process->n_shares > 0) {
        return;
    }
    if (process->fd >= 0) {
        (void)close(process->fd); /* the forkserver kills it then */
    }
    adl_forkserver_release(process->forkserver);
    free(process->inbox);
    free(process->name);
    free(process);
}

static void set_ended(struct asyncdl_process *process, int exit_status)
{
    process->state = ENDED;
    process->exit_status = exit_status;
    (void)close(process->fd); /* nothing is to come */
    process->fd = -1;
}

static void hear(struct asyncdl_process *process,
                 const struct adl_wire_frame *frame)
{
    struct adl_wire_record record = {.value = {0}};
    size_t at = 0;

    (void)adl_wire_next(frame, &at, &record); /* all of these have one */
    switch ((int)frame->kind) {
    case ADL_WIRE_STARTED:
        process->pid = record.value[0];
        break;
    case ADL_WIRE_READY:
        process->state = RUNNING;
        process->start_err = (int)record.value[0];
        break;
    case ADL_WIRE_REFUSED:
        process->start_err = (int)record.value[0];
        set_ended(process, ASYNCDL_EDIED);
        break;
    case ADL_WIRE_EXITED:
        set_ended(process, record.value[1] > 0 ? -(int)record.value[1]
                                               : (int)record.value[0]);
        break;
    default: /* of one that is out of its mind: it will end, too */
        break;
    }
}

/* Take what is there. True when something was. */
static bool hear_next(struct asyncdl_process *process)
{
    struct adl_wire_frame frame;
    bool is_short;
    int err = adl_channel_receive(process->fd, process->inbox, &frame,
                                  &is_short, MSG_DONTWAIT);

    if (err == -EAGAIN) {
        return false;
    }
    if (err == 0) {
        hear(process, &frame);
        adl_inbox_close_fds(process->inbox);
    } else if (err != ASYNCDL_EFRAME) {
        set_ended(process, ASYNCDL_EDIED); /* with the forkserver */
    }
    return true;
}

static void hear_all(struct asyncdl_process *process)
{
    while (process->fd >= 0 && hear_next(process)) {
    }
}

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Wait until it is in that state, or a later one. 0 or -ETIMEDOUT. */
static int wait_for(struct asyncdl_process *process, enum state state,
                    uint64_t timeout_ms)
{
    bool is_bounded = timeout_ms < INT64_MAX / 2;
    int64_t end_ms = is_bounded ? now_ms() + (int64_t)timeout_ms : 0;

    hear_all(process);
    while (process->state < state) {
        struct pollfd readable = {.fd = process->fd, .events = POLLIN};
        int64_t left_ms = is_bounded ? end_ms - now_ms() : -1;

        if (is_bounded && left_ms <= 0) {
            return -ETIMEDOUT;
        }
        (void)poll(&readable, 1, left_ms > INT_MAX ? INT_MAX : (int)left_ms);
        hear_all(process);
    }
    return 0;
}

static int check_options(const struct asyncdl_process_options *opts)
{
    if (opts == NULL || opts->struct_size != sizeof(*opts) ||
        opts->fn == NULL || (opts->arg == NULL && opts->len > 0) ||
        opts->n_queues > MAX_SHARED || opts->n_locks > MAX_SHARED ||
        opts->n_queues + opts->n_locks > MAX_SHARED ||
        (opts->name != NULL && strlen(opts->name) > ADL_KIT_MAX_NAME)) {
        return -EINVAL;
    }
    return 0;
}

/* Tell it what to do, and hear that it does. */
static int set_up(struct asyncdl_process *process,
                  const struct asyncdl_process_options *opts)
{
    const struct adl_setup setup = {
        .kind = ADL_WIRE_PROCESS,
        .outbox_fd = -1,
        .name = process->name,
        .calls = {{(uintptr_t)opts->fn, {opts->arg, opts->len}}},
        .n_calls = 1,
        .queues = opts->queues,
        .n_queues = opts->n_queues,
        .locks = opts->locks,
        .n_locks = opts->n_locks,
    };
    struct adl_modules modules = {0};
    struct adl_buf frame = {0};
    size_t n_told = 0;
    int err = adl_setup_send(process->fd, &frame, &modules, &n_told, &setup);

    adl_modules_finish(&modules);
    adl_buf_finish(&frame);
    if (err == 0 || err == -EPIPE || err == -ECONNRESET) {
        err = wait_for(process, RUNNING, START_MS); /* it tells why */
    }
    if (err == 0) {
        err = process->start_err;
    }
    /* One that runs may have ended by now; one that never did is known by its
     * lack of a pid. */
    return err == 0 && process->pid == 0 ? ASYNCDL_EDIED : err;
}

static int create(struct asyncdl_process **out,
                  const struct asyncdl_process_options *opts)
{
    struct asyncdl_process *process = calloc(1, sizeof(*process));

    if (process == NULL) {
        return -ENOMEM;
    }
    process->n_shares = 1;
    process->fd = -1;
    process->inbox = malloc(sizeof(*process->inbox));
    process->name = strdup(opts->name != NULL ? opts->name : "process");
    if (process->inbox == NULL || process->name == NULL) {
        unshare(process);
        return -ENOMEM;
    }
    *out = process;
    return 0;
}

int asyncdl_process_start(struct asyncdl_process **out,
                          const struct asyncdl_process_options *opts)
{
    struct asyncdl_process *process;
    int err = check_options(opts);

    if (err == 0) {
        err = create(&process, opts);
    }
    if (err < 0) {
        return err;
    }
    err = adl_forkserver_share(&process->forkserver, opts->forkserver);
    if (err == 0) {
        err = adl_forkserver_spawn(process->forkserver, &process->fd,
                                   &process->id);
    }
    if (err == 0) {
        err = set_up(process, opts);
    }
    if (err < 0) {
        unshare(process);
        return err;
    }
    *out = process;
    return 0;
}

int asyncdl_process_join(struct asyncdl_process *process, uint64_t timeout_ms)
{
    return process->watch != NULL ? -EBUSY
                                  : wait_for(process, ENDED, timeout_ms);
}

static void on_watch_closed(uv_handle_t *handle)
{
    struct watch *watch = handle->data;

    (void)close(watch->fd); /* nothing was written */
    free(watch);
}

static void end_watch(struct watch *watch, int err)
{
    struct asyncdl_process *process = watch->process;
    struct asyncdl_future *future = watch->future;

    process->watch = NULL;
    uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
    adl_future_resolve(future, err, NULL, NULL); /* may release it */
    unshare(process);
}

static void on_watch_ready(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;

    (void)status; /* what there is to learn is read */
    (void)events;
    if (watch->is_canceled) {
        end_watch(watch, -ECANCELED);
        return;
    }
    hear_all(watch->process);
    if (watch->process->state == ENDED) {
        end_watch(watch, 0);
    }
}

/* The socket takes more at any time: so this calls back soon. */
static void on_watch_canceled(void *owner)
{
    struct watch *watch = owner;

    watch->is_canceled = true;
    (void)uv_poll_start(&watch->poll, UV_READABLE | UV_WRITABLE,
                        on_watch_ready);
}

/* A descriptor of its own: the process may close the other at any time. */
static int open_watch(struct watch **out, struct asyncdl_process *process,
                      uv_loop_t *loop)
{
    struct watch *watch = calloc(1, sizeof(*watch));

    if (watch == NULL) {
        return -ENOMEM;
    }
    watch->process = process;
    watch->poll.data = watch;
    watch->fd = fcntl(process->fd, F_DUPFD_CLOEXEC, 0);
    int err =
        watch->fd < 0 ? -errno : uv_poll_init(loop, &watch->poll, watch->fd);
    if (err < 0) {
        if (watch->fd >= 0) {
            (void)close(watch->fd); /* nothing was written */
        }
        free(watch);
        return err;
    }
    *out = watch;
    return 0;
}

int asyncdl_process_join_async(struct asyncdl_future **out,
                               struct asyncdl_process *process,
                               struct uv_loop_s *loop)
{
    struct watch *watch = NULL;
    struct asyncdl_future *future;

    if (process->watch != NULL) {
        return -EBUSY;
    }
    hear_all(process);
    if (process->state != ENDED) {
        int err = open_watch(&watch, process, loop);

        if (err < 0) {
            return err;
        }
    }
    int err = adl_future_create(&future, loop, on_watch_canceled, watch);
    if (err < 0) {
        if (watch != NULL) {
            uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
        }
        return err;
    }
    *out = future;
    if (watch == NULL) {
        adl_future_resolve(future, 0, NULL, NULL); /* nobody has seen it */
        return 0;
    }
    watch->future = future;
    process->watch = watch;
    process->n_shares++;
    /* Cannot fail: libuv has seen that it can be polled. */
    (void)uv_poll_start(&watch->poll, UV_READABLE, on_watch_ready);
    return 0;
}

bool asyncdl_process_is_alive(struct asyncdl_process *process)
{
    if (process->watch == NULL) {
        hear_all(process);
    }
    return process->state != ENDED;
}

int64_t asyncdl_process_get_pid(const struct asyncdl_process *process)
{
    return process->pid;
}

const char *asyncdl_process_get_name(const struct asyncdl_process *process)
{
    return process->name;
}

int asyncdl_process_get_exit_status(int *out,
                                    const struct asyncdl_process *process)
{
    if (process->state != ENDED) {
        return -EAGAIN;
    }
    if (process->exit_status == ASYNCDL_EDIED) {
        return ASYNCDL_EDIED;
    }
    *out = process->exit_status;
    return 0;
}

int asyncdl_process_terminate(struct asyncdl_process *process)
{
    return process->state == ENDED
               ? 0
               : adl_forkserver_signal(process->forkserver, process->id,
                                       SIGTERM);
}

void asyncdl_process_kill(struct asyncdl_process *process)
{
    if (process->fd >= 0) {
        (void)shutdown(process->fd, SHUT_WR); /* the forkserver kills it */
    }
}

void asyncdl_process_release(struct asyncdl_process *process)
{
    if (process != NULL) {
        asyncdl_process_kill(process);
        unshare(process);
    }
}
