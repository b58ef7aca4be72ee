/* SPDX-License-Identifier: MIT */
/* Whether a line of a list holds a URL, before anybody tries it. */
#ifndef ADL_CLI_URL_H
#define ADL_CLI_URL_H

#include "util/buf.h"

/*
 * Check a URL. protocols are the schemes it may have, parted by commas; NULL
 * means http and https. 0; -EINVAL with why in words appended to why; -ENOMEM.
 */
int adl_url_check(const char *url, size_t len, const char *protocols,
                  struct adl_buf *why);

/*
 * Find the host of a URL: *out points into url. Returns its length, 0 where
 * there is none.
 */
size_t adl_url_get_host(const char **out, const char *url);

#endif
