/* SPDX-License-Identifier: MIT */
/*
 * A disk with faults, for LD_PRELOAD. BADDISK_ROOM: a quota, in bytes, of what
 * the process may write to files from now on. BADDISK_CALL, one of syncfs,
 * fsync and fdatasync: that call fails, the one of number BADDISK_NTH, or all
 * of them where that is 0, with the errno BADDISK_ERRNO. As a kernel does, it
 * tells of an error once.
 */
#define _GNU_SOURCE /* RTLD_NEXT */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all below */
static size_t n_written;
static unsigned long n_calls;

#define REAL(name) ((__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name))

static bool is_file(int fd)
{
    struct stat st;

    return fd > 2 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* How much of len there is room for; -1 with errno: for nothing. */
static ssize_t take_room(int fd, size_t len)
{
    const char *text = getenv("BADDISK_ROOM");

    if (text == NULL || len == 0 || !is_file(fd)) {
        return (ssize_t)len;
    }
    (void)pthread_mutex_lock(&lock);
    size_t room = strtoul(text, NULL, 10);
    size_t left = room > n_written ? room - n_written : 0;
    size_t n = len < left ? len : left;
    n_written += n;
    (void)pthread_mutex_unlock(&lock);
    if (n == 0) {
        errno = EDQUOT;
        return -1;
    }
    return (ssize_t)n;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    ssize_t n = take_room(fd, len);

    return n < 0 ? n : REAL(write)(fd, bytes, (size_t)n);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t offset)
{
    ssize_t n = take_room(fd, len);

    return n < 0 ? n : REAL(pwrite64)(fd, bytes, (size_t)n, offset);
}

/* Of the call that is named: is it the one to fail? Sets errno then. */
static bool strikes(const char *name)
{
    const char *call = getenv("BADDISK_CALL");

    if (call == NULL || strcmp(call, name) != 0) {
        return false;
    }
    (void)pthread_mutex_lock(&lock);
    unsigned long n = ++n_calls;
    (void)pthread_mutex_unlock(&lock);
    unsigned long nth = strtoul(getenv("BADDISK_NTH"), NULL, 10);
    errno = (int)strtoul(getenv("BADDISK_ERRNO"), NULL, 10);
    return nth == 0 || nth == n;
}

int fsync(int fd)
{
    return strikes("fsync") ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd)
{
    return strikes("fdatasync") ? -1 : REAL(fdatasync)(fd);
}

int syncfs(int fd)
{
    return strikes("syncfs") ? -1 : REAL(syncfs)(fd);
}
