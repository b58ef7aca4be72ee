/* SPDX-License-Identifier: MIT */
/*
 * A file in the making. It is written aside, in DIR/.asyncdl/, and appears
 * under its own name, at once and whole, when it is committed. All functions
 * block and run on the pool, unless they say otherwise; a sink is used by one
 * thread at a time.
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
#include "store/part.h"
#include "store/sink_error.h"
#include "store/target.h"

/* A file that waits for its name. */
struct adl_sink_facts {
    uint64_t size;
    int64_t mtime_ns;             /* since 1970 */
    char part[ADL_PART_NAME_MAX]; /* in DIR/.asyncdl/; "": it has no name */
};

struct adl_sink;

/*
 * Put a whole body into a file: check it, and write it to a nameless one
 * (O_TMPFILE; a part where it replaces a file, or the file system has none).
 * It is ready to be committed. 0, -errno or ASYNCDL_ECHECKSUM.
 */
int adl_sink_make(struct adl_sink **out, struct adl_dir *dir,
                  const struct adl_sink_target *target, const void *bytes,
                  size_t len, struct adl_sink_error *error);

/*
 * Open a part for target->path. size is the expected length, 0 when unknown:
 * from 1 MiB on, the room is allocated at once, and -ENOSPC answered early.
 */
int adl_sink_open(struct adl_sink **out, struct adl_dir *dir,
                  const struct adl_sink_target *target, uint64_t size,
                  struct adl_sink_error *error);

/*
 * Open a part that an earlier run left, and keep its first bytes. They are read
 * once where they are to be hashed. size as above. -ESTALE where it is not as
 * it was left, or another -errno.
 */
struct adl_sink_rest {
    const char *part;
    uint64_t bytes;
};
int adl_sink_resume(struct adl_sink **out, struct adl_dir *dir,
                    const struct adl_sink_target *target,
                    const struct adl_sink_rest *rest, uint64_t size,
                    struct adl_sink_error *error);

/* Append. 0 or -errno; short writes are carried on. Of a sink that is quick it
 * does not block. */
int adl_sink_write(struct adl_sink *sink, const void *bytes, size_t len,
                   struct adl_sink_error *error);

/* Empty it and start over, also after a failed write; the target's checks may
 * be others now. 0 or -errno. */
int adl_sink_rewind(struct adl_sink *sink, const struct adl_sink_target *target,
                    struct adl_sink_error *error);

/*
 * The body is whole: check it, and make the part ready to be committed. The
 * target's checks may differ from those it was opened with, but not in kinds
 * that were not asked for when the first byte was written. 0, -errno or
 * ASYNCDL_ECHECKSUM; then what it holds may not be what was written: abort it.
 */
int adl_sink_prepare(struct adl_sink *sink,
                     const struct adl_sink_target *target,
                     struct adl_sink_error *error);

/* Of a sink that is ready. 0 or -errno. */
int adl_sink_get_facts(const struct adl_sink *sink, struct adl_sink_facts *out);

/*
 * Give a file that is ready its name, which may differ from the one it was
 * opened with (a name the server gave). Frees the sink, also on failure, where
 * the part is removed. 0, -errno, ASYNCDL_EEXISTS or ASYNCDL_EINWAY. Where only
 * the name could not be made to last, error->is_named says that there is one.
 */
int adl_sink_commit(struct adl_sink *sink, const struct adl_sink_target *target,
                    struct adl_sink_error *error);

/* Leave the part to a later run and free the sink. */
void adl_sink_leave(struct adl_sink *sink);

/* Is to append no more than a copy in memory: there is no disk, and nothing to
 * hash? Does not block. */
bool adl_sink_is_quick(const struct adl_sink *sink);

/* The part's name in DIR/.asyncdl/, and how much of the body it holds. */
const char *adl_sink_get_part(const struct adl_sink *sink);
uint64_t adl_sink_get_size(const struct adl_sink *sink);

/* Remove the part and free the sink. NULL is allowed. */
void adl_sink_abort(struct adl_sink *sink);

#endif
