/* SPDX-License-Identifier: MIT */
/*
 * A file that appears at its end, whole, in place of the one that is there.
 *
 *     adl_aside_open(&aside, "FILE", &options);
 *     adl_buf_add_str(&aside.text, ...); adl_aside_added(&aside);   (often)
 *     adl_aside_commit(&aside, ADL_ASIDE_SYNC);     or adl_aside_abort(&aside);
 *
 * Until then it is written in the folder of FILE without a name, so that
 * nothing of it stays whatever ends the program. Only one that replaces another
 * has a name of its own (.asyncdl-aside.NUMBER) for the moment before that, and
 * from the start where the file system knows no files without names: what ends
 * the program then leaves it behind.
 */
#ifndef ADL_CLI_ASIDE_H
#define ADL_CLI_ASIDE_H

#include <stdbool.h>

#include <sys/types.h>

#include "util/buf.h"

struct adl_aside {
    char *path;          /* of FILE, links followed; NULL: not open */
    char *name;          /* its own until then; NULL: it has none */
    int fd;              /* of what is written */
    bool is_in_place;    /* FILE is a pipe, a device: written as it comes */
    struct adl_buf text; /* not written yet */
    int err;             /* the first of keeping or writing it */
};

struct adl_aside_options {
    mode_t mode;        /* of a new file; the umask applies */
    bool takes_devices; /* FILE need not be a regular file */
};

enum adl_aside_end {
    ADL_ASIDE_SYNC, /* have it on the disk before it takes FILE's place */
    ADL_ASIDE_FAST, /* no waiting for the disk */
};

/*
 * Make sure that FILE can be written, without touching it. 0, -ENOMEM or
 * -errno; -EINVAL for what is no regular file.
 */
int adl_aside_open(struct adl_aside *aside, const char *path,
                   const struct adl_aside_options *options);

/*
 * Would it open, as far as can be seen without writing anything? dir is a
 * folder that would be made before, or NULL.
 */
int adl_aside_check(const char *path, const char *dir,
                    const struct adl_aside_options *options);

static inline bool adl_aside_is_open(const struct adl_aside *aside)
{
    return aside->path != NULL;
}

/* Is the folder missing that FILE would be in? */
bool adl_aside_lacks_folder(const char *path);

/* Text was added, which may be written now. */
void adl_aside_added(struct adl_aside *aside);

/* Something of it was lost: err, if negative and the first, is what commit will
 * answer. */
void adl_aside_note(struct adl_aside *aside, int err);

/*
 * Have all that was added arrive, or know that it does not. 0 or the first
 * error, which is what commit will answer. One that is not open is allowed.
 */
int adl_aside_settle(struct adl_aside *aside, enum adl_aside_end end);

/*
 * Put it in FILE's place, and close it. 0 or the first error; then FILE stays
 * as it was. One that is not open is allowed.
 */
int adl_aside_commit(struct adl_aside *aside, enum adl_aside_end end);

/* FILE stays as it was. Closes it; one that is not open is allowed. */
void adl_aside_abort(struct adl_aside *aside);

#endif
