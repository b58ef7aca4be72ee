/* SPDX-License-Identifier: MIT */
/* Processes: from their start to their exit status, with and without a loop. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "asyncdl/asyncdl.h"
#include "support/kin.h"
#include "support/loop.h"

static struct asyncdl_forkserver *forks; /* shared by most */

static int setting = 1; /* helpers see what it was at the start of main() */

static int return_first_byte(struct asyncdl_self *self, const void *arg,
                             size_t len)
{
    (void)self;
    return len > 0 ? *(const unsigned char *)arg : 0;
}

static int die_by(struct asyncdl_self *self, const void *arg, size_t len)
{
    int signum = *(const int *)arg;

    (void)self;
    (void)len;
    if (signum == SIGABRT) {
        abort();
    }
    (void)signal(signum, SIG_DFL); /* sanitizers have theirs */
    (void)raise(signum);
    return 99;
}

static int wait_for_ever(struct asyncdl_self *self, const void *arg, size_t len)
{
    (void)self;
    (void)arg;
    (void)len;
    while (pause() < 0) {
    }
    return 0;
}

static struct asyncdl_process *start(asyncdl_process_fn fn, const void *arg,
                                     size_t len)
{
    struct asyncdl_process_options options = ASYNCDL_PROCESS_OPTIONS_INIT;
    struct asyncdl_process *process = NULL;

    options.forkserver = forks;
    options.fn = fn;
    options.arg = arg;
    options.len = len;
    assert_int_equal(asyncdl_process_start(&process, &options), 0);
    return process;
}

/* Join it, free it, and return its exit status. */
static int finish(struct asyncdl_process *process)
{
    int status = -1000;

    assert_int_equal(asyncdl_process_join(process, ASYNCDL_FOREVER), 0);
    assert_int_equal(asyncdl_process_get_exit_status(&status, process), 0);
    asyncdl_process_release(process);
    return status;
}

static void test_exit_status_is_what_the_function_returns(void **state)
{
    (void)state;
    for (int i = 0; i < 256; i += 15) {
        unsigned char byte = (unsigned char)i;

        assert_int_equal(finish(start(return_first_byte, &byte, 1)), i);
    }
    assert_int_equal(finish(start(return_first_byte, NULL, 0)), 0);
}

static void test_exit_status_is_minus_the_signal(void **state)
{
    static const int signals[] = {SIGABRT, SIGSEGV, SIGKILL, SIGTERM, SIGPIPE};

    (void)state;
    for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
        assert_int_equal(finish(start(die_by, &signals[i], sizeof(int))),
                         -signals[i]);
    }
}

static void test_join_gives_up_after_its_time(void **state)
{
    struct asyncdl_process *process = start(wait_for_ever, NULL, 0);
    int status;

    (void)state;
    assert_int_equal(asyncdl_process_join(process, 0), -ETIMEDOUT);
    assert_int_equal(asyncdl_process_join(process, 5), -ETIMEDOUT);
    assert_true(asyncdl_process_is_alive(process));
    assert_int_equal(asyncdl_process_get_exit_status(&status, process),
                     -EAGAIN);
    assert_true(kin_is_alive((pid_t)asyncdl_process_get_pid(process)));

    assert_int_equal(asyncdl_process_terminate(process), 0);
    assert_int_equal(finish(process), -SIGTERM);
}

static void test_killed_one_has_ended_by_sigkill(void **state)
{
    struct asyncdl_process *process = start(wait_for_ever, NULL, 0);

    (void)state;
    asyncdl_process_kill(process);
    asyncdl_process_kill(process);
    assert_int_equal(finish(process), -SIGKILL);
}

static void test_released_one_is_killed(void **state)
{
    struct asyncdl_process *process = start(wait_for_ever, NULL, 0);
    pid_t pid = (pid_t)asyncdl_process_get_pid(process);

    (void)state;
    asyncdl_process_release(process);

    assert_true(kin_wait_until_gone(pid));
}

/* 0 where it is as promised, else which promise is broken. */
static int look_around(struct asyncdl_self *self, const void *arg, size_t len)
{
    struct sigaction action;
    sigset_t mask;
    char byte;

    (void)len;
    if (strcmp(asyncdl_self_get_name(self), "scout") != 0 || setting != 1) {
        return 1;
    }
    if (kin_count_fds() != 4 || read(STDIN_FILENO, &byte, 1) != 0) {
        return 2; /* the standard ones and its socket */
    }
    for (int i = 1; i < SIGRTMIN; i++) {
        bool is_a_sanitizers = i == SIGSEGV || i == SIGBUS || i == SIGFPE;

        if (!is_a_sanitizers && sigaction(i, NULL, &action) == 0 &&
            action.sa_handler != SIG_DFL) {
            return 3;
        }
    }
    if (sigprocmask(SIG_BLOCK, NULL, &mask) < 0 ||
        sigismember(&mask, SIGCHLD) || sigismember(&mask, SIGUSR1)) {
        return 4;
    }
    return strcmp(arg, "argument") == 0 && (uintptr_t)arg % 16 == 0 &&
                   asyncdl_self_get_queue(self, 0) == NULL &&
                   asyncdl_self_get_lock(self, 0) == NULL
               ? 0
               : 5;
}

static void test_helper_has_nothing_of_the_program(void **state)
{
    struct asyncdl_process_options options = ASYNCDL_PROCESS_OPTIONS_INIT;
    struct asyncdl_process *process;
    int fd = open("/dev/null", O_RDONLY); /* kept on exec */
    sigset_t blocked;

    (void)state;
    setting = 2;
    (void)signal(SIGUSR2, SIG_IGN);
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGUSR1);
    (void)sigprocmask(SIG_BLOCK, &blocked, NULL);
    options.fn = look_around;
    options.name = "scout";
    options.arg = "argument";
    options.len = sizeof("argument");
    assert_int_equal(asyncdl_process_start(&process, &options), 0);
    assert_string_equal(asyncdl_process_get_name(process), "scout");

    assert_int_equal(finish(process), 0);
    (void)close(fd);
    (void)signal(SIGUSR2, SIG_DFL);
    (void)sigprocmask(SIG_UNBLOCK, &blocked, NULL);
}

static int sum_up(struct asyncdl_self *self, const void *arg, size_t len)
{
    const unsigned char *bytes = arg;
    unsigned sum = 0;

    (void)self;
    for (size_t i = 0; i < len; i++) {
        sum += bytes[i];
    }
    return sum == len / 256 * 32640 ? 0 : 1;
}

static void test_large_argument_arrives_whole(void **state)
{
    static const size_t sizes[] = {256, 65536, 261888, 262144, 10485760};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        unsigned char *bytes = malloc(sizes[i]);

        assert_non_null(bytes);
        for (size_t k = 0; k < sizes[i]; k++) {
            bytes[k] = (unsigned char)k;
        }
        struct asyncdl_process *process = start(sum_up, bytes, sizes[i]);
        free(bytes); /* it was copied */
        assert_int_equal(finish(process), 0);
    }
}

static void note_ready(struct asyncdl_future *future, void *data)
{
    int *n_ready = data;

    (void)future;
    ++*n_ready;
}

static void test_future_is_ready_when_it_has_ended(void **state)
{
    uv_loop_t *loop = *state;
    struct asyncdl_process *process = start(return_first_byte, "\7", 1);
    struct asyncdl_future *future;
    int n_ready = 0;
    int status;

    assert_int_equal(asyncdl_process_join_async(&future, process, loop), 0);
    assert_int_equal(asyncdl_future_then(future, note_ready, &n_ready), 0);
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(n_ready, 1);
    assert_true(asyncdl_future_is_successful(future));
    asyncdl_future_release(future);
    assert_false(asyncdl_process_is_alive(process));
    assert_int_equal(asyncdl_process_get_exit_status(&status, process), 0);
    assert_int_equal(status, 7);

    /* Again, of one that has ended. */
    assert_int_equal(asyncdl_process_join_async(&future, process, loop), 0);
    assert_true(asyncdl_future_is_ready(future));
    asyncdl_future_release(future);
    asyncdl_process_release(process);
}

static void test_canceled_future_leaves_the_process_alone(void **state)
{
    uv_loop_t *loop = *state;
    struct asyncdl_process *process = start(wait_for_ever, NULL, 0);
    struct asyncdl_future *future;
    struct asyncdl_future *second;

    assert_int_equal(asyncdl_process_join_async(&future, process, loop), 0);
    assert_int_equal(asyncdl_process_join_async(&second, process, loop),
                     -EBUSY);
    assert_int_equal(asyncdl_process_join(process, 0), -EBUSY);
    asyncdl_future_cancel(future);
    assert_false(asyncdl_future_is_ready(future));
    uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(asyncdl_future_result(future, NULL), -ECANCELED);
    asyncdl_future_release(future);

    assert_true(asyncdl_process_is_alive(process));
    asyncdl_process_kill(process);
    assert_int_equal(finish(process), -SIGKILL);
}

static void test_release_ends_a_process_that_a_future_waits_for(void **state)
{
    uv_loop_t *loop = *state;
    struct asyncdl_process *process = start(wait_for_ever, NULL, 0);
    struct asyncdl_future *future;

    assert_int_equal(asyncdl_process_join_async(&future, process, loop), 0);
    asyncdl_process_release(process);
    assert_int_equal(asyncdl_future_wait(future, ASYNCDL_FOREVER), 0);
    asyncdl_future_release(future);
}

static void test_options_out_of_range_are_refused(void **state)
{
    struct asyncdl_process_options options = ASYNCDL_PROCESS_OPTIONS_INIT;
    struct asyncdl_process *process;
    char name[300] = "";

    (void)state;
    assert_int_equal(asyncdl_process_start(&process, NULL), -EINVAL);
    assert_int_equal(asyncdl_process_start(&process, &options), -EINVAL);
    options.fn = return_first_byte;
    options.len = 1;
    assert_int_equal(asyncdl_process_start(&process, &options), -EINVAL);
    options.len = 0;
    memset(name, 'n', 256);
    options.name = name;
    assert_int_equal(asyncdl_process_start(&process, &options), -EINVAL);
    options.name = NULL;
    options.n_queues = 101;
    assert_int_equal(asyncdl_process_start(&process, &options), -EINVAL);
    options.n_queues = 0;
    options.struct_size++;
    assert_int_equal(asyncdl_process_start(&process, &options), -EINVAL);
}

static void test_killed_forkserver_takes_its_helpers_along(void **state)
{
    struct asyncdl_process *process = start(wait_for_ever, NULL, 0);
    pid_t pid = (pid_t)asyncdl_process_get_pid(process);
    pid_t forkserver = 0;
    int status;

    (void)state;
    assert_int_equal(kin_list_children(getpid(), &forkserver, 1), 1);
    assert_int_equal(kill(forkserver, SIGKILL), 0);
    assert_int_equal(asyncdl_process_join(process, ASYNCDL_FOREVER), 0);
    assert_int_equal(asyncdl_process_get_exit_status(&status, process),
                     ASYNCDL_EDIED);
    asyncdl_process_release(process);
    assert_true(kin_wait_until_gone(pid));

    /* Another takes its place. */
    assert_int_equal(finish(start(return_first_byte, "\3", 1)), 3);
    assert_int_equal(kin_list_children(getpid(), NULL, 0), 1);
}

static int open_forks(void **state)
{
    (void)state;
    return asyncdl_forkserver_open(&forks);
}

static int close_forks(void **state)
{
    (void)state;
    asyncdl_forkserver_close(forks);
    return 0;
}

int main(void)
{
    asyncdl_main_hook();

    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exit_status_is_what_the_function_returns),
        cmocka_unit_test(test_exit_status_is_minus_the_signal),
        cmocka_unit_test(test_join_gives_up_after_its_time),
        cmocka_unit_test(test_killed_one_has_ended_by_sigkill),
        cmocka_unit_test(test_released_one_is_killed),
        cmocka_unit_test(test_helper_has_nothing_of_the_program),
        cmocka_unit_test(test_large_argument_arrives_whole),
        cmocka_unit_test_setup_teardown(test_future_is_ready_when_it_has_ended,
                                        loop_setup, loop_teardown),
        cmocka_unit_test_setup_teardown(
            test_canceled_future_leaves_the_process_alone, loop_setup,
            loop_teardown),
        cmocka_unit_test_setup_teardown(
            test_release_ends_a_process_that_a_future_waits_for, loop_setup,
            loop_teardown),
        cmocka_unit_test(test_options_out_of_range_are_refused),
        cmocka_unit_test(test_killed_forkserver_takes_its_helpers_along),
    };
    size_t n_fds = kin_count_fds() + 2; /* libuv keeps a pipe */
    int n_failed =
        cmocka_run_group_tests_name("process", tests, open_forks, close_forks);

    if (kin_count_fds() > n_fds || kin_list_children(getpid(), NULL, 0) > 0) {
        (void)fprintf(stderr, "process: %zu descriptors, %zu children left\n",
                      kin_count_fds() - n_fds,
                      kin_list_children(getpid(), NULL, 0));
        return 1;
    }
    return n_failed;
}
