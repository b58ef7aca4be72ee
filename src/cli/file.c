/* SPDX-License-Identifier: MIT */
#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int read_all(struct adl_buf *buf, int fd)
{
    char chunk[4096];
    size_t n_read = 0;

    for (;;) {
        ssize_t n = read(fd, chunk, sizeof(chunk));

        if (n == 0) {
            return 0;
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -errno;
        }
        n_read += (size_t)n;
        if (n_read > ADL_FILE_MAX) {
            return -EFBIG;
        }
        int err = adl_buf_add(buf, chunk, (size_t)n);
        if (err < 0) {
            return err;
        }
    }
}

int adl_file_read(struct adl_buf *buf, const char *path)
{
    if (strcmp(path, "-") == 0) {
        return read_all(buf, STDIN_FILENO);
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    int err = read_all(buf, fd);
    (void)close(fd); /* was only read */
    return err;
}
