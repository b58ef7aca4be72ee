/* SPDX-License-Identifier: MIT */
#include "cli/limits.h"

#include <sys/resource.h>

/* Each transfer may take a socket and a file: ask for as many as allowed. */
void adl_limits_raise(const struct adl_options *options)
{
    rlim_t n_jobs =
        options->client.max_active > 0 ? options->client.max_active : 128;
    rlim_t wanted = 4 * n_jobs + 64;
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted) {
        return;
    }
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    (void)setrlimit(RLIMIT_NOFILE, &limit); /* fewer descriptors will do */
}
