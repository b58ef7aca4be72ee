/* SPDX-License-Identifier: MIT */
/* URLs as they may be shown: without what opens doors. */
#ifndef ADL_UTIL_REDACT_H
#define ADL_UTIL_REDACT_H

#include "util/buf.h"

/*
 * Write url to buf, replacing what it held: user name and password are cut
 * out ("http://u:p@h/" becomes "http://h/"), the values of query parameters
 * that sign, authorise or authenticate (X-Amz-Signature, sig, token, key,
 * password, ... whatever their case, encoded or not) become "***", as do values
 * that are encoded URLs with such parts, and all that follows such a name in
 * JSON; control bytes become "?".
 * 0 or -ENOMEM.
 */
int adl_redact_url(struct adl_buf *buf, const char *url);

#endif
