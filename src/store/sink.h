/* SPDX-License-Identifier: MIT */
/*
 * A file in the making. It is written aside, in DIR/.asyncdl/, and appears
 * under its own name, at once and whole, when it is committed. All functions
 * block and run on the pool; a sink is used by one thread at a time.
 *
 * The part file's name follows from the file's name alone. It is locked
 * (flock) while in use; a part that another process holds is left alone and
 * another name is taken, one that nobody holds is a leftover and is removed.
 */
#ifndef ADL_STORE_SINK_H
#define ADL_STORE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/digest.h"
#include "store/dir.h"

#define ADL_SINK_ERROR_MAX 400
#define ADL_SINK_NO_TIME   INT64_MIN

/* How a file is to appear. Borrowed for the length of a call. */
struct adl_sink_target {
    const char *path; /* below the directory, safe already (store/name.h) */
    bool overwrite;   /* false: -EEXIST (as ASYNCDL_EEXISTS) where one is */
    int64_t mtime_s;  /* seconds since 1970, or ADL_SINK_NO_TIME */
    struct adl_checks checks;
};

/* What went wrong, in words: "rename part file to a/b.iso: No space ...". */
struct adl_sink_error {
    char text[ADL_SINK_ERROR_MAX]; /* "" while nothing did */
    bool is_damaged; /* of ASYNCDL_ECHECKSUM, see adl_checks_judge() */
};

static inline void adl_sink_error_init(struct adl_sink_error *error)
{
    error->text[0] = '\0'; /* the rest of it need not be touched */
    error->is_damaged = false;
}

/*
 * Save a whole body at once: check, write to a nameless file (O_TMPFILE; a
 * part where the file system has none), link. 0, -errno, ASYNCDL_EEXISTS or
 * ASYNCDL_ECHECKSUM.
 */
int adl_sink_save(struct adl_dir *dir, const struct adl_sink_target *target,
                  const void *bytes, size_t len, struct adl_sink_error *error);

struct adl_sink;

/*
 * Open a part for target->path. size is the expected length, 0 when unknown:
 * from 1 MiB on, the room is allocated at once, and -ENOSPC answered early.
 */
int adl_sink_open(struct adl_sink **out, struct adl_dir *dir,
                  const struct adl_sink_target *target, uint64_t size,
                  struct adl_sink_error *error);

/* Append. 0 or -errno; short writes are carried on. */
int adl_sink_write(struct adl_sink *sink, const void *bytes, size_t len,
                   struct adl_sink_error *error);

/* Empty it and start over, also after a failed write; the target's checks may
 * be others now. 0 or -errno. */
int adl_sink_rewind(struct adl_sink *sink, const struct adl_sink_target *target,
                    struct adl_sink_error *error);

/*
 * Check, and give the file its name. The target's path may differ from the one
 * it was opened with (a name the server gave), and its checks, but not to kinds
 * that were not asked for when the first byte was written.
 ** Frees the sink, also on failure, where the part is removed. 0, -errno,
 * ASYNCDL_EEXISTS or ASYNCDL_ECHECKSUM.
 */
int adl_sink_commit(struct adl_sink *sink, const struct adl_sink_target *target,
                    struct adl_sink_error *error);

/* Remove the part and free the sink. NULL is allowed. */
void adl_sink_abort(struct adl_sink *sink);

#endif
