/* SPDX-License-Identifier: MIT */
/* A folder that is made with its parents, and can be taken back. */
#ifndef ADL_CLI_FOLDER_H
#define ADL_CLI_FOLDER_H

#include <stddef.h>

struct adl_folder {
    char *path;     /* NULL: nothing was made */
    size_t len_old; /* of the part that was there before */
};

/* As mkdir -p. Zero is a folder to begin with. 0, -ENOMEM or -errno, with
 * nothing left behind. */
int adl_folder_make(struct adl_folder *folder, const char *path);

/* Remove again what was made, as far as it is empty, and forget it. Of a path
 * with "." or ".." in it, only what is behind that. */
void adl_folder_unmake(struct adl_folder *folder);

/* Forget it: it stays. */
void adl_folder_finish(struct adl_folder *folder);

#endif
