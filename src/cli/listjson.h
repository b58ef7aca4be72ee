/* SPDX-License-Identifier: MIT */
/* A line of a list that is a JSON object. */
#ifndef ADL_CLI_LISTJSON_H
#define ADL_CLI_LISTJSON_H

#include "cli/entry.h"

/* What an object is read into. All is borrowed. */
struct adl_listjson {
    struct adl_entry *entry;     /* empty before */
    const char *protocols;       /* as for adl_url_check() */
    struct adl_strlist *unknown; /* gets keys that nothing is done about */
    struct adl_buf *why;         /* gets what is wrong */
};

/* Read an object. 0; -EINVAL with what is wrong in why; -ENOMEM. */
int adl_listjson_read(const struct adl_listjson *json, const char *text,
                      size_t len);

#endif
