/* SPDX-License-Identifier: MIT */
#include "fetch/filecheck.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/strings.h"

int adl_filecheck_read(const char *path, bool may_be_pipe, mode_t *out_mode)
{
    struct stat st;

    if (access(path, R_OK) < 0 || stat(path, &st) < 0) {
        return -errno;
    }
    *out_mode = st.st_mode;
    if (S_ISDIR(st.st_mode)) {
        return -EISDIR;
    }
    return S_ISFIFO(st.st_mode) && !may_be_pipe ? -EINVAL : 0;
}

static int check_folder(const char *path)
{
    struct stat st;

    if (access(path, R_OK) < 0 || stat(path, &st) < 0) {
        return -errno;
    }
    return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int adl_filecheck_folders(const char *paths)
{
    const char *next = paths;
    int first_err = 0;

    while (next != NULL) {
        size_t len = strcspn(next, ":");
        char *path = strndup(next, len);
        int err = path != NULL ? check_folder(path) : -ENOMEM;

        free(path);
        if (err == 0) {
            return 0;
        }
        first_err = first_err == 0 ? err : first_err;
        next = next[len] == ':' ? next + len + 1 : NULL;
    }
    return first_err;
}

int adl_filecheck_write(const char *path)
{
    struct stat st;
    int err = 0;

    if (path == NULL || strcmp(path, "-") == 0) {
        return 0;
    }
    if (stat(path, &st) == 0) {
        err = access(path, W_OK) < 0 ? -errno : 0;
        return S_ISDIR(st.st_mode) ? -EISDIR : err;
    }
    const char *slash = strrchr(path, '/');
    char *folder = NULL;
    err = adl_string_copy(&folder, slash == NULL ? "." : path);
    if (err < 0) {
        return err;
    }
    if (slash != NULL) {
        folder[slash - path + 1] = '\0'; /* with its slash: "/jar" has one */
    }
    err = access(folder, W_OK) < 0 ? -errno : 0;
    free(folder);
    return err;
}

int adl_filecheck_socket(const char *path)
{
    static const struct sockaddr_un address;

    if (path == NULL) {
        return 0;
    }
    if (strlen(path) >= sizeof(address.sun_path)) {
        return -ENAMETOOLONG;
    }
    return access(path, W_OK) < 0 ? -errno : 0;
}
