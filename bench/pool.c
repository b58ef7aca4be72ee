/* SPDX-License-Identifier: MIT */
/*
 * What a task costs: `pool KIND MODE SIZE SECONDS` prints one line, `rate
 * MEDIAN_US`. KIND is threads or processes; or a floor: uv (uv_queue_work),
 * pthread (a queue, a mutex and two conditions) or fork (a child and two
 * pipes). MODE trip has one task at a time, flow keeps many under way, chunk
 * maps many at a time, burst queues very many before any is taken: once where
 * SECONDS is 0. A task answers with as many bytes as it is given.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <uv.h>

#include "asyncdl/asyncdl.h"

#define N_TRIPS_MAX 200000
#define N_FLOW      1000 /* under way at most */
#define N_CHUNK     20000
#define N_BURST     100000
#define PAYLOAD_MIN 262144
#define FLOW_BYTES  (UINT64_C(1) << 28)

struct run {
    uv_loop_t loop;
    struct asyncdl_pool *pool;
    char *bytes;
    size_t len;
    struct asyncdl_payload *payload; /* of the bytes, where they are many */
    uint64_t start_ns;
    uint64_t end_ns; /* when no more are submitted */
    uint64_t n_done;
    size_t n_under_way;
    size_t n_most;
    uint64_t begun_ns;
    uint32_t trips_ns[N_TRIPS_MAX];
};

static void die(const char *what, int err)
{
    (void)fprintf(stderr, "pool: %s: %s\n", what, asyncdl_strerror(err));
    exit(1);
}

static int echo(struct asyncdl_task *task, const void *arg, size_t len)
{
    return asyncdl_task_reply(task, arg, len);
}

/* A large one is filled in, as a task that computes it would. */
static int fill(struct asyncdl_task *task, const void *arg, size_t len)
{
    void *bytes = asyncdl_task_reserve(task, len);

    if (bytes != NULL) {
        memcpy(bytes, arg, len);
    }
    return 0;
}

static void end_trip(struct run *run, uint64_t now_ns)
{
    if (run->n_done < N_TRIPS_MAX) {
        uint64_t ns = now_ns - run->begun_ns;

        run->trips_ns[run->n_done] =
            ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
    }
    run->n_done++;
}

static void submit(struct run *run);

static void on_ready(struct asyncdl_future *future, void *data)
{
    struct run *run = data;
    uint64_t now_ns = uv_hrtime();
    int err = asyncdl_future_result(future, NULL);

    if (err < 0) {
        die("task", err);
    }
    asyncdl_future_release(future);
    run->n_under_way--;
    end_trip(run, now_ns);
    while (now_ns < run->end_ns && run->n_under_way < run->n_most) {
        submit(run);
    }
}

static void submit(struct run *run)
{
    struct asyncdl_task_options options = ASYNCDL_TASK_OPTIONS_INIT;
    struct asyncdl_future *future;

    options.fn = run->len < PAYLOAD_MIN ? echo : fill;
    if (run->payload != NULL) {
        options.payload = run->payload;
    } else {
        options.arg = run->bytes;
        options.len = run->len;
        options.flags = ASYNCDL_TASK_BORROW;
    }
    run->begun_ns = uv_hrtime();
    int err = asyncdl_pool_submit(&future, run->pool, &options);
    if (err == 0) {
        err = asyncdl_future_then(future, on_ready, run);
    }
    if (err < 0) {
        die("submit", err);
    }
    run->n_under_way++;
}

static void map_once(struct run *run)
{
    static struct asyncdl_bytes args[N_CHUNK];
    struct asyncdl_map_options options = ASYNCDL_MAP_OPTIONS_INIT;
    struct asyncdl_future *future;

    for (size_t i = 0; i < N_CHUNK; i++) {
        args[i] = (struct asyncdl_bytes){run->bytes, run->len};
    }
    options.fn = echo;
    options.args = args;
    options.n = N_CHUNK;
    options.flags = ASYNCDL_TASK_BORROW;
    int err = asyncdl_pool_map(&future, run->pool, &options);
    if (err < 0) {
        die("map", err);
    }
    asyncdl_future_release(future);
    run->n_done += N_CHUNK;
}

/* All of them before the loop runs; the time is over meanwhile. */
static void burst(struct run *run, void (*add)(struct run *run),
                  uint64_t for_ns)
{
    run->end_ns = 0;
    do {
        for (int i = 0; i < N_BURST; i++) {
            add(run);
        }
        uv_run(&run->loop, UV_RUN_DEFAULT);
    } while (uv_hrtime() < run->start_ns + for_ns);
}

/* The first task prepares the workers, and is not counted. */
static void open_pool(struct run *run, bool are_processes)
{
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;

    options.backend =
        are_processes ? ASYNCDL_POOL_PROCESSES : ASYNCDL_POOL_THREADS;
    options.max_queued = N_BURST;
    int err = asyncdl_pool_open(&run->pool, &run->loop, &options);
    if (err < 0) {
        die("open", err);
    }
    if (run->len >= PAYLOAD_MIN) {
        err = asyncdl_payload_create(&run->payload, run->len);
        if (err < 0) {
            die("payload", err);
        }
        memset(asyncdl_payload_get_data(run->payload), 'b', run->len);
    }
    run->n_most = 1;
    submit(run);
    uv_run(&run->loop, UV_RUN_DEFAULT);
    run->n_done = 0;
}

static void run_pool(struct run *run, bool are_processes, const char *mode,
                     uint64_t for_ns)
{
    open_pool(run, are_processes);
    run->start_ns = uv_hrtime();
    run->end_ns = run->start_ns + for_ns;
    if (strcmp(mode, "burst") == 0) {
        burst(run, submit, for_ns);
    } else if (strcmp(mode, "chunk") == 0) {
        while (uv_hrtime() < run->end_ns) {
            map_once(run);
        }
    } else {
        size_t n_fit = run->len > 0 ? FLOW_BYTES / run->len : N_FLOW;

        if (strcmp(mode, "flow") == 0) {
            run->n_most = n_fit < N_FLOW ? n_fit : N_FLOW;
        }
        submit(run);
        uv_run(&run->loop, UV_RUN_DEFAULT);
    }
}

static void close_pool(struct run *run)
{
    asyncdl_payload_release(run->payload);
    (void)asyncdl_pool_close(run->pool);
    (void)asyncdl_pool_join(run->pool, NULL, NULL);
    uv_run(&run->loop, UV_RUN_DEFAULT);
}

/* The floors: a copy there and a copy back, by other means. */

struct item {
    uv_work_t work;
    struct run *run;
    char *copy;
};

static void on_work(uv_work_t *work)
{
    struct item *item = work->data;

    item->copy = malloc(item->run->len + 1);
    if (item->copy != NULL) {
        memcpy(item->copy, item->run->bytes, item->run->len);
    }
}

static void queue_item(struct run *run);

static void on_worked(uv_work_t *work, int status)
{
    struct item *item = work->data;
    struct run *run = item->run;
    uint64_t now_ns = uv_hrtime();

    (void)status;
    free(item->copy);
    free(item);
    run->n_under_way--;
    end_trip(run, now_ns);
    while (now_ns < run->end_ns && run->n_under_way < run->n_most) {
        queue_item(run);
    }
}

static void queue_item(struct run *run)
{
    struct item *item = malloc(sizeof(*item));

    if (item == NULL) {
        die("item", UV_ENOMEM);
    }
    item->run = run;
    item->work.data = item;
    run->begun_ns = uv_hrtime();
    run->n_under_way++;
    (void)uv_queue_work(&run->loop, &item->work, on_work, on_worked);
}

static void run_uv(struct run *run, const char *mode, uint64_t for_ns)
{
    if (strcmp(mode, "burst") == 0) {
        burst(run, queue_item, for_ns);
        return;
    }
    run->n_most = strcmp(mode, "trip") == 0 ? 1 : N_FLOW;
    run->end_ns = run->start_ns + for_ns;
    queue_item(run);
    uv_run(&run->loop, UV_RUN_DEFAULT);
}

struct handoff {
    pthread_mutex_t lock; /* of these */
    pthread_cond_t changed;
    enum { IDLE, ASKED, ANSWERED, OVER } state;
    struct run *run;
    char *copy;
};

static void *work(void *data)
{
    struct handoff *h = data;

    (void)pthread_mutex_lock(&h->lock);
    while (h->state != OVER) {
        if (h->state == ASKED) {
            h->copy = malloc(h->run->len + 1);
            memcpy(h->copy, h->run->bytes, h->run->len);
            h->state = ANSWERED;
            (void)pthread_cond_signal(&h->changed);
        }
        (void)pthread_cond_wait(&h->changed, &h->lock);
    }
    (void)pthread_mutex_unlock(&h->lock);
    return NULL;
}

static void run_pthread(struct run *run, uint64_t for_ns)
{
    struct handoff h = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER,
                        IDLE, run, NULL};
    pthread_t thread;

    (void)pthread_create(&thread, NULL, work, &h);
    run->end_ns = uv_hrtime() + for_ns;
    (void)pthread_mutex_lock(&h.lock);
    do {
        run->begun_ns = uv_hrtime();
        h.state = ASKED;
        (void)pthread_cond_signal(&h.changed);
        while (h.state != ANSWERED) {
            (void)pthread_cond_wait(&h.changed, &h.lock);
        }
        free(h.copy);
        end_trip(run, uv_hrtime());
    } while (uv_hrtime() < run->end_ns);
    h.state = OVER;
    (void)pthread_cond_signal(&h.changed);
    (void)pthread_mutex_unlock(&h.lock);
    (void)pthread_join(thread, NULL);
}

static bool move_all(int fd, char *bytes, size_t len, bool is_write)
{
    while (len > 0) {
        ssize_t n = is_write ? write(fd, bytes, len) : read(fd, bytes, len);

        if (n <= 0) {
            return false;
        }
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

/* One byte more, so that nothing is something. */
static void run_fork(struct run *run, uint64_t for_ns)
{
    size_t len = run->len + 1;
    int there[2];
    int back[2];

    if (pipe(there) < 0 || pipe(back) < 0) {
        die("pipe", UV_EMFILE);
    }
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(there[1]);
        while (move_all(there[0], run->bytes, len, false) &&
               move_all(back[1], run->bytes, len, true)) {
        }
        _exit(0);
    }
    run->end_ns = uv_hrtime() + for_ns;
    do {
        run->begun_ns = uv_hrtime();
        if (!move_all(there[1], run->bytes, len, true) ||
            !move_all(back[0], run->bytes, len, false)) {
            die("pipe", UV_EPIPE);
        }
        end_trip(run, uv_hrtime());
    } while (uv_hrtime() < run->end_ns);
    (void)close(there[1]);
    (void)waitpid(pid, NULL, 0);
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static void report(struct run *run, uint64_t ns)
{
    size_t n = run->n_done < N_TRIPS_MAX ? (size_t)run->n_done : N_TRIPS_MAX;

    qsort(run->trips_ns, n, sizeof(run->trips_ns[0]), compare);
    (void)printf("%.1f %.2f\n", (double)run->n_done * 1e9 / (double)ns,
                 (double)run->trips_ns[n / 2] / 1000);
}

int main(int argc, char **argv)
{
    asyncdl_main_hook();

    static struct run run;

    if (argc != 5) {
        (void)fprintf(stderr, "usage: pool KIND MODE SIZE SECONDS\n");
        return 2;
    }
    const char *kind = argv[1];
    uint64_t for_ns = (uint64_t)(strtod(argv[4], NULL) * 1e9);
    run.len = (size_t)strtoull(argv[3], NULL, 10);
    run.bytes = calloc(1, run.len + 1);
    if (run.bytes == NULL || uv_loop_init(&run.loop) < 0) {
        die("start", UV_ENOMEM);
    }
    memset(run.bytes, 'b', run.len);
    bool are_processes = strcmp(kind, "processes") == 0;
    run.start_ns = uv_hrtime();
    if (are_processes || strcmp(kind, "threads") == 0) {
        run_pool(&run, are_processes, argv[2], for_ns);
    } else if (strcmp(kind, "uv") == 0) {
        run_uv(&run, argv[2], for_ns);
    } else if (strcmp(kind, "pthread") == 0) {
        run_pthread(&run, for_ns);
    } else {
        run_fork(&run, for_ns);
    }
    report(&run, uv_hrtime() - run.start_ns);
    if (run.pool != NULL) {
        close_pool(&run);
    }
    (void)uv_loop_close(&run.loop);
    free(run.bytes);
    return 0;
}
