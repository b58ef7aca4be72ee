/* SPDX-License-Identifier: MIT */
/*
 * A part: a file with a name in DIR/.asyncdl/, locked from open to the end, so
 * that no thread and no other process takes it for its own or for a leftover.
 */
#ifndef ADL_STORE_PART_H
#define ADL_STORE_PART_H

#include <stdbool.h>
#include <stdint.h>

#include "store/digest.h"

#define ADL_PART_NAME_MAX 32

struct adl_part {
    int fd;
    int aside_fd; /* borrowed from the directory */
    char name[ADL_PART_NAME_MAX];
};

/*
 * Make an empty part for path. Its name follows from path; where that is held
 * by another, it gets a number. A leftover of that name is removed. 0, -EBUSY
 * where all numbers are held, or -errno.
 */
int adl_part_open(struct adl_part *out, int aside_fd, const char *path);

/*
 * Take up a part that an earlier run left, to go on with it. -ESTALE for what
 * cannot be: it is gone or held, it is no file of ours, or it may be the second
 * name of a whole file. Or another -errno.
 */
int adl_part_adopt(struct adl_part *out, int aside_fd, const char *name);

/*
 * Keep its first bytes, and stand behind them. They are read once where there
 * is a digest, which they are added to. -ESTALE where there are not as many, or
 * another -errno.
 */
int adl_part_keep(const struct adl_part *part, uint64_t bytes,
                  struct adl_digest *digest);

/* Close it and leave it to a later run. */
void adl_part_leave(struct adl_part *part);

/*
 * Give the part its name in a folder, and close it; it is gone after that,
 * also on failure. 0, -EEXIST, -EISDIR or another -errno.
 */
int adl_part_commit(struct adl_part *part, int folder_fd, const char *name,
                    bool overwrite);

/* Are there any in that folder, held or not? True where it cannot be told. */
bool adl_part_is_any(int aside_fd);

/* Remove a leftover of the name that adl_part_open() would give a part for
 * path, unless another holds it. */
void adl_part_discard(int aside_fd, const char *path);

/* Remove and close it. */
void adl_part_abort(struct adl_part *part);

#endif
