/* SPDX-License-Identifier: MIT */
#include "store/lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

#include <sys/stat.h>
#include <unistd.h>

#include "asyncdl/error.h"
#include "store/file.h"

#define MAX_TRIES 16

/* What both uses have in common comes last. */
#define JOURNAL_BYTE 0
#define FILES_BYTE   1

/* Not one that we made: a pipe would wait for somebody, a device may do
 * anything. */
static int check(int fd)
{
    struct stat info;

    if (fstat(fd, &info) < 0) {
        return -errno;
    }
    return S_ISREG(info.st_mode) ? 0 : ASYNCDL_EINWAY;
}

/* A descriptor, or a code. */
static int open_lock(int aside_fd, int flags)
{
    int fd =
        openat(aside_fd, ADL_JOURNAL_LOCK,
               flags | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0666);

    if (fd < 0) {
        switch (errno) {
        case ELOOP:
        case EISDIR:
        case ENXIO: /* a socket */
            return ASYNCDL_EINWAY;
        default:
            return -errno;
        }
    }
    int err = check(fd);
    if (err < 0) {
        (void)close(fd); /* nothing was written to it */
        return err;
    }
    return fd;
}

/* 1 where it is still there, 0 where it was removed before it was locked, and
 * who comes next locks another; or what is wrong. */
static int lock(int fd, int aside_fd, int first_byte)
{
    int err = adl_file_claim(fd, first_byte, FILES_BYTE + 1 - first_byte);

    if (err == -ENOTSUP) {
        return 1;
    }
    if (err == -EWOULDBLOCK) {
        return ASYNCDL_EINUSE;
    }
    return err < 0 ? err : adl_file_is_at(fd, aside_fd, ADL_JOURNAL_LOCK);
}

int adl_lockfile_take(int *out_fd, int aside_fd, enum adl_lockfile_use use)
{
    int first_byte = use == ADL_LOCKFILE_JOURNAL ? JOURNAL_BYTE : FILES_BYTE;

    for (int i = 0; i < MAX_TRIES; i++) {
        int fd = open_lock(aside_fd, O_RDWR | O_CREAT);

        if (fd < 0) {
            return fd;
        }
        int is_locked = lock(fd, aside_fd, first_byte);
        if (is_locked == 1) {
            *out_fd = fd;
            return 0;
        }
        (void)close(fd); /* nothing was written to it */
        if (is_locked < 0) {
            return is_locked;
        }
    }
    return ASYNCDL_EINUSE; /* others come and go all the time */
}

void adl_lockfile_drop(int fd, int aside_fd)
{
    struct stat info;
    bool has_journal =
        fstatat(aside_fd, ADL_JOURNAL_FILE, &info, AT_SYMLINK_NOFOLLOW) == 0 ||
        errno != ENOENT;

    /* While it is locked, so that nobody else's is removed. One that stays
     * locks nobody out. */
    if (!has_journal && adl_file_is_at(fd, aside_fd, ADL_JOURNAL_LOCK) == 1) {
        (void)unlinkat(aside_fd, ADL_JOURNAL_LOCK, 0);
    }
    (void)close(fd); /* nothing was written to it */
}

int adl_lockfile_is_taken(int aside_fd, enum adl_lockfile_use use)
{
    int byte = use == ADL_LOCKFILE_JOURNAL ? JOURNAL_BYTE : FILES_BYTE;
    int fd = open_lock(aside_fd, O_RDONLY);

    if (fd < 0) {
        return fd == -ENOENT ? 0 : fd;
    }
    int answer = adl_file_is_claimed(fd, byte, 1);
    (void)close(fd); /* only read */
    return answer == -ENOTSUP ? 0 : answer;
}
