/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* O_TMPFILE */

#include "cli/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uv.h>

#define FLUSH_LEN ((size_t)64 * 1024)
#define MAX_TRIES 100 /* of names that others have taken */

/* Where to put it: FILE, or what it is a link to. 0, -ENOMEM or -errno. */
static int locate(struct adl_aside *aside, const char *path,
                  const struct adl_aside_options *options)
{
    struct stat st;

    if (path[0] == '\0') {
        return -ENOENT;
    }
    if (stat(path, &st) < 0) {
        if (errno != ENOENT || path[strlen(path) - 1] == '/') {
            return -errno;
        }
        aside->path = strdup(path);
        return aside->path != NULL ? 0 : -ENOMEM;
    }
    if (S_ISDIR(st.st_mode)) {
        return -EISDIR;
    }
    aside->is_in_place = !S_ISREG(st.st_mode);
    if (aside->is_in_place) {
        aside->path = options->takes_devices ? strdup(path) : NULL;
        return aside->path != NULL      ? 0
               : options->takes_devices ? -ENOMEM
                                        : -EINVAL;
    }
    if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) < 0) {
        return -errno; /* though its folder might allow to replace it */
    }
    aside->path = realpath(path, NULL);
    return aside->path != NULL ? 0 : -errno;
}

/* The folder of path, ending with a slash; "" for this one. 0 or -ENOMEM. */
static int add_folder(struct adl_buf *out, const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? adl_buf_add(out, path, (size_t)(slash - path) + 1)
                         : 0;
}

/* Make up a name in the folder of path. 0 or -ENOMEM. */
static int make_name(struct adl_buf *out, const char *path)
{
    uint64_t number = 0;

    (void)uv_random(NULL, NULL, &number, sizeof(number), 0, NULL);
    adl_buf_reset(out); /* any number is good: O_EXCL decides */
    int err = add_folder(out, path);
    return err < 0 ? err
                   : adl_buf_addf(out, ".asyncdl-aside.%08" PRIx32,
                                  (uint32_t)number);
}

#ifdef O_TMPFILE
/* A file without a name is gone whatever ends the program. */
static int open_nameless(const char *path, mode_t mode)
{
    struct adl_buf folder = {0};
    int err = add_folder(&folder, path);
    int fd = -1;

    err = err < 0 ? err : adl_buf_add_str(&folder, "."); /* "." or ".../." */
    if (err == 0) {
        fd = openat(AT_FDCWD, folder.data, O_TMPFILE | O_WRONLY | O_CLOEXEC,
                    mode);
    }
    adl_buf_finish(&folder);
    return fd;
}
#else
static int open_nameless(const char *path, mode_t mode)
{
    (void)path;
    (void)mode;
    return -1;
}
#endif

/* Open a file of a name that nobody has yet. */
static int create(struct adl_aside *aside, mode_t mode)
{
    struct adl_buf name = {0};
    int err = -EEXIST;

    for (int i = 0; err == -EEXIST && i < MAX_TRIES; i++) {
        err = make_name(&name, aside->path);
        if (err == 0) {
            aside->fd = openat(
                AT_FDCWD, name.data,
                O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOCTTY, mode);
            err = aside->fd < 0 ? -errno : 0;
        }
    }
    if (err == 0) {
        aside->name = adl_buf_take(&name);
    }
    adl_buf_finish(&name);
    return err;
}

static int open_in_place(struct adl_aside *aside)
{
    /* A pipe that nobody reads is ENXIO; without O_NONBLOCK it would wait. */
    aside->fd = openat(AT_FDCWD, aside->path,
                       O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0);
    if (aside->fd < 0) {
        return -errno;
    }
    /* best effort: else a slow reader ends it with EAGAIN, which is told */
    (void)fcntl(aside->fd, F_SETFL, 0);
    return 0;
}

static bool has_proc(void)
{
    return access("/proc/self/fd", X_OK) == 0;
}

static int open_aside(struct adl_aside *aside, mode_t mode)
{
    if (aside->is_in_place) {
        return open_in_place(aside);
    }
    aside->fd = has_proc() ? open_nameless(aside->path, mode) : -1;
    return aside->fd >= 0 ? 0 : create(aside, mode);
}

int adl_aside_open(struct adl_aside *aside, const char *path,
                   const struct adl_aside_options *options)
{
    *aside = (struct adl_aside){.fd = -1};
    int err = locate(aside, path, options);

    if (err == 0) {
        err = open_aside(aside, options->mode);
    }
    if (err < 0) {
        adl_aside_abort(aside);
    }
    return err;
}

/* The next component of a path, "." left out; its length, 0 at the end. */
static size_t next_component(const char **path)
{
    size_t len;

    do {
        *path += strspn(*path, "/");
        len = strcspn(*path, "/");
        if (len != 1 || **path != '.') {
            return len;
        }
        *path += len;
    } while (true);
}

/* Is folder made along with dir: that, or one of those above it? */
static bool is_made_with(const char *folder, const char *dir)
{
    if ((folder[0] == '/') != (dir[0] == '/')) {
        return false;
    }
    size_t len = next_component(&folder);
    while (len > 0) {
        if (next_component(&dir) != len || strncmp(folder, dir, len) != 0) {
            return false;
        }
        folder += len;
        dir += len;
        len = next_component(&folder);
    }
    return true;
}

/* May a file be made in the folder of path? 0 or -errno. */
static int check_folder(const char *path, const char *dir)
{
    struct adl_buf folder = {0};
    int err = add_folder(&folder, path);

    err = err < 0 ? err : adl_buf_add_str(&folder, "."); /* "." or ".../." */
    if (err == 0 &&
        faccessat(AT_FDCWD, folder.data, W_OK | X_OK, AT_EACCESS) < 0) {
        err = errno == ENOENT && dir != NULL && is_made_with(folder.data, dir)
                  ? 0
                  : -errno;
    }
    adl_buf_finish(&folder);
    return err;
}

int adl_aside_check(const char *path, const char *dir,
                    const struct adl_aside_options *options)
{
    struct adl_aside aside = {.fd = -1};
    int err = locate(&aside, path, options);

    if (err == 0) {
        err = aside.is_in_place ? 0 : check_folder(aside.path, dir);
    }
    adl_aside_abort(&aside);
    return err;
}

bool adl_aside_lacks_folder(const char *path)
{
    struct adl_buf folder = {0};
    struct stat st;
    bool lacks = add_folder(&folder, path) == 0 && folder.len > 0 &&
                 stat(folder.data, &st) < 0 && errno == ENOENT;

    adl_buf_finish(&folder);
    return lacks;
}

void adl_aside_note(struct adl_aside *aside, int err)
{
    aside->err = aside->err < 0 ? aside->err : err;
}

/* 0 or -errno. */
static int write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);

        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        bytes += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static void flush(struct adl_aside *aside)
{
    if (aside->err == 0) {
        adl_aside_note(aside, write_all(aside->fd, adl_buf_str(&aside->text),
                                        aside->text.len));
    }
    adl_buf_reset(&aside->text);
}

void adl_aside_added(struct adl_aside *aside)
{
    if (aside->is_in_place || aside->text.len >= FLUSH_LEN) {
        flush(aside);
    }
}

/* Give a file without a name one. */
static int give_name(const struct adl_aside *aside, const char *name)
{
    char from[32];

    (void)snprintf(from, sizeof(from), "/proc/self/fd/%d", aside->fd);
    return linkat(AT_FDCWD, from, AT_FDCWD, name, AT_SYMLINK_FOLLOW) < 0
               ? -errno
               : 0;
}

/* A name from which it can be renamed: that replaces what is there. */
static int give_own_name(struct adl_aside *aside)
{
    struct adl_buf name = {0};
    int err = -EEXIST;

    for (int i = 0; err == -EEXIST && i < MAX_TRIES; i++) {
        err = make_name(&name, aside->path);
        err = err < 0 ? err : give_name(aside, name.data);
    }
    if (err == 0) {
        aside->name = adl_buf_take(&name);
    }
    adl_buf_finish(&name);
    return err;
}

static int put_in_place(struct adl_aside *aside)
{
    if (aside->name == NULL) {
        int err = give_name(aside, aside->path);

        if (err != -EEXIST) {
            return err;
        }
        err = give_own_name(aside);
        if (err < 0) {
            return err;
        }
    }
    if (renameat(AT_FDCWD, aside->name, AT_FDCWD, aside->path) < 0) {
        return -errno;
    }
    free(aside->name);
    aside->name = NULL; /* nothing to remove */
    return 0;
}

int adl_aside_settle(struct adl_aside *aside, enum adl_aside_end end)
{
    if (!adl_aside_is_open(aside)) {
        return 0;
    }
    flush(aside);
    if (aside->err == 0 && !aside->is_in_place && end == ADL_ASIDE_SYNC &&
        fdatasync(aside->fd) < 0) {
        aside->err = -errno;
    }
    return aside->err;
}

int adl_aside_commit(struct adl_aside *aside, enum adl_aside_end end)
{
    if (!adl_aside_is_open(aside)) {
        return 0;
    }
    int err = adl_aside_settle(aside, end);
    if (err == 0 && !aside->is_in_place) {
        err = put_in_place(aside);
    }
    adl_aside_abort(aside); /* closes what is left */
    return err;
}

void adl_aside_abort(struct adl_aside *aside)
{
    if (aside->path != NULL && aside->fd >= 0) {
        (void)close(aside->fd); /* all that counts was synced or is dropped */
    }
    if (aside->name != NULL) {
        /* best effort: it is no file that anybody asked for */
        (void)unlinkat(AT_FDCWD, aside->name, 0);
    }
    free(aside->name);
    free(aside->path);
    adl_buf_finish(&aside->text);
    *aside = (struct adl_aside){.fd = -1};
}
