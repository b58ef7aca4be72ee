/* SPDX-License-Identifier: MIT */
#include "cli/folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Make each that is missing, from the front. 0 or -errno. */
static int make_parts(struct adl_folder *folder)
{
    size_t end = 0;
    int err = 0;

    while (err == 0) {
        size_t start = end + strspn(folder->path + end, "/");

        end = start + strcspn(folder->path + start, "/");
        if (end == start) {
            break; /* slashes end it */
        }
        char after = folder->path[end];
        folder->path[end] = '\0';
        if (mkdir(folder->path, 0777) < 0) {
            err = errno == EEXIST ? 0 : -errno;
            folder->len_old = err == 0 ? end : folder->len_old;
        }
        folder->path[end] = after;
    }
    return err;
}

int adl_folder_make(struct adl_folder *folder, const char *path)
{
    *folder = (struct adl_folder){.path = strdup(path)};
    if (folder->path == NULL) {
        return -ENOMEM;
    }
    int err = make_parts(folder);
    if (err < 0) {
        adl_folder_unmake(folder);
    }
    return err;
}

void adl_folder_unmake(struct adl_folder *folder)
{
    size_t len = folder->path != NULL ? strlen(folder->path) : 0;

    while (len > folder->len_old) {
        folder->path[len] = '\0';
        if (folder->path[len - 1] != '/') {
            (void)rmdir(folder->path); /* best effort: it is empty */
        }
        while (len > folder->len_old && folder->path[len - 1] != '/') {
            len--;
        }
        while (len > folder->len_old && folder->path[len - 1] == '/') {
            len--;
        }
    }
    adl_folder_finish(folder);
}

void adl_folder_finish(struct adl_folder *folder)
{
    free(folder->path);
    *folder = (struct adl_folder){.path = NULL};
}
