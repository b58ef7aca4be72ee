/* SPDX-License-Identifier: MIT */
/* A client's options: checked, copied, with every default filled in. */
#ifndef ADL_FETCH_OPTIONS_H
#define ADL_FETCH_OPTIONS_H

#include "asyncdl/client.h"

/*
 * Fill *out from what a caller gave, which may be NULL. Strings and lists are
 * copied; where a default is a string it is set, so dir, name_template,
 * http.protocols and http.user_agent are never NULL. n_retries and
 * max_redirects hold the number itself (0 for none). 0, -EINVAL or -ENOMEM.
 */
int adl_options_copy(struct asyncdl_client_options *out,
                     const struct asyncdl_client_options *given);

void adl_options_finish(struct asyncdl_client_options *options);

#endif
