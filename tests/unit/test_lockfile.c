/* SPDX-License-Identifier: MIT */
#include "store/lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "asyncdl/error.h"
#include "support/fault.h"
#include "support/scratch.h"
#include "support/suite.h"

#define JOURNAL ADL_LOCKFILE_JOURNAL
#define FILES   ADL_LOCKFILE_FILES

static int teardown(void **state)
{
    fault_clear();
    return scratch_teardown(state);
}

static int open_folder(const struct scratch *s)
{
    int fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static int take(int folder_fd, enum adl_lockfile_use use)
{
    int fd = -1;

    assert_int_equal(adl_lockfile_take(&fd, folder_fd, use), 0);
    assert_true(fd >= 0);
    return fd;
}

static bool is_there(const struct scratch *s)
{
    struct stat info;

    return lstat(scratch_path(s, ADL_JOURNAL_LOCK), &info) == 0;
}

static void test_one_has_it_for_whatever_use(void **state)
{
    static const struct {
        enum adl_lockfile_use held;
        enum adl_lockfile_use wanted;
        bool is_journal_taken;
    } cases[] = {
        {JOURNAL, JOURNAL, true},
        {JOURNAL, FILES, true},
        {FILES, JOURNAL, false},
        {FILES, FILES, false},
    };
    int folder_fd = open_folder(*state);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int other_fd = -1;
        int fd = take(folder_fd, cases[i].held);

        assert_int_equal(
            adl_lockfile_take(&other_fd, folder_fd, cases[i].wanted),
            ASYNCDL_EINUSE);
        assert_int_equal(other_fd, -1);
        assert_int_equal(adl_lockfile_is_taken(folder_fd, FILES), 1);
        assert_int_equal(adl_lockfile_is_taken(folder_fd, JOURNAL),
                         cases[i].is_journal_taken);
        assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        close(fd);
        assert_int_equal(adl_lockfile_is_taken(folder_fd, FILES), 0);
        close(take(folder_fd, cases[i].wanted));
    }
    close(folder_fd);
}

static void test_another_process_is_kept_out_and_looks(void **state)
{
    int folder_fd = open_folder(*state);
    int fd = take(folder_fd, FILES);
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        int mine = -1;

        close(fd); /* of the parent's open file */
        _exit(adl_lockfile_take(&mine, folder_fd, JOURNAL) == ASYNCDL_EINUSE &&
                      adl_lockfile_is_taken(folder_fd, FILES) == 1
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(fd);
    close(folder_fd);
}

static void test_looking_leaves_no_trace(void **state)
{
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);

    assert_int_equal(adl_lockfile_is_taken(folder_fd, FILES), 0);
    assert_int_equal(adl_lockfile_is_taken(folder_fd, JOURNAL), 0);
    assert_int_equal(scratch_count_entries(s->path), 0);
    close(folder_fd);
}

static void test_it_is_removed_where_it_guards_no_journal(void **state)
{
    static const struct {
        const char *name; /* of what else is there */
        bool is_link;
        bool stays;
    } cases[] = {
        {"part", false, false},
        {"journal.db.old", false, false},
        {ADL_JOURNAL_FILE, false, true},
        {ADL_JOURNAL_FILE, true, true},
    };
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *path = scratch_path(s, cases[i].name);

        if (cases[i].is_link) {
            assert_int_equal(symlink("nowhere", path), 0);
        } else {
            scratch_write(path, "");
        }
        adl_lockfile_drop(take(folder_fd, FILES), folder_fd);
        assert_int_equal(is_there(s), cases[i].stays);
        assert_int_equal(adl_lockfile_is_taken(folder_fd, FILES), 0);
        (void)unlink(scratch_path(s, ADL_JOURNAL_LOCK));
        assert_int_equal(unlink(scratch_path(s, cases[i].name)), 0);
    }
    close(folder_fd);
}

/* Whatever cannot be asked or done: it is let go, and nobody else's goes. */
static void test_dropping_fails_on_the_safe_side(void **state)
{
    static const struct {
        enum fault_call call;
        int nth;
        int err;
    } cases[] = {
        {FAULT_FSTATAT, 1, EIO}, /* is there a journal? */
        {FAULT_FSTATAT, 2, EIO}, /* is it still ours? */
        {FAULT_UNLINKAT, 1, EIO},
        {FAULT_CLOSE, 1, EIO},
    };
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int fd = take(folder_fd, FILES);

        fault_arm(cases[i].call, cases[i].nth, cases[i].err);
        adl_lockfile_drop(fd, folder_fd);
        assert_int_equal(fault_n_hits(cases[i].call), 1);
        fault_clear();
        assert_int_equal(is_there(s), cases[i].call != FAULT_CLOSE);
        close(take(folder_fd, JOURNAL));
    }
    close(folder_fd);
}

static void test_a_lock_that_took_its_name_is_left(void **state)
{
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);
    int fd = take(folder_fd, FILES);

    assert_int_equal(unlink(scratch_path(s, ADL_JOURNAL_LOCK)), 0);
    int other_fd = take(folder_fd, FILES);
    adl_lockfile_drop(fd, folder_fd);
    assert_true(is_there(s));
    assert_int_equal(adl_lockfile_is_taken(folder_fd, FILES), 1);
    close(other_fd);
    close(folder_fd);
}

/* Opened, then removed by its holder, then locked: nobody else would see it. */
static void test_a_lock_that_lost_its_name_is_taken_anew(void **state)
{
    static const enum adl_lockfile_use uses[] = {JOURNAL, FILES};
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);

    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
        struct stat first;
        struct stat there;

        /* one that is not there when it is looked for */
        fault_arm(FAULT_FSTATAT, 1, ENOENT);
        int fd = take(folder_fd, uses[i]);
        assert_int_equal(fault_n_hits(FAULT_FSTATAT), 1);
        fault_clear();
        assert_int_equal(fstat(fd, &first), 0);
        assert_int_equal(stat(scratch_path(s, ADL_JOURNAL_LOCK), &there), 0);
        assert_int_equal(first.st_ino, there.st_ino);
        assert_int_equal(adl_lockfile_is_taken(folder_fd, FILES), 1);
        close(fd);
    }
    fault_arm_all(FAULT_FSTATAT, ENOENT); /* it never is */
    int fd = -1;
    assert_int_equal(adl_lockfile_take(&fd, folder_fd, FILES), ASYNCDL_EINUSE);
    assert_int_equal(fd, -1);
    close(folder_fd);
}

/* Whoever has it writes down that he has, and finds nobody else's word. */
static void work_in_turn(int folder_fd, int n)
{
    for (int i = 0; i < n;) {
        int fd = -1;
        int err =
            adl_lockfile_take(&fd, folder_fd, i % 2 == 0 ? FILES : JOURNAL);

        if (err == ASYNCDL_EINUSE) {
            continue;
        }
        int mark = err < 0 ? -1
                           : openat(folder_fd, "mark",
                                    O_CREAT | O_EXCL | O_WRONLY, 0666);
        if (mark < 0 || close(mark) < 0 || unlinkat(folder_fd, "mark", 0) < 0) {
            _exit(1);
        }
        adl_lockfile_drop(fd, folder_fd);
        i++;
    }
    _exit(0);
}

static void test_processes_that_come_and_go_never_meet(void **state)
{
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);
    pid_t pids[4];

    for (size_t i = 0; i < sizeof(pids) / sizeof(pids[0]); i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) {
            work_in_turn(folder_fd, 500);
        }
    }
    for (size_t i = 0; i < sizeof(pids) / sizeof(pids[0]); i++) {
        int status;

        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_int_equal(scratch_count_entries(s->path), 0);
    close(folder_fd);
}

static void make_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    assert_true(fd >= 0 && strlen(path) < sizeof(address.sun_path));
    memcpy(address.sun_path, path, strlen(path));
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
}

static void make_link(const char *path)
{
    assert_int_equal(symlink("elsewhere", path), 0);
}

static void make_folder(const char *path)
{
    assert_int_equal(mkdir(path, 0777), 0);
}

static void make_pipe(const char *path)
{
    assert_int_equal(mkfifo(path, 0666), 0);
}

static void test_what_is_no_file_is_refused_and_left(void **state)
{
    static void (*const kinds[])(const char *path) = {make_link, make_folder,
                                                      make_pipe, make_socket};
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);
    const char *path = scratch_path(s, ADL_JOURNAL_LOCK);

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        int fd = -1;

        kinds[i](path);
        assert_int_equal(adl_lockfile_take(&fd, folder_fd, FILES),
                         ASYNCDL_EINWAY);
        assert_int_equal(adl_lockfile_take(&fd, folder_fd, JOURNAL),
                         ASYNCDL_EINWAY);
        assert_int_equal(adl_lockfile_is_taken(folder_fd, FILES),
                         ASYNCDL_EINWAY);
        assert_int_equal(fd, -1);
        assert_int_equal(scratch_count_entries(s->path), 1);
        assert_int_equal(remove(path), 0);
    }
    close(folder_fd);
}

static void test_faults_are_told(void **state)
{
    static const struct {
        enum fault_call call;
        int fault;
        int taken; /* what taking it comes to */
        int seen;  /* and looking at one that is there */
    } cases[] = {
        {FAULT_OPENAT, EACCES, -EACCES, -EACCES},
        {FAULT_OPENAT, EROFS, -EROFS, -EROFS},
        {FAULT_OPENAT, ENOSPC, -ENOSPC, -ENOSPC},
        {FAULT_OPENAT, EMFILE, -EMFILE, -EMFILE},
        {FAULT_OPENAT, ENOENT, -ENOENT, 0},
        {FAULT_FSTAT, EIO, -EIO, -EIO},
        {FAULT_FCNTL, EIO, -EIO, -EIO},
        {FAULT_FCNTL, EAGAIN, ASYNCDL_EINUSE, -EAGAIN},
        {FAULT_FCNTL, EACCES, ASYNCDL_EINUSE, -EWOULDBLOCK},
        {FAULT_FCNTL, ENOLCK, 0, 0},
        {FAULT_FCNTL, EINVAL, 0, 0},
        {FAULT_FSTATAT, EIO, -EIO, 0},
    };
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);

    close(take(folder_fd, FILES));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int fd = -1;

        fault_arm_all(cases[i].call, cases[i].fault);
        int err = adl_lockfile_take(&fd, folder_fd, FILES);
        int seen = adl_lockfile_is_taken(folder_fd, FILES);
        fault_clear();
        if (err != cases[i].taken || seen != cases[i].seen ||
            (fd >= 0) != (err == 0)) {
            fail_msg("%zu: %d and %d", i, err, seen);
        }
        if (fd >= 0) {
            close(fd);
        }
    }
    close(folder_fd);
}

static void test_without_locks_it_is_removed_all_the_same(void **state)
{
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);

    fault_arm_all(FAULT_FCNTL, ENOLCK);
    int fd = take(folder_fd, FILES);
    int other_fd = take(folder_fd, JOURNAL); /* nobody can tell */
    adl_lockfile_drop(fd, folder_fd);
    assert_false(is_there(s));
    adl_lockfile_drop(other_fd, folder_fd);
    assert_int_equal(scratch_count_entries(s->path), 0);
    close(folder_fd);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, teardown)

TEST_SUITE(lockfile)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_has_it_for_whatever_use),
        TEST(test_another_process_is_kept_out_and_looks),
        TEST(test_looking_leaves_no_trace),
        TEST(test_it_is_removed_where_it_guards_no_journal),
        TEST(test_dropping_fails_on_the_safe_side),
        TEST(test_a_lock_that_took_its_name_is_left),
        TEST(test_a_lock_that_lost_its_name_is_taken_anew),
        TEST(test_processes_that_come_and_go_never_meet),
        TEST(test_what_is_no_file_is_refused_and_left),
        TEST(test_faults_are_told),
        TEST(test_without_locks_it_is_removed_all_the_same),
    };

    return cmocka_run_group_tests_name("lockfile", tests, NULL, NULL);
}
