/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE    /* O_TMPFILE, AT_EMPTY_PATH, renameat2, fallocate, flock, \
                          F_OFD_* */

#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "asyncdl/error.h"

#define PROC_PATH_MAX 32 /* "/proc/self/fd/" and an int */
#define COPY_BYTES    16384
#define BLOCK_BYTES   512 /* of st_blocks */
#define HUGE_BYTES    (UINT64_C(16) << 40)
#define NS_PER_S      INT64_C(1000000000)
#define MTIME_MAX_S   (INT64_MAX / NS_PER_S - 1) /* and as far before 1970 */

int adl_file_open_nameless(int *out_fd, int folder_fd)
{
    int fd = openat(folder_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);

    if (fd >= 0) {
        *out_fd = fd;
        return 0;
    }
    switch (errno) {
    case EOPNOTSUPP: /* the file system has none */
    case EISDIR:     /* the kernel does not know the flag */
    case EINVAL:
    case ENOENT:
        return -ENOTSUP;
    default:
        return -errno;
    }
}

/* For kernels that let only the privileged link by descriptor (before 6.10). */
static int link_through_proc(int fd, int folder_fd, const char *name)
{
    char path[PROC_PATH_MAX];

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, path, folder_fd, name, AT_SYMLINK_FOLLOW);
}

int adl_file_link_nameless(int fd, int folder_fd, const char *name)
{
    if (linkat(fd, "", folder_fd, name, AT_EMPTY_PATH) == 0) {
        return 0;
    }
    if ((errno == ENOENT || errno == EPERM || errno == EINVAL) &&
        link_through_proc(fd, folder_fd, name) == 0) {
        return 0;
    }
    switch (errno) {
    case ENOENT: /* no /proc */
    case EPERM:  /* no hard links */
    case EOPNOTSUPP:
    case EINVAL:
    case ENOSYS:
        return -ENOTSUP;
    default:
        return -errno;
    }
}

/* The second name of a crash in between is a part with two links: part.c. */
static int link_and_unlink(int from_fd, const char *from, int to_fd,
                           const char *to)
{
    if (linkat(from_fd, from, to_fd, to, 0) < 0) {
        return -errno;
    }
    (void)unlinkat(from_fd, from, 0); /* the file has its name: all is well */
    return 0;
}

int adl_file_rename_new(int from_fd, const char *from, int to_fd,
                        const char *to)
{
    if (renameat2(from_fd, from, to_fd, to, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return -errno;
    }
    return link_and_unlink(from_fd, from, to_fd, to);
}

int adl_file_write(int fd, const void *bytes, size_t len)
{
    const char *next = bytes;

    while (len > 0) {
        ssize_t n = write(fd, next, len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? -errno : -EIO;
        }
        next += n;
        len -= (size_t)n;
    }
    return 0;
}

int adl_file_copy(int to_fd, int from_fd)
{
    char bytes[COPY_BYTES];
    off_t offset = 0;

    for (;;) {
        ssize_t n = pread(from_fd, bytes, sizeof(bytes), offset);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? -errno : 0;
        }
        int err = adl_file_write(to_fd, bytes, (size_t)n);
        if (err < 0) {
            return err;
        }
        offset += n;
    }
}

int64_t adl_file_get_mtime_ns(const struct stat *info)
{
    int64_t mtime_s = info->st_mtim.tv_sec;

    if (mtime_s > MTIME_MAX_S || mtime_s < -MTIME_MAX_S) {
        return (mtime_s < 0 ? -MTIME_MAX_S : MTIME_MAX_S) * NS_PER_S;
    }
    return mtime_s * NS_PER_S + info->st_mtim.tv_nsec;
}

/* Is it more than files are, and than the file system could hold if it were
 * empty? */
static bool is_beyond(int fd, uint64_t size)
{
    struct statvfs info;

    return size > HUGE_BYTES && fstatvfs(fd, &info) == 0 && info.f_blocks > 0 &&
           size / info.f_frsize > info.f_blocks;
}

/* Is there as much as the file lacks? */
static int look_for_room(int fd, uint64_t size)
{
    struct statvfs system;
    struct stat file;

    if (fstatvfs(fd, &system) < 0 || fstat(fd, &file) < 0) {
        return -errno;
    }
    uint64_t has = (uint64_t)file.st_blocks * BLOCK_BYTES;
    uint64_t lacks = size > has ? size - has : 0;
    uint64_t n_blocks = (lacks + system.f_frsize - 1) / system.f_frsize;
    bool is_bounded = system.f_blocks > 0;
    return is_bounded && n_blocks > system.f_bavail ? -ENOSPC : 0;
}

static int set_aside(int fd, uint64_t size)
{
    int err;

    do {
        err = fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size);
    } while (err < 0 && errno == EINTR);
    return err == 0 || errno == EOPNOTSUPP || errno == ENOSYS ? 0 : -errno;
}

int adl_file_allocate(int fd, uint64_t size)
{
    if (size > INT64_MAX) {
        return ASYNCDL_ETOOBIG;
    }
    int err = adl_file_is_in_memory(fd) ? look_for_room(fd, size)
                                        : set_aside(fd, size);
    return (err == -EFBIG || err == -ENOSPC) && is_beyond(fd, size)
               ? ASYNCDL_ETOOBIG
               : err;
}

bool adl_file_is_in_memory(int fd)
{
    struct statfs info;

    return fstatfs(fd, &info) == 0 &&
           (info.f_type == TMPFS_MAGIC || info.f_type == RAMFS_MAGIC);
}

int adl_file_set_mtime(int fd, int64_t mtime_s)
{
    const struct timespec times[2] = {
        {.tv_nsec = UTIME_OMIT},
        {.tv_sec = (time_t)mtime_s},
    };

    if (futimens(fd, times) == 0 || errno == EPERM || errno == EOPNOTSUPP ||
        errno == ENOSYS) {
        return 0;
    }
    return -errno;
}

int adl_file_flush(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

    if (copy < 0 || close(copy) < 0) {
        return -errno;
    }
    return 0;
}

static int lock(int fd, int operation)
{
    int err;

    do {
        err = flock(fd, operation);
    } while (err < 0 && errno == EINTR);
    if (err == 0) {
        return 0;
    }
    return errno == ENOLCK || errno == ENOSYS || errno == EINVAL ? -ENOTSUP
                                                                 : -errno;
}

int adl_file_lock(int fd)
{
    return lock(fd, LOCK_EX | LOCK_NB);
}

int adl_file_lock_shared(int fd)
{
    return lock(fd, LOCK_SH);
}

/* An "open file description lock": unlike other locks of fcntl() it belongs to
 * the open file, not to the process. */
static int ask_claim(int fd, int command, struct flock *claim)
{
    int err;

    claim->l_type = F_WRLCK;
    claim->l_whence = SEEK_SET;
    do {
        err = fcntl(fd, command, claim);
    } while (err < 0 && errno == EINTR);
    if (err >= 0) {
        return 0;
    }
    switch (errno) {
    case EACCES:
        return -EWOULDBLOCK;
    case ENOLCK:
    case ENOSYS:
    case EINVAL:
        return -ENOTSUP;
    default:
        return -errno;
    }
}

int adl_file_claim(int fd, int start, int len)
{
    struct flock claim = {.l_start = start, .l_len = len};

    return ask_claim(fd, F_OFD_SETLK, &claim);
}

int adl_file_is_claimed(int fd, int start, int len)
{
    struct flock claim = {.l_start = start, .l_len = len};
    int err = ask_claim(fd, F_OFD_GETLK, &claim);

    return err < 0 ? err : claim.l_type != F_UNLCK;
}

int adl_file_is_at(int fd, int folder_fd, const char *name)
{
    struct stat mine;
    struct stat there;

    if (fstat(fd, &mine) < 0) {
        return -errno;
    }
    if (fstatat(folder_fd, name, &there, AT_SYMLINK_NOFOLLOW) < 0) {
        return errno == ENOENT ? 0 : -errno;
    }
    return mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}
