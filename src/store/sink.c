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
#include <sys/stat.h>
#include <unistd.h>

#include "asyncdl/error.h"
#include "store/file.h"
#include "store/nameless.h"
#include "store/part.h"
#include "store/place.h"

#define ALLOCATE_MIN (UINT64_C(1) << 20)

struct adl_sink {
    struct adl_dir *dir; /* borrowed */
    bool is_nameless;    /* part has a descriptor only */
    bool is_in_memory;   /* of a part: its file system has no disk */
    struct adl_part part;
    struct adl_digest *digest; /* NULL where there is nothing to compute */
    char *path;                /* as it was opened, for errors; of a part */
    uint64_t room;             /* allocated, or 0 */
    uint64_t size;             /* written */
};

/* The end of digest. */
static int check_digest(struct adl_digest *digest,
                        const struct adl_sink_target *target,
                        struct adl_sink_error *error)
{
    char why[ADL_SINK_ERROR_MAX];
    struct adl_sums sums;

    int err = adl_digest_finish(digest, &sums);
    if (err < 0) {
        return adl_sink_error_report(error, err, "check", target->path);
    }
    err = adl_checks_judge(&target->checks, &sums, why, sizeof(why),
                           &error->is_damaged);
    if (err < 0) {
        adl_sink_error_explain(error, "check", target->path, why);
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
        err = adl_sink_error_report(error, err, "hash", target->path);
    } else if (digest != NULL) {
        err = check_digest(digest, target, error);
    }
    adl_digest_destroy(digest);
    return err;
}

static void sink_destroy(struct adl_sink *sink)
{
    adl_digest_destroy(sink->digest);
    free(sink->path);
    free(sink);
}

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

/* All but the part, and where that is to be. */
static int prepare(struct adl_sink **out, int *out_aside_fd,
                   struct adl_dir *dir, const struct adl_sink_target *target,
                   struct adl_sink_error *error)
{
    int root_fd;
    int err = adl_place_lend(&root_fd, out_aside_fd, dir, target->path, error);

    if (err < 0) {
        return err;
    }
    err = create(out, dir, target);
    return err == 0
               ? 0
               : adl_sink_error_report(error, err, "prepare", target->path);
}

static int allocate(struct adl_sink *sink, struct adl_sink_error *error)
{
    int err = sink->room > 0 ? adl_file_allocate(sink->part.fd, sink->room) : 0;

    if (err < 0) {
        adl_sink_error_explain(error, "allocate part file for", sink->path,
                               err == ASYNCDL_ETOOBIG
                                   ? "larger than the file system"
                                   : asyncdl_strerror(err));
    }
    return err;
}

int adl_sink_open(struct adl_sink **out, struct adl_dir *dir,
                  const struct adl_sink_target *target, uint64_t size,
                  struct adl_sink_error *error)
{
    struct adl_sink *sink = NULL;
    int aside_fd = -1;

    int err = prepare(&sink, &aside_fd, dir, target, error);
    if (err < 0) {
        return err;
    }
    err = adl_part_open(&sink->part, aside_fd, target->path);
    if (err < 0) {
        sink_destroy(sink);
        return adl_sink_error_report(error, err, "open part file for",
                                     target->path);
    }
    sink->is_in_memory = adl_file_is_in_memory(sink->part.fd);
    sink->room = size >= ALLOCATE_MIN ? size : 0;
    err = allocate(sink, error);
    if (err < 0) {
        adl_sink_abort(sink);
        return err;
    }
    *out = sink;
    return 0;
}

int adl_sink_resume(struct adl_sink **out, struct adl_dir *dir,
                    const struct adl_sink_target *target,
                    const struct adl_sink_rest *rest, uint64_t size,
                    struct adl_sink_error *error)
{
    struct adl_sink *sink = NULL;
    int aside_fd = -1;

    int err = prepare(&sink, &aside_fd, dir, target, error);
    if (err < 0) {
        return err;
    }
    err = adl_part_adopt(&sink->part, aside_fd, rest->part);
    if (err < 0) {
        sink_destroy(sink);
        return adl_sink_error_report(error, err, "take up the part file of",
                                     target->path);
    }
    sink->is_in_memory = adl_file_is_in_memory(sink->part.fd);
    sink->room = size >= ALLOCATE_MIN ? size : 0;
    err = adl_part_keep(&sink->part, rest->bytes, sink->digest);
    if (err == 0) {
        sink->size = rest->bytes;
        err = allocate(sink, error);
    }
    if (err < 0) {
        adl_sink_leave(sink);
        return adl_sink_error_report(error, err, "go on with the part file of",
                                     target->path);
    }
    *out = sink;
    return 0;
}

int adl_sink_write(struct adl_sink *sink, const void *bytes, size_t len,
                   struct adl_sink_error *error)
{
    /* Hashed first: these bytes come from another CPU's cache, and while they
     * are hashed the next ones arrive. */
    int err =
        sink->digest != NULL ? adl_digest_update(sink->digest, bytes, len) : 0;

    if (err < 0) {
        return adl_sink_error_report(error, err, "hash", sink->path);
    }
    err = adl_file_write(sink->part.fd, bytes, len);
    if (err < 0) {
        return adl_sink_error_report(error, err, "write part file for",
                                     sink->path);
    }
    sink->size += len;
    return 0;
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
        return adl_sink_error_report(error, err, "empty part file for",
                                     sink->path);
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

int adl_sink_prepare(struct adl_sink *sink,
                     const struct adl_sink_target *target,
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
        err = adl_target_apply(sink->part.fd, target);
    }
    if (err == 0) {
        err = adl_file_flush(sink->part.fd);
    }
    return err == 0 ? 0
                    : adl_sink_error_report(error, err, "close part file for",
                                            target->path);
}

/* -ENOTSUP, with nothing said, where there are no nameless files. */
static int make_nameless(struct adl_sink **out, struct adl_dir *dir,
                         const struct adl_sink_target *target,
                         const void *bytes, size_t len,
                         struct adl_sink_error *error)
{
    struct adl_sink *sink;
    int root_fd;
    int aside_fd;
    int fd;

    int err = adl_place_lend(&root_fd, &aside_fd, dir, target->path, error);
    if (err == 0) {
        err = adl_nameless_make(&fd, aside_fd, target, bytes, len, error);
    }
    if (err < 0) {
        return err;
    }
    sink = calloc(1, sizeof(*sink));
    if (sink == NULL) {
        (void)close(fd); /* and it is gone */
        return adl_sink_error_report(error, -ENOMEM, "make", target->path);
    }
    sink->dir = dir;
    sink->is_nameless = true;
    sink->part.fd = fd;
    sink->size = len;
    *out = sink;
    return 0;
}

static int make_part(struct adl_sink **out, struct adl_dir *dir,
                     const struct adl_sink_target *target, const void *bytes,
                     size_t len, struct adl_sink_error *error)
{
    struct adl_sink *sink;

    int err = adl_sink_open(&sink, dir, target, 0, error);
    if (err < 0) {
        return err;
    }
    err = adl_sink_write(sink, bytes, len, error);
    if (err == 0) {
        err = adl_sink_prepare(sink, target, error);
    }
    if (err < 0) {
        adl_sink_abort(sink);
        return err;
    }
    *out = sink;
    return 0;
}

int adl_sink_make(struct adl_sink **out, struct adl_dir *dir,
                  const struct adl_sink_target *target, const void *bytes,
                  size_t len, struct adl_sink_error *error)
{
    struct adl_sink_target checked = *target;

    int err = check_bytes(target, bytes, len, error);
    if (err < 0) {
        return err;
    }
    checked.checks = (struct adl_checks){.sha256 = NULL};
    err = -ENOTSUP;
    if (!target->overwrite) {
        err = make_nameless(out, dir, &checked, bytes, len, error);
    }
    return err == -ENOTSUP ? make_part(out, dir, &checked, bytes, len, error)
                           : err;
}

int adl_sink_get_facts(const struct adl_sink *sink, struct adl_sink_facts *out)
{
    struct stat info;

    if (fstat(sink->part.fd, &info) < 0) {
        return -errno;
    }
    *out = (struct adl_sink_facts){
        .size = (uint64_t)info.st_size,
        .mtime_ns = adl_file_get_mtime_ns(&info),
    };
    memcpy(out->part, sink->part.name, sizeof(out->part));
    return 0;
}

/* The part is gone afterwards. */
static int name_part(struct adl_sink *sink, const struct adl_place *place,
                     const struct adl_sink_target *target,
                     struct adl_sink_error *error)
{
    int err = adl_part_commit(&sink->part, place->folder_fd, place->name,
                              target->overwrite);

    return err == 0 ? 0
                    : adl_sink_error_report(error, err, "rename part file to",
                                            target->path);
}

static void drop_file(struct adl_sink *sink)
{
    if (sink->is_nameless) {
        (void)close(sink->part.fd); /* and it is gone */
    } else {
        adl_part_abort(&sink->part);
    }
}

/* The file is ours no more afterwards. */
static int give_name(struct adl_sink *sink, const struct adl_place *place,
                     int aside_fd, const struct adl_sink_target *target,
                     struct adl_sink_error *error)
{
    struct adl_part part;
    int err = -ENOTSUP;

    if (sink->is_nameless) {
        err = adl_nameless_link(sink->part.fd, place, target, error);
        if (err != -ENOTSUP) {
            return err;
        }
        err = adl_nameless_become_part(&part, sink->part.fd, aside_fd, target,
                                       error);
        if (err < 0) {
            return err;
        }
        sink->part = part;
        sink->is_nameless = false;
    }
    return name_part(sink, place, target, error);
}

int adl_sink_commit(struct adl_sink *sink, const struct adl_sink_target *target,
                    struct adl_sink_error *error)
{
    struct adl_place place = {0};
    int root_fd;
    int aside_fd;

    int err =
        adl_place_lend(&root_fd, &aside_fd, sink->dir, target->path, error);
    if (err == 0) {
        err = adl_place_open(&place, sink->dir, root_fd, target->path, error);
    }
    if (err < 0) {
        drop_file(sink);
        sink_destroy(sink);
        return err;
    }
    err = give_name(sink, &place, aside_fd, target, error);
    if (err == 0 && target->is_durable && fsync(place.folder_fd) < 0) {
        err = adl_sink_error_report(error, -errno, "sync the folder of",
                                    target->path);
        error->is_named = true;
    }
    adl_place_close(&place);
    sink_destroy(sink);
    return err;
}

void adl_sink_leave(struct adl_sink *sink)
{
    adl_part_leave(&sink->part);
    sink_destroy(sink);
}

const char *adl_sink_get_part(const struct adl_sink *sink)
{
    return sink->part.name;
}

uint64_t adl_sink_get_size(const struct adl_sink *sink)
{
    return sink->size;
}

bool adl_sink_is_quick(const struct adl_sink *sink)
{
    return sink->is_in_memory && sink->digest == NULL;
}

void adl_sink_abort(struct adl_sink *sink)
{
    if (sink == NULL) {
        return;
    }
    drop_file(sink);
    sink_destroy(sink);
}
