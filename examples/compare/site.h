/* SPDX-License-Identifier: MIT */
/* asyncdl-site, started and stopped by the demo itself. */
#ifndef COMPARE_SITE_H
#define COMPARE_SITE_H

#include <stddef.h>
#include <sys/types.h>

#include "urls.h"

struct site {
    pid_t pid; /* 0: not running */
    unsigned http_port;
    unsigned https_port;
    char dir[64];     /* holds its certificate */
    char ca_file[96]; /* PEM, inside of dir */
};

struct site_options {
    const char *program;     /* NULL: where the build put it, else in PATH */
    const struct urls *urls; /* its certificate is good for their hosts */
    unsigned latency_ms;
};

/* 0, or -errno with one line in text. Stop it with site_stop(). */
int site_start(struct site *out, const struct site_options *options, char *text,
               size_t cap);

/* End it, and remove what it has made. Zero is allowed. */
void site_stop(struct site *site);

#endif
