/* SPDX-License-Identifier: MIT */
#include "beside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int beside_find(char *out, size_t cap, const char *relative)
{
    char self[4096];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

    if (len < 0) {
        return -errno;
    }
    self[len] = '\0';
    char *slash = strrchr(self, '/');

    if (slash == NULL) {
        return -ENOENT;
    }
    *slash = '\0';
    int n = snprintf(out, cap, "%s/%s", self, relative);

    if (n < 0 || (size_t)n >= cap) {
        return -ENAMETOOLONG;
    }
    return access(out, F_OK) == 0 ? 0 : -errno;
}
