/* SPDX-License-Identifier: MIT */
/*
 * Who may touch a name: only the holder of the lock on the file that it refers
 * to. Between opening a file and locking it the name may have gone elsewhere,
 * so that after locking it is looked at again.
 *
 * A leftover is never written to. It may be the second name of a whole file
 * (file systems without RENAME_NOREPLACE, and a crash between link and
 * unlink), and its owner and mode are those of whoever left it.
 */
#include "store/part.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include "store/file.h"
#include "util/hash.h"

#define SUFFIX     ".part"
#define SUFFIX_LEN (sizeof(SUFFIX) - 1)
#define MAX_NUMBER 1000
#define MAX_TRIES  16
#define READ_BYTES 65536

/* Names that collide get numbers, like names that are held. */
static void name_part(struct adl_part *part, uint64_t hash, int number)
{
    if (number == 1) {
        (void)snprintf(part->name, sizeof(part->name), "%016" PRIx64 SUFFIX,
                       hash);
    } else {
        (void)snprintf(part->name, sizeof(part->name),
                       "%016" PRIx64 "-%d" SUFFIX, hash, number);
    }
}

/* -EAGAIN where another took the new file for a leftover before us. */
static int lock_own(const struct adl_part *part, int fd)
{
    int err = adl_file_lock(fd);

    if (err == -ENOTSUP) {
        return 0; /* nobody can tell leftovers, so nobody removes it */
    }
    if (err == -EWOULDBLOCK) {
        return -EAGAIN;
    }
    if (err == 0) {
        err = adl_file_is_at(fd, part->aside_fd, part->name);
        if (err >= 0) {
            return err == 1 ? 0 : -EAGAIN;
        }
    }
    (void)unlinkat(part->aside_fd, part->name, 0); /* err says it already */
    return err;
}

/* 0, -EEXIST, -EAGAIN or another -errno. */
static int make(struct adl_part *part)
{
    int fd = openat(part->aside_fd, part->name,
                    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);

    if (fd < 0) {
        return -errno;
    }
    int err = lock_own(part, fd);
    if (err < 0) {
        (void)close(fd); /* it is empty */
        return err;
    }
    part->fd = fd;
    return 0;
}

/* Open what is there. -EBUSY for what is no file that we may remove. */
static int open_leftover(const struct adl_part *part)
{
    int fd = openat(part->aside_fd, part->name,
                    O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

    if (fd >= 0) {
        return fd;
    }
    switch (errno) {
    case ENOENT:
        return -EAGAIN;
    case ELOOP:
    case ENXIO: /* a pipe, a socket */
    case ENODEV:
    case EISDIR:
    case EACCES:
    case EPERM:
        return -EBUSY;
    default:
        return -errno;
    }
}

static int lock_leftover(int fd)
{
    struct stat info;

    if (fstat(fd, &info) < 0) {
        return -errno;
    }
    if (!S_ISREG(info.st_mode)) {
        return -EBUSY;
    }
    int err = adl_file_lock(fd);
    return err == -EWOULDBLOCK || err == -ENOTSUP ? -EBUSY : err;
}

/* -EAGAIN: the name is free now. -EBUSY: it is held. Or another -errno. */
static int remove_leftover(const struct adl_part *part)
{
    int fd = open_leftover(part);

    if (fd < 0) {
        return fd;
    }
    int err = lock_leftover(fd);
    if (err == 0) {
        err = adl_file_is_at(fd, part->aside_fd, part->name);
    }
    if (err == 1 && unlinkat(part->aside_fd, part->name, 0) < 0) {
        err = -errno;
    }
    (void)close(fd); /* nothing was written to it */
    return err >= 0 ? -EAGAIN : err;
}

/* Nobody else's, and with no other name. */
static bool is_own(int fd)
{
    struct stat info;

    return fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
           info.st_nlink == 1 && info.st_uid == geteuid();
}

int adl_part_adopt(struct adl_part *out, int aside_fd, const char *name)
{
    struct adl_part part = {.aside_fd = aside_fd};

    (void)snprintf(part.name, sizeof(part.name), "%s", name);
    part.fd = openat(aside_fd, part.name,
                     O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (part.fd < 0) {
        return errno == EMFILE || errno == ENFILE ? -errno : -ESTALE;
    }
    int err = adl_file_lock(part.fd);
    if (err == -ENOTSUP) {
        err = 0; /* as for a new one: nobody can tell */
    }
    if (err < 0 || !is_own(part.fd) ||
        adl_file_is_at(part.fd, aside_fd, part.name) != 1) {
        (void)close(part.fd); /* nothing was written to it */
        return -ESTALE;
    }
    *out = part;
    return 0;
}

int adl_part_keep(const struct adl_part *part, uint64_t bytes,
                  struct adl_digest *digest)
{
    char piece[READ_BYTES];
    uint64_t n_read = 0;
    struct stat info;

    if (fstat(part->fd, &info) < 0) {
        return -errno;
    }
    if ((uint64_t)info.st_size < bytes) {
        return -ESTALE;
    }
    if (ftruncate(part->fd, (off_t)bytes) < 0) {
        return -errno;
    }
    while (digest != NULL && n_read < bytes) {
        ssize_t n = pread(part->fd, piece, sizeof(piece), (off_t)n_read);

        if (n <= 0) {
            return n < 0 ? -errno : -ESTALE;
        }
        int err = adl_digest_update(digest, piece, (size_t)n);
        if (err < 0) {
            return err;
        }
        n_read += (uint64_t)n;
    }
    return lseek(part->fd, (off_t)bytes, SEEK_SET) < 0 ? -errno : 0;
}

void adl_part_leave(struct adl_part *part)
{
    (void)close(part->fd); /* it is half a body: what is lost comes again */
    part->fd = -1;
}

static int try_name(struct adl_part *part)
{
    int err = -EAGAIN;

    for (int i = 0; i < MAX_TRIES && err == -EAGAIN; i++) {
        err = make(part);
        if (err == -EEXIST) {
            err = remove_leftover(part);
        }
    }
    return err == -EAGAIN ? -EBUSY : err;
}

int adl_part_open(struct adl_part *out, int aside_fd, const char *path)
{
    struct adl_part part = {.fd = -1, .aside_fd = aside_fd};
    uint64_t hash = adl_hash_of(path, strlen(path));
    int err = -EBUSY;

    for (int number = 1; number <= MAX_NUMBER && err == -EBUSY; number++) {
        name_part(&part, hash, number);
        err = try_name(&part);
    }
    if (err == 0) {
        *out = part;
    }
    return err;
}

bool adl_part_is_any(int aside_fd)
{
    int fd = openat(aside_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    bool is_any = false;

    if (folder == NULL) {
        if (fd >= 0) {
            (void)close(fd); /* a folder: nothing could be lost */
        }
        return true;
    }
    while (!is_any && (entry = readdir(folder)) != NULL) {
        size_t len = strlen(entry->d_name);

        is_any = len > SUFFIX_LEN &&
                 strcmp(entry->d_name + len - SUFFIX_LEN, SUFFIX) == 0;
    }
    (void)closedir(folder);
    return is_any;
}

void adl_part_discard(int aside_fd, const char *path)
{
    struct adl_part part = {.fd = -1, .aside_fd = aside_fd};

    name_part(&part, adl_hash_of(path, strlen(path)), 1);
    (void)remove_leftover(&part); /* what is held is not ours */
}

static int rename_over(const struct adl_part *part, int folder_fd,
                       const char *name)
{
    int err = renameat(part->aside_fd, part->name, folder_fd, name);

    return err == 0 ? 0 : -errno;
}

int adl_part_commit(struct adl_part *part, int folder_fd, const char *name,
                    bool overwrite)
{
    int err = overwrite ? rename_over(part, folder_fd, name)
                        : adl_file_rename_new(part->aside_fd, part->name,
                                              folder_fd, name);

    if (err < 0) {
        adl_part_abort(part);
        return err;
    }
    (void)close(part->fd); /* the owner has flushed it: nothing is pending */
    part->fd = -1;
    return 0;
}

void adl_part_abort(struct adl_part *part)
{
    /* First the name, while the lock keeps others off. What stays behind is a
     * leftover, and the next part of that name removes it. */
    (void)unlinkat(part->aside_fd, part->name, 0);
    (void)close(part->fd);
    part->fd = -1;
}
