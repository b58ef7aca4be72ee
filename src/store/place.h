/* SPDX-License-Identifier: MIT */
/* The folder that a file is to appear in. */
#ifndef ADL_STORE_PLACE_H
#define ADL_STORE_PLACE_H

#include <stdbool.h>

#include "store/dir.h"
#include "store/sink_error.h"

struct adl_place {
    int folder_fd;
    bool is_owned; /* else it is the directory itself, which is lent */
    const char *name;
};

/* As adl_dir_lend(), for a file at path. */
int adl_place_lend(int *out_root_fd, int *out_aside_fd, struct adl_dir *dir,
                   const char *path, struct adl_sink_error *error);

/*
 * Open the folder of path, making what is missing; one right in the directory,
 * the common case, is root_fd. Points into path. 0 or as adl_dir_open_parent().
 */
int adl_place_open(struct adl_place *out, struct adl_dir *dir, int root_fd,
                   const char *path, struct adl_sink_error *error);

void adl_place_close(const struct adl_place *place);

#endif
