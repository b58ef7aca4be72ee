/* SPDX-License-Identifier: MIT */
/*
 * What libcurl takes without a look and then fails each request for, or
 * ignores: files that are not there or hold no certificate, keys and proxies of
 * the wrong form.
 */
#ifndef ADL_FETCH_HTTPCHECK_H
#define ADL_FETCH_HTTPCHECK_H

#include "asyncdl/client.h"

/* 0, -EINVAL for a wrong form, what a file was refused with, or
 * ASYNCDL_EOWNCERT (tlscheck.h). */
int adl_httpcheck(const struct asyncdl_http_options *http);

#endif
