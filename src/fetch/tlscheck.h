/* SPDX-License-Identifier: MIT */
/* What libcurl would only find at the first connection, and again at each: of
 * the files for TLS, whether they hold what they are for. */
#ifndef ADL_FETCH_TLSCHECK_H
#define ADL_FETCH_TLSCHECK_H

#include "asyncdl/client.h"

/*
 * 0, -EINVAL for what a file or a pinned key lacks, what a file was refused
 * with, or ASYNCDL_EOWNCERT where the key is not that of the certificate or
 * does not open with its password.
 */
int adl_tlscheck(const struct asyncdl_http_options *http);

/* Are there certificates to trust in a file, and nothing else? 0, -EINVAL, or
 * why it could not be read. */
int adl_tlscheck_ca(const char *path);

#endif
