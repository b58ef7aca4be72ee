/* SPDX-License-Identifier: MIT */
#include "util/fds.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

/* Assumed where the system does not tell. */
#define N_OPEN_ASSUMED 32

static size_t count_open(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t n = 0;

    if (dir == NULL) {
        return N_OPEN_ASSUMED;
    }
    for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        n += e->d_name[0] != '.' ? 1 : 0;
    }
    (void)closedir(dir); /* it was only read */
    return n - 1;        /* the one that read it */
}

size_t adl_fds_n_free(void)
{
    struct rlimit limit;
    size_t n_open = count_open();

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
        limit.rlim_cur == RLIM_INFINITY) {
        return SIZE_MAX / 2;
    }
    return limit.rlim_cur > n_open ? (size_t)limit.rlim_cur - n_open : 1;
}

void adl_fds_make_room(int fd, size_t n)
{
    size_t last = count_open() + n;
    int high = last < INT_MAX ? fcntl(fd, F_DUPFD_CLOEXEC, (int)last - 1) : -1;

    if (high >= 0) {
        (void)close(high); /* the same is open under its first number */
    }
}
