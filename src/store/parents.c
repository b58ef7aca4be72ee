/* SPDX-License-Identifier: MIT */
#include "store/parents.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

static int make_folder(const char *path)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : -errno;
}

int adl_parents_make(const char *path)
{
    char *prefix = strdup(path);

    if (prefix == NULL) {
        return -ENOMEM;
    }
    int err = make_folder(path);
    size_t len = strlen(path);
    size_t cut = len;
    while (err == -ENOENT && cut > 1) { /* down to the first that is there */
        cut--;
        if (prefix[cut] == '/') {
            prefix[cut] = '\0';
            err = make_folder(prefix);
        }
    }
    for (; err == 0 && cut < len; cut++) { /* and up again */
        if (prefix[cut] == '\0') {
            prefix[cut] = '/';
            /* makes what the next '/' that was cut ends, or the whole */
            err = make_folder(prefix);
        }
    }
    free(prefix);
    return err;
}
