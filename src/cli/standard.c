/* SPDX-License-Identifier: MIT */
#include "cli/standard.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int adl_standard_occupy(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int mode = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;

        if (fcntl(fd, F_GETFD) >= 0) {
            continue;
        }
        if (open("/dev/null", mode) < 0) { /* it gets the lowest number: fd */
            return -errno;
        }
    }
    return 0;
}
