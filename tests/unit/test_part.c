/* SPDX-License-Identifier: MIT */
#include "store/part.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/fault.h"
#include "support/scratch.h"
#include "support/suite.h"

static int teardown(void **state)
{
    fault_clear();
    return scratch_teardown(state);
}

static int open_folder(const struct scratch *s)
{
    int fd = open(s->path, O_RDONLY | O_DIRECTORY);

    assert_true(fd >= 0);
    return fd;
}

static struct adl_part open_part(int folder_fd)
{
    struct adl_part part = {.fd = -1};

    assert_int_equal(adl_part_open(&part, folder_fd, "a/b.iso"), 0);
    return part;
}

/* The name that the first part of that path gets. */
static struct adl_part learn_name(int folder_fd)
{
    struct adl_part part = open_part(folder_fd);

    adl_part_abort(&part);
    return part;
}

static void test_the_name_follows_from_the_path(void **state)
{
    int folder_fd = open_folder(*state);
    struct adl_part first = learn_name(folder_fd);
    struct adl_part other;

    struct adl_part again = open_part(folder_fd);
    assert_int_equal(adl_part_open(&other, folder_fd, "a/c.iso"), 0);

    assert_string_equal(first.name, again.name);
    assert_string_not_equal(first.name, other.name);
    assert_int_equal(strlen(first.name), 21);
    assert_string_equal(first.name + 16, ".part");
    adl_part_abort(&again);
    adl_part_abort(&other);
    close(folder_fd);
}

static void test_a_part_that_is_held_is_left_alone(void **state)
{
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);
    struct adl_part first = open_part(folder_fd);

    assert_int_equal(write(first.fd, "first", 5), 5);
    struct adl_part second = open_part(folder_fd);
    struct adl_part third = open_part(folder_fd);

    assert_string_not_equal(first.name, second.name);
    assert_string_not_equal(second.name, third.name);
    assert_true(scratch_holds(scratch_path(s, first.name), "first", 5));
    adl_part_abort(&first);
    adl_part_abort(&second);
    adl_part_abort(&third);
    assert_int_equal(scratch_count_entries(s->path), 0);
    close(folder_fd);
}

/* As a process leaves it that is killed. */
static void leave_part(int folder_fd, const char *text)
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (pid == 0) {
        struct adl_part part;
        bool is_done =
            adl_part_open(&part, folder_fd, "a/b.iso") == 0 &&
            write(part.fd, text, strlen(text)) == (ssize_t)strlen(text);

        _exit(is_done ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_a_leftover_is_replaced_by_an_empty_part(void **state)
{
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);
    struct adl_part name = learn_name(folder_fd);

    leave_part(folder_fd, "left over");
    assert_true(scratch_holds(scratch_path(s, name.name), "left over", 9));
    assert_int_equal(chmod(scratch_path(s, name.name), 0777), 0);

    struct adl_part part = open_part(folder_fd);
    struct stat info;
    assert_string_equal(part.name, name.name);
    assert_int_equal(fstat(part.fd, &info), 0);
    assert_int_equal(info.st_size, 0);
    assert_int_equal(info.st_mode & 0111, 0); /* nothing of it is kept */
    assert_int_equal(scratch_count_entries(s->path), 1);
    adl_part_abort(&part);
    close(folder_fd);
}

static void test_a_leftover_that_is_a_whole_file_too_stays_whole(void **state)
{
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);
    struct adl_part name = learn_name(folder_fd);

    scratch_write(scratch_path(s, "whole"), "whole");
    assert_int_equal(link(scratch_path(s, "whole"), scratch_path(s, name.name)),
                     0);

    struct adl_part part = open_part(folder_fd);
    assert_int_equal(write(part.fd, "x", 1), 1);
    assert_true(scratch_holds(scratch_path(s, "whole"), "whole", 5));
    adl_part_abort(&part);
    close(folder_fd);
}

static void test_what_is_no_file_is_neither_opened_nor_removed(void **state)
{
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);
    struct adl_part name = learn_name(folder_fd);

    scratch_write(scratch_path(s, "target"), "target");
    for (int i = 0; i < 4; i++) {
        const char *path = scratch_path(s, name.name);
        int reader_fd = -1;
        struct stat before;
        struct stat after;

        assert_int_equal(i == 0   ? symlink("target", path)
                         : i == 1 ? mkdir(path, 0777)
                                  : mkfifo(path, 0666),
                         0);
        if (i == 3) { /* a pipe that can be opened to write */
            reader_fd = open(path, O_RDONLY | O_NONBLOCK);
            assert_true(reader_fd >= 0);
        }
        assert_int_equal(lstat(path, &before), 0);

        struct adl_part part = open_part(folder_fd);
        assert_string_not_equal(part.name, name.name);
        adl_part_abort(&part);

        assert_int_equal(lstat(path, &after), 0);
        assert_true(before.st_ino == after.st_ino);
        assert_int_equal(remove(path), 0);
        if (reader_fd >= 0) {
            close(reader_fd);
        }
    }
    assert_true(scratch_holds(scratch_path(s, "target"), "target", 6));
    close(folder_fd);
}

static void test_without_locks_every_leftover_counts_as_held(void **state)
{
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);
    struct adl_part name = learn_name(folder_fd);

    leave_part(folder_fd, "left over");
    fault_arm_all(FAULT_FLOCK, ENOLCK);
    struct adl_part part = open_part(folder_fd);
    fault_clear();

    assert_string_not_equal(part.name, name.name);
    assert_true(scratch_holds(scratch_path(s, name.name), "left over", 9));
    adl_part_abort(&part);
    close(folder_fd);
}

static void test_a_part_taken_for_a_leftover_at_birth_is_made_anew(void **state)
{
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);

    fault_arm(FAULT_FLOCK, 1, EWOULDBLOCK); /* another holds the new file */
    struct adl_part part = open_part(folder_fd);
    assert_int_equal(fault_n_hits(FAULT_FLOCK), 1);
    assert_int_equal(scratch_count_entries(s->path), 1);
    adl_part_abort(&part);

    fault_arm(FAULT_FSTATAT, 1, ENOENT); /* and has removed it */
    part = open_part(folder_fd);
    assert_int_equal(fault_n_hits(FAULT_FSTATAT), 1);
    assert_int_equal(scratch_count_entries(s->path), 1);
    adl_part_abort(&part);
    close(folder_fd);
}

static void test_the_search_for_a_name_ends(void **state)
{
    int folder_fd = open_folder(*state);
    struct adl_part part = {.fd = -1};

    fault_arm_all(FAULT_FSTATAT, ENOENT); /* someone else is always faster */
    assert_int_equal(adl_part_open(&part, folder_fd, "x"), -EBUSY);
    fault_clear();

    assert_int_equal(part.fd, -1);
    close(folder_fd);
}

static void test_committing_is_refused_or_replaces_as_asked(void **state)
{
    static const struct {
        bool overwrite;
        char there; /* f)ile, d)irectory, l)ink that dangles */
        int err;
    } cases[] = {
        {false, ' ', 0},       {false, 'f', -EEXIST}, {false, 'd', -EEXIST},
        {false, 'l', -EEXIST}, {true, ' ', 0},        {true, 'f', 0},
        {true, 'd', -EISDIR},  {true, 'l', 0},
    };
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);

    /* Each with renameat2(), and with link() and unlink(). */
    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
        const char *path = scratch_path(s, "name");
        char there = cases[i / 2].there;
        struct adl_part part = open_part(folder_fd);

        assert_int_equal(write(part.fd, "new", 3), 3);
        if (there == 'f') {
            scratch_write(path, "old");
        } else if (there == 'd') {
            assert_int_equal(mkdir(path, 0777), 0);
        } else if (there == 'l') {
            assert_int_equal(symlink("nowhere", path), 0);
        }
        if (i % 2 == 1) {
            fault_arm_all(FAULT_RENAMEAT2, EINVAL);
        }
        int err =
            adl_part_commit(&part, folder_fd, "name", cases[i / 2].overwrite);
        fault_clear();

        assert_int_equal(err, cases[i / 2].err);
        assert_int_equal(scratch_holds(path, "new", 3), err == 0);
        assert_int_equal(scratch_count_entries(s->path), 1);
        assert_int_equal(remove(path), 0);
    }
    close(folder_fd);
}

static void test_a_failed_call_leaves_no_part_and_no_descriptor(void **state)
{
    static const enum fault_call calls[] = {FAULT_OPENAT, FAULT_FLOCK,
                                            FAULT_FSTAT, FAULT_FSTATAT};
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        struct adl_part part = {.fd = -1};

        fault_arm(calls[i], 1, EIO);
        assert_int_equal(adl_part_open(&part, folder_fd, "x"), -EIO);
        fault_clear();
        assert_int_equal(scratch_count_entries(s->path), 0);
        assert_int_equal(scratch_count_fds(), s->n_fds + 1);
    }
    close(folder_fd);
}

static void test_a_failed_call_on_a_leftover_leaks_nothing(void **state)
{
    static const struct {
        enum fault_call call;
        int nth;
    } cases[] = {
        {FAULT_OPENAT, 2}, {FAULT_FSTAT, 1},   {FAULT_FLOCK, 1},
        {FAULT_FSTAT, 2},  {FAULT_FSTATAT, 1}, {FAULT_UNLINKAT, 1},
    };
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);

    leave_part(folder_fd, "left over");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_part part = {.fd = -1};

        fault_arm(cases[i].call, cases[i].nth, EIO);
        assert_int_equal(adl_part_open(&part, folder_fd, "a/b.iso"), -EIO);
        fault_clear();
        assert_int_equal(scratch_count_entries(s->path), 1);
        assert_int_equal(scratch_count_fds(), s->n_fds + 1);
    }
    close(folder_fd);
}

static void test_a_part_that_was_left_is_taken_up(void **state)
{
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);
    struct adl_part part = open_part(folder_fd);
    struct adl_part again;
    struct adl_part third;
    char bytes[8];

    assert_int_equal(write(part.fd, "half", 4), 4);
    assert_int_equal(adl_part_adopt(&again, folder_fd, part.name), -ESTALE);
    adl_part_leave(&part);
    assert_int_equal(part.fd, -1);
    assert_int_equal(adl_part_adopt(&again, folder_fd, part.name), 0);
    assert_string_equal(again.name, part.name);
    assert_int_equal(read(again.fd, bytes, sizeof(bytes)), 4);
    /* and it is held */
    assert_int_equal(adl_part_open(&third, folder_fd, "a/b.iso"), 0);
    assert_string_not_equal(third.name, again.name);
    adl_part_abort(&third);
    adl_part_abort(&again);
    assert_int_equal(scratch_count_entries(s->path), 0);
    close(folder_fd);
}

static void test_what_cannot_be_gone_on_with_is_not_taken_up(void **state)
{
    static const char kinds[] = "-dlf2"; /* nothing, folder, link, FIFO, two */
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);

    scratch_write(scratch_path(s, "other"), "other");
    for (const char *kind = kinds; *kind != '\0'; kind++) {
        const char *path = scratch_path(s, "x.part");
        struct adl_part part = {.fd = -1};

        if (*kind == 'd') {
            assert_int_equal(mkdir(path, 0777), 0);
        } else if (*kind == 'l') {
            assert_int_equal(symlink("other", path), 0);
        } else if (*kind == 'f') {
            assert_int_equal(mkfifo(path, 0777), 0);
        } else if (*kind == '2') {
            assert_int_equal(link(scratch_path(s, "other"), path), 0);
        }
        assert_int_equal(adl_part_adopt(&part, folder_fd, "x.part"), -ESTALE);
        assert_int_equal(part.fd, -1);
        if (*kind != '-') {
            assert_int_equal(remove(path), 0);
        }
    }
    assert_true(scratch_holds(scratch_path(s, "other"), "other", 5));
    close(folder_fd);
}

static void test_a_failed_call_on_a_part_that_was_left_keeps_it(void **state)
{
    static const struct {
        enum fault_call call;
        int fault;
        int err;
    } cases[] = {
        {FAULT_OPENAT, EMFILE, -EMFILE}, {FAULT_OPENAT, EIO, -ESTALE},
        {FAULT_FLOCK, EIO, -ESTALE},     {FAULT_FLOCK, EOPNOTSUPP, 0},
        {FAULT_FSTAT, EIO, -ESTALE},     {FAULT_FSTATAT, EIO, -ESTALE},
    };
    const struct scratch *s = *state;
    int folder_fd = open_folder(s);
    struct adl_part name = learn_name(folder_fd);

    leave_part(folder_fd, "half");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct adl_part part = {.fd = -1};

        fault_arm(cases[i].call, 1, cases[i].fault);
        assert_int_equal(adl_part_adopt(&part, folder_fd, name.name),
                         cases[i].err);
        fault_clear();
        if (cases[i].err == 0) {
            adl_part_leave(&part);
        }
        assert_true(scratch_holds(scratch_path(s, name.name), "half", 4));
        assert_int_equal(scratch_count_fds(), s->n_fds + 1);
    }
    close(folder_fd);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, scratch_setup, teardown)

TEST_SUITE(part)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_name_follows_from_the_path),
        TEST(test_a_part_that_is_held_is_left_alone),
        TEST(test_a_leftover_is_replaced_by_an_empty_part),
        TEST(test_a_leftover_that_is_a_whole_file_too_stays_whole),
        TEST(test_what_is_no_file_is_neither_opened_nor_removed),
        TEST(test_without_locks_every_leftover_counts_as_held),
        TEST(test_a_part_taken_for_a_leftover_at_birth_is_made_anew),
        TEST(test_the_search_for_a_name_ends),
        TEST(test_committing_is_refused_or_replaces_as_asked),
        TEST(test_a_failed_call_leaves_no_part_and_no_descriptor),
        TEST(test_a_failed_call_on_a_leftover_leaks_nothing),
        TEST(test_a_part_that_was_left_is_taken_up),
        TEST(test_what_cannot_be_gone_on_with_is_not_taken_up),
        TEST(test_a_failed_call_on_a_part_that_was_left_keeps_it),
    };

    return cmocka_run_group_tests_name("part", tests, NULL, NULL);
}
