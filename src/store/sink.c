/* SPDX-License-Identifier: MIT */
/*
 * Two ways to a whole file. A small body is at hand: it is written to a file
 * without a name, which leaves nothing behind whatever happens, and gets its
 * name last. A body that arrives in pieces, one that replaces a file (a link
 * cannot) and one on a file system without nameless files goes to a part.
 */
#include "store/sink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <assert.h>
#include <unistd.h>

#include "asyncdl/error.h"
#include "store/file.h"
#include "store/part.h"

#define ALLOCATE_MIN (UINT64_C(1) << 20)

struct adl_sink {
    struct adl_dir *dir; /* borrowed */
    struct adl_part part;
    struct adl_digest *digest; /* NULL where there is nothing to compute */
    char *path;                /* as it was opened, for errors */
    uint64_t room;             /* allocated, or 0 */
    uint64_t size;             /* written */
};

/* The folder that a file is to appear in. */
struct place {
    int folder_fd;
    bool is_owned; /* else it is the directory itself, which is lent */
    const char *name;
};

/* Say "<what> <path>: <why>"; of these a long path is what is cut. */
static void explain(struct adl_sink_error *error, const char *what,
                    const char *path, const char *why)
{
    size_t room = sizeof(error->text) - 1;
    size_t taken = strlen(what) + strlen(why) + sizeof(" : ") - 1;
    size_t left = taken < room ? room - taken : 0;
    size_t len = strlen(path);
    bool is_cut = len > left && left > 3;

    if (is_cut) {
        len = left - 3;
        while (len > 0 && ((unsigned char)path[len] & 0xC0) == 0x80) {
            len--; /* not inside a UTF-8 sequence */
        }
    }
    (void)snprintf(error->text, sizeof(error->text), "%s %.*s%s: %s", what,
                   (int)len, path, is_cut ? "..." : "", why);
}

/* Report and answer err, which is passed on. */
static int report(struct adl_sink_error *error, int err, const char *what,
                  const char *path)
{
    if (err == -EEXIST) {
        err = ASYNCDL_EEXISTS;
    }
    if (err == -EISDIR) {
        explain(error, what, path, "a folder has that name");
        return ASYNCDL_EINWAY;
    }
    explain(error, what, path, asyncdl_strerror(err));
    return err;
}

static int lend_aside(int *out_root_fd, int *out_aside_fd, struct adl_dir *dir,
                      const char *path, struct adl_sink_error *error)
{
    int err = adl_dir_lend(dir, out_root_fd, out_aside_fd);

    return err == 0 ? 0
                    : report(error, err,
                             "open the directory or its .asyncdl/ for", path);
}

/* A file right in the directory needs no folder opened: the common case. */
static int open_place(struct place *out, struct adl_dir *dir, int root_fd,
                      const char *path, struct adl_sink_error *error)
{
    if (strchr(path, '/') == NULL) {
        *out = (struct place){.folder_fd = root_fd, .name = path};
        return 0;
    }
    struct place place = {.is_owned = true};
    int err = adl_dir_open_parent(dir, path, &place.folder_fd, &place.name);
    if (err < 0) {
        return report(error, err, "open the folder of", path);
    }
    *out = place;
    return 0;
}

static void close_place(const struct place *place)
{
    if (place->is_owned) {
        (void)close(place->folder_fd); /* a folder: nothing could be lost */
    }
}

/* The end of digest. */
static int check_digest(struct adl_digest *digest,
                        const struct adl_sink_target *target,
                        struct adl_sink_error *error)
{
    char why[ADL_SINK_ERROR_MAX];
    struct adl_sums sums;

    int err = adl_digest_finish(digest, &sums);
    if (err < 0) {
        return report(error, err, "check", target->path);
    }
    err = adl_checks_judge(&target->checks, &sums, why, sizeof(why),
                           &error->is_damaged);
    if (err < 0) {
        explain(error, "check", target->path, why);
    }
    return err;
}

/* Replaced by a fresh one, or NULL where nothing is to be computed. */
static int renew_digest(struct adl_digest **digest,
                        const struct adl_checks *checks)
{
    unsigned kinds = adl_checks_kinds(checks);

    adl_digest_destroy(*digest);
    *digest = NULL;
    return kinds != 0 ? adl_digest_create(digest, kinds) : 0;
}

static int check_bytes(const struct adl_sink_target *target, const void *bytes,
                       size_t len, struct adl_sink_error *error)
{
    struct adl_digest *digest = NULL;

    int err = renew_digest(&digest, &target->checks);
    if (err == 0 && digest != NULL) {
        err = adl_digest_update(digest, bytes, len);
    }
    if (err < 0) {
        err = report(error, err, "hash", target->path);
    } else if (digest != NULL) {
        err = check_digest(digest, target, error);
    }
    adl_digest_destroy(digest);
    return err;
}

static int set_mtime(int fd, const struct adl_sink_target *target)
{
    return target->mtime_s == ADL_SINK_NO_TIME
               ? 0
               : adl_file_set_mtime(fd, target->mtime_s);
}

static int fill_nameless(int fd, const struct adl_sink_target *target,
                         const void *bytes, size_t len,
                         struct adl_sink_error *error)
{
    int err = adl_file_write(fd, bytes, len);

    if (err < 0) {
        return report(error, err, "write", target->path);
    }
    err = set_mtime(fd, target);
    return err == 0 ? 0 : report(error, err, "set the time of", target->path);
}

/* Closes fd. -ENOTSUP, with nothing said, where it cannot have a name. */
static int name_nameless(int fd, const struct place *place,
                         const struct adl_sink_target *target,
                         struct adl_sink_error *error)
{
    int err = adl_file_link_nameless(fd, place->folder_fd, place->name);

    /* It needs its descriptor to get its name, so that a close that fails
     * comes too late. File systems that tell of lost bytes that late are those
     * of networks, which know no nameless files. */
    if (close(fd) < 0 && err == 0) {
        err = -errno;
        (void)unlinkat(place->folder_fd, place->name, 0); /* err tells */
        return report(error, err, "close", target->path);
    }
    return err == 0 || err == -ENOTSUP
               ? err
               : report(error, err, "link", target->path);
}

/* -ENOTSUP, with nothing said, where there are no nameless files. */
static int save_nameless(struct adl_dir *dir,
                         const struct adl_sink_target *target,
                         const void *bytes, size_t len,
                         struct adl_sink_error *error)
{
    struct place place = {0};
    int root_fd;
    int aside_fd;
    int fd;

    int err = lend_aside(&root_fd, &aside_fd, dir, target->path, error);
    if (err < 0) {
        return err;
    }
    err = adl_file_open_nameless(&fd, aside_fd);
    if (err < 0) {
        return err == -ENOTSUP ? err : report(error, err, "make", target->path);
    }
    err = open_place(&place, dir, root_fd, target->path, error);
    if (err == 0) {
        err = fill_nameless(fd, target, bytes, len, error);
    }
    if (err < 0) {
        (void)close(fd); /* and it is gone */
    } else {
        err = name_nameless(fd, &place, target, error);
    }
    close_place(&place);
    return err;
}

static int save_part(struct adl_dir *dir, const struct adl_sink_target *target,
                     const void *bytes, size_t len,
                     struct adl_sink_error *error)
{
    struct adl_sink *sink;

    int err = adl_sink_open(&sink, dir, target, 0, error);
    if (err < 0) {
        return err;
    }
    err = adl_sink_write(sink, bytes, len, error);
    if (err < 0) {
        adl_sink_abort(sink);
        return err;
    }
    return adl_sink_commit(sink, target, error);
}

int adl_sink_save(struct adl_dir *dir, const struct adl_sink_target *target,
                  const void *bytes, size_t len, struct adl_sink_error *error)
{
    struct adl_sink_target checked = *target;

    int err = check_bytes(target, bytes, len, error);
    if (err < 0) {
        return err;
    }
    checked.checks = (struct adl_checks){.sha256 = NULL};
    err = -ENOTSUP;
    if (!target->overwrite) {
        err = save_nameless(dir, &checked, bytes, len, error);
    }
    return err == -ENOTSUP ? save_part(dir, &checked, bytes, len, error) : err;
}

static void sink_destroy(struct adl_sink *sink)
{
    adl_digest_destroy(sink->digest);
    free(sink->path);
    free(sink);
}

/* All but the part. */
static int create(struct adl_sink **out, struct adl_dir *dir,
                  const struct adl_sink_target *target)
{
    struct adl_sink *sink = calloc(1, sizeof(*sink));
    int err = -ENOMEM;

    if (sink == NULL) {
        return -ENOMEM;
    }
    sink->dir = dir;
    sink->path = strdup(target->path);
    if (sink->path == NULL) {
        goto fail;
    }
    err = renew_digest(&sink->digest, &target->checks);
    if (err < 0) {
        goto fail;
    }
    *out = sink;
    return 0;

fail:
    sink_destroy(sink);
    return err;
}

static int allocate(struct adl_sink *sink, struct adl_sink_error *error)
{
    if (sink->room == 0) {
        return 0;
    }
    int err = adl_file_allocate(sink->part.fd, sink->room);
    return err == 0 ? 0
                    : report(error, err, "allocate part file for", sink->path);
}

int adl_sink_open(struct adl_sink **out, struct adl_dir *dir,
                  const struct adl_sink_target *target, uint64_t size,
                  struct adl_sink_error *error)
{
    struct adl_sink *sink;
    int root_fd;
    int aside_fd;

    int err = lend_aside(&root_fd, &aside_fd, dir, target->path, error);
    if (err < 0) {
        return err;
    }
    err = create(&sink, dir, target);
    if (err < 0) {
        return report(error, err, "prepare", target->path);
    }
    err = adl_part_open(&sink->part, aside_fd, target->path);
    if (err < 0) {
        sink_destroy(sink);
        return report(error, err, "open part file for", target->path);
    }
    sink->room = size >= ALLOCATE_MIN ? size : 0;
    err = allocate(sink, error);
    if (err < 0) {
        adl_sink_abort(sink);
        return err;
    }
    *out = sink;
    return 0;
}

int adl_sink_write(struct adl_sink *sink, const void *bytes, size_t len,
                   struct adl_sink_error *error)
{
    int err = adl_file_write(sink->part.fd, bytes, len);

    if (err < 0) {
        return report(error, err, "write part file for", sink->path);
    }
    sink->size += len;
    if (sink->digest == NULL) {
        return 0;
    }
    err = adl_digest_update(sink->digest, bytes, len);
    return err == 0 ? 0 : report(error, err, "hash", sink->path);
}

int adl_sink_rewind(struct adl_sink *sink, const struct adl_sink_target *target,
                    struct adl_sink_error *error)
{
    int err = 0;

    if (ftruncate(sink->part.fd, 0) < 0 ||
        lseek(sink->part.fd, 0, SEEK_SET) < 0) {
        err = -errno;
    }
    if (err == 0) {
        err = renew_digest(&sink->digest, &target->checks);
    }
    if (err < 0) {
        return report(error, err, "empty part file for", sink->path);
    }
    sink->size = 0;
    return allocate(sink, error);
}

/* Give back room that was allocated and not written to. */
static int trim(const struct adl_sink *sink)
{
    if (sink->room <= sink->size) {
        return 0;
    }
    return ftruncate(sink->part.fd, (off_t)sink->size) == 0 ? 0 : -errno;
}

/* Make the part as it is to appear. */
static int settle(struct adl_sink *sink, const struct adl_sink_target *target,
                  struct adl_sink_error *error)
{
    assert(sink->digest != NULL || adl_checks_kinds(&target->checks) == 0);
    if (sink->digest != NULL) {
        int err = check_digest(sink->digest, target, error);

        if (err < 0) {
            return err;
        }
    }
    int err = trim(sink);
    if (err == 0) {
        err = set_mtime(sink->part.fd, target);
    }
    if (err == 0) {
        err = adl_file_flush(sink->part.fd);
    }
    return err == 0 ? 0
                    : report(error, err, "close part file for", target->path);
}

/* The part is gone afterwards. */
static int name_part(struct adl_sink *sink,
                     const struct adl_sink_target *target,
                     struct adl_sink_error *error)
{
    struct place place = {0};
    int root_fd;
    int aside_fd;

    int err = lend_aside(&root_fd, &aside_fd, sink->dir, target->path, error);
    if (err == 0) {
        err = open_place(&place, sink->dir, root_fd, target->path, error);
    }
    if (err < 0) {
        adl_part_abort(&sink->part);
        return err;
    }
    err = adl_part_commit(&sink->part, place.folder_fd, place.name,
                          target->overwrite);
    close_place(&place);
    return err == 0 ? 0
                    : report(error, err, "rename part file to", target->path);
}

int adl_sink_commit(struct adl_sink *sink, const struct adl_sink_target *target,
                    struct adl_sink_error *error)
{
    int err = settle(sink, target, error);

    if (err < 0) {
        adl_sink_abort(sink);
        return err;
    }
    err = name_part(sink, target, error);
    sink_destroy(sink);
    return err;
}

void adl_sink_abort(struct adl_sink *sink)
{
    if (sink == NULL) {
        return;
    }
    adl_part_abort(&sink->part);
    sink_destroy(sink);
}
