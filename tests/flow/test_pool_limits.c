/* SPDX-License-Identifier: MIT */
/* Helpers where the system gives none, and what becomes of them when their
 * program dies. Each case is a process of its own, whose limits it is. */
#define _GNU_SOURCE /* prlimit */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/kin.h"
#include "support/pool.h"

#define NOBODY 65534 /* a user that runs nothing else here, as a rule */

static int hookless_err; /* of a program that has not called the hook yet */

/* Run it in a child, and see that it says 0. */
static void run_case(int (*run)(void))
{
    pid_t pid = fork();
    int status = -1;

    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(run());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static int triple(struct asyncdl_task *task, const void *arg, size_t len)
{
    int n;

    memcpy(&n, arg, len);
    n *= 3;
    return asyncdl_task_reply(task, &n, sizeof(n));
}

static int hang(struct asyncdl_task *task, const void *arg, size_t len)
{
    (void)task;
    (void)arg;
    (void)len;
    while (pause() < 0) {
    }
    return 0;
}

static void on_joined(void *data)
{
    (void)data;
}

/* One task on a pool: 0, or the first error that stood in its way. */
static int try_pool(uv_loop_t *loop, struct asyncdl_forkserver *forks)
{
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;
    struct asyncdl_future *future = NULL;
    struct asyncdl_pool *pool;
    int n = 5;

    options.backend = ASYNCDL_POOL_PROCESSES;
    options.n_workers = 2;
    options.forkserver = forks;
    int err = asyncdl_pool_open(&pool, loop, &options);
    if (err < 0) {
        return err;
    }
    err = asyncdl_pool_apply_async(&future, pool, triple, &n, sizeof(n));
    (void)asyncdl_pool_close(pool);
    (void)asyncdl_pool_join(pool, on_joined, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    if (future != NULL) {
        err = asyncdl_future_result(future, NULL);
        asyncdl_future_release(future);
    }
    return err;
}

static bool is_out_of_fds(int err)
{
    return err == -EMFILE || err == -ENFILE || err == ASYNCDL_EDIED;
}

/* With ever more descriptors allowed, until it works. */
static int run_out_of_fds(void)
{
    struct rlimit limit;
    uv_loop_t loop;
    int err = -1;

    if (uv_loop_init(&loop) < 0 || getrlimit(RLIMIT_NOFILE, &limit) < 0) {
        return 1;
    }
    size_t n = kin_count_fds();
    for (size_t more = 0; more < 40 && err < 0; more++) {
        limit.rlim_cur = n + more;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        err = try_pool(&loop, NULL);
        if (err < 0 && !is_out_of_fds(err)) {
            (void)fprintf(stderr, "%zu more: %s\n", more,
                          asyncdl_strerror(err));
            return 2;
        }
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        if (kin_count_fds() != n) {
            return 3;
        }
    }
    return err == 0 && uv_loop_close(&loop) == 0 ? 0 : 4;
}

/* Answer a system call with err from now on, if its first argument has none of
 * these bits. */
static bool forbid(long call, unsigned bits, int err)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 16),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)err),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof(code) / sizeof(*code),
                                 .filter = code};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static int refuse_exec(void)
{
    struct asyncdl_forkserver *forks;

    if (!forbid(SYS_execve, 0, EACCES)) {
        return 1;
    }
    return asyncdl_forkserver_open(&forks) == -EACCES &&
                   kin_list_children(getpid(), NULL, 0) == 0
               ? 0
               : 2;
}

/* posix_spawn() shares memory with its child, fork() does not. */
static int refuse_fork(void)
{
    struct asyncdl_process_options options = ASYNCDL_PROCESS_OPTIONS_INIT;
    struct asyncdl_forkserver *forks;
    struct asyncdl_process *process;
    uv_loop_t loop;

    if (uv_loop_init(&loop) < 0 || !forbid(SYS_clone, CLONE_VM, EAGAIN) ||
        asyncdl_forkserver_open(&forks) < 0) {
        return 1;
    }
    options.forkserver = forks;
    options.fn = (asyncdl_process_fn)hang;
    if (asyncdl_process_start(&process, &options) != -EAGAIN) {
        return 2;
    }
    if (try_pool(&loop, forks) != -EAGAIN) {
        return 3;
    }
    asyncdl_forkserver_close(forks);
    return kin_list_children(getpid(), NULL, 0) == 0 &&
                   uv_loop_close(&loop) == 0
               ? 0
               : 4;
}

#define N_ECHOES   20
#define ECHO_BYTES 240000

/* All results are held at once, so that not all are in memory that is used
 * again: some go through the socket. */
static int echo_through_small_sockets(void)
{
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;
    struct asyncdl_future *futures[N_ECHOES];
    static char bytes[ECHO_BYTES];
    struct bench b;

    if (!forbid(SYS_setsockopt, 0, EPERM)) {
        return 1;
    }
    options.backend = ASYNCDL_POOL_PROCESSES;
    options.n_workers = 1;
    bench_open(&b, &options);
    for (int i = 0; i < N_ECHOES; i++) {
        memset(bytes, i, sizeof(bytes));
        futures[i] = bench_submit(&b, echo_task, bytes, sizeof(bytes));
    }
    for (int i = 0; i < N_ECHOES; i++) {
        const struct asyncdl_task_result *result = bench_await(futures[i], 0);

        memset(bytes, i, sizeof(bytes));
        assert_int_equal(result->len, sizeof(bytes));
        assert_memory_equal(result->data, bytes, sizeof(bytes));
    }
    for (int i = 0; i < N_ECHOES; i++) {
        asyncdl_future_release(futures[i]);
    }
    bench_close(&b);
    return 0;
}

static void test_frames_are_as_small_as_sockets_take(void **state)
{
    (void)state;
    run_case(echo_through_small_sockets);
}

#define N_PROCESSES_MAX 200

/* With ever more processes allowed, until it works. */
static int run_out_of_processes(void)
{
    int n_refused = 0;
    struct rlimit limit;
    uv_loop_t loop;
    int err = -1;

    if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0 ||
        getrlimit(RLIMIT_NPROC, &limit) < 0 || uv_loop_init(&loop) < 0) {
        return 1;
    }
    for (rlim_t n = 1; n < N_PROCESSES_MAX && err < 0; n++) {
        limit.rlim_cur = n;
        if (setrlimit(RLIMIT_NPROC, &limit) < 0) {
            return 2;
        }
        err = try_pool(&loop, NULL);
        if (err < 0 && err != -EAGAIN) {
            (void)fprintf(stderr, "%d processes: %s\n", (int)n,
                          asyncdl_strerror(err));
            return 3;
        }
        n_refused += err < 0 ? 1 : 0;
        if (kin_list_children(getpid(), NULL, 0) != 0) {
            return 4;
        }
    }
    return err == 0 && n_refused >= 2 && uv_loop_close(&loop) == 0 ? 0 : 5;
}

static void test_lack_of_processes_is_an_error(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("only root can become a user without processes\n");
        skip();
    }
    run_case(run_out_of_processes);
}

static void test_lack_of_descriptors_is_an_error(void **state)
{
    (void)state;
    run_case(run_out_of_fds);
}

static void test_refused_exec_is_an_error(void **state)
{
    (void)state;
    run_case(refuse_exec);
}

static void test_refused_fork_is_an_error(void **state)
{
    (void)state;
    run_case(refuse_fork);
}

static int pids_pipe[2];

/* Tells of its helpers, and waits for its end. */
static int have_hanging_helpers(void)
{
    struct asyncdl_pool_options options = ASYNCDL_POOL_OPTIONS_INIT;
    struct asyncdl_future *futures[4];
    pid_t pids[5] = {0};
    struct bench b;

    options.backend = ASYNCDL_POOL_PROCESSES;
    options.n_workers = 4;
    bench_open(&b, &options);
    for (int i = 0; i < 4; i++) {
        futures[i] = bench_submit(&b, hang, NULL, 0);
    }
    while (asyncdl_future_wait(futures[0], 1) == -ETIMEDOUT &&
           (kin_list_children(getpid(), pids, 1) != 1 ||
            kin_list_children(pids[0], pids + 1, 4) != 4)) {
    }
    if (write(pids_pipe[1], pids, sizeof(pids)) != sizeof(pids)) {
        return 1;
    }
    (void)asyncdl_future_wait(futures[0], ASYNCDL_FOREVER);
    return 2;
}

static void test_dead_program_takes_its_helpers_along(void **state)
{
    pid_t pids[5];

    (void)state;
    assert_int_equal(pipe(pids_pipe), 0);
    pid_t program = fork();
    assert_true(program >= 0);
    if (program == 0) {
        _exit(have_hanging_helpers());
    }
    assert_int_equal(read(pids_pipe[0], pids, sizeof(pids)), sizeof(pids));
    assert_int_equal(kill(program, SIGKILL), 0);
    assert_int_equal(waitpid(program, NULL, 0), program);

    for (size_t i = 0; i < 5; i++) {
        assert_true(kin_wait_until_gone(pids[i]));
    }
    (void)close(pids_pipe[0]);
    (void)close(pids_pipe[1]);
}

static void test_program_without_the_hook_has_no_helpers(void **state)
{
    (void)state;
    assert_int_equal(hookless_err, ASYNCDL_ENOHOOK);
}

static int socket_ends[2];

/* What looks like a forkserver's socket, and is not. */
static int have_a_strange_input(void)
{
    char bytes[64];

    (void)dup2(socket_ends[1], STDIN_FILENO);
    return asyncdl_main_hook() == 0 &&
                   recv(STDIN_FILENO, bytes, sizeof(bytes), 0) == 5
               ? 0
               : 1;
}

static void test_hook_leaves_the_programs_own_input_alone(void **state)
{
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, socket_ends), 0);
    assert_int_equal(send(socket_ends[0], "hello", 5, 0), 5);
    run_case(have_a_strange_input);
    (void)close(socket_ends[0]);
    (void)close(socket_ends[1]);
}

/* A forkserver whose program died before it was there: it may not become that
 * program, which would start the next. */
static int be_greeted_by_nobody(void)
{
    (void)dup2(socket_ends[1], STDIN_FILENO);
    (void)asyncdl_main_hook(); /* ends it, with 1 */
    return 0;
}

static void test_forkserver_of_a_dead_program_ends(void **state)
{
    static const unsigned greeting[4] = {0xad1fffff, 1, 16, 0};
    int status = 0;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, socket_ends), 0);
    assert_int_equal(send(socket_ends[0], greeting, 16, 0), 16);
    pid_t pid = fork();
    if (pid == 0) {
        _exit(be_greeted_by_nobody());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 1 << 8);
    (void)close(socket_ends[0]);
    (void)close(socket_ends[1]);
}

int main(void)
{
    struct asyncdl_forkserver *forks;

    hookless_err = asyncdl_forkserver_open(&forks);
    asyncdl_main_hook();

    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lack_of_descriptors_is_an_error),
        cmocka_unit_test(test_lack_of_processes_is_an_error),
        cmocka_unit_test(test_frames_are_as_small_as_sockets_take),
        cmocka_unit_test(test_refused_exec_is_an_error),
        cmocka_unit_test(test_refused_fork_is_an_error),
        cmocka_unit_test(test_dead_program_takes_its_helpers_along),
        cmocka_unit_test(test_program_without_the_hook_has_no_helpers),
        cmocka_unit_test(test_hook_leaves_the_programs_own_input_alone),
        cmocka_unit_test(test_forkserver_of_a_dead_program_ends),
    };

    return cmocka_run_group_tests_name("pool_limits", tests, NULL, NULL);
}
