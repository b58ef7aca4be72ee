/* SPDX-License-Identifier: MIT */
/* Run a program, take what it writes, and learn what it used. */
#ifndef COMPARE_CAPTURE_H
#define COMPARE_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

struct captured {
    char *data; /* from malloc(), with a NUL after it; or NULL */
    size_t len;
    int status; /* as wait() has it */
    uint64_t wall_ns;
    uint64_t cpu_ns;     /* of it and of the children it has waited for */
    uint64_t peak_bytes; /* of the largest of them */
};

/*
 * Run argv, looked up in PATH, until it ends, and take all that it writes to
 * its descriptor fd. It reads the file input, or what we do for NULL, and dies
 * with this program. 0, with data to be freed, or -errno; -ETIMEDOUT when it is
 * silent for ten minutes, and killed.
 */
int capture_run(struct captured *out, const char *const *argv, int fd,
                const char *input);

/* What is wrong with a status, such as "signal 9", or NULL. */
const char *capture_complain(char *text, size_t cap, int status);

#endif
