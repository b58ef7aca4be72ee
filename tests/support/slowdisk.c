/* SPDX-License-Identifier: MIT */
/*
 * A disk that does not answer, for LD_PRELOAD: whatever gives a file its name
 * says "held" on standard output and waits for ever.
 */
#include <unistd.h>

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags);

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
    (void)from_fd;
    (void)from;
    (void)to_fd;
    (void)to;
    (void)flags;
    (void)!write(STDOUT_FILENO, "held\n", 5); /* the test waits for it */
    for (;;) {
        (void)pause(); /* signals are for others */
    }
}
