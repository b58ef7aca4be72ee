/* SPDX-License-Identifier: MIT */
#include "cli/request.h"

struct asyncdl_request adl_request_make(const struct adl_entry *entry,
                                        const struct adl_options *options)
{
    struct asyncdl_request request = ASYNCDL_REQUEST_INIT;

    request.url = entry->urls.items[0];
    request.mirrors =
        entry->urls.n > 1 ? (const char *const *)entry->urls.items + 1 : NULL;
    request.body =
        options->is_discarding ? ASYNCDL_BODY_DISCARD : ASYNCDL_BODY_FILE;
    request.flags = options->is_overwriting ? ASYNCDL_REQUEST_OVERWRITE : 0;
    request.dir = entry->dir;
    request.name = entry->out;
    request.index = entry->index;
    request.checksum = entry->checksum;
    request.headers = adl_strlist_get(&entry->headers);
    request.referer = entry->referer;
    request.user_agent = entry->user_agent;
    return request;
}
