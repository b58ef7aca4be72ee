/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include <stdlib.h>

void adl_options_init(struct adl_options *options)
{
    *options = (struct adl_options){.client = ASYNCDL_CLIENT_OPTIONS_INIT};
    options->client.flags = ASYNCDL_CLIENT_REMOTE_TIME;
    options->keeps_journal = true;
    options->fsync = ASYNCDL_FSYNC_BATCH;
}

void adl_options_finish(struct adl_options *options)
{
    adl_strlist_finish(&options->headers);
    adl_strlist_finish(&options->resolve);
    adl_strlist_finish(&options->connect_to);
    adl_strlist_finish(&options->operands);
    adl_strlist_finish(&options->strings);
    free(options->given);
    *options = (struct adl_options){0};
}

const char *adl_options_keep(struct adl_options *options, const char *str)
{
    if (adl_strlist_add(&options->strings, str) < 0) {
        return NULL;
    }
    return options->strings.items[options->strings.n - 1];
}

static enum asyncdl_journal_mode choose_journal(
    const struct adl_options *options)
{
    if (!options->keeps_journal || options->is_discarding) {
        return ASYNCDL_JOURNAL_NONE;
    }
    return options->restarts ? ASYNCDL_JOURNAL_RESTART : ASYNCDL_JOURNAL_KEEP;
}

void adl_options_get_client(struct asyncdl_client_options *out,
                            const struct adl_options *options)
{
    *out = options->client;
    out->http.headers = adl_strlist_get(&options->headers);
    out->http.resolve = adl_strlist_get(&options->resolve);
    out->http.connect_to = adl_strlist_get(&options->connect_to);
    out->http.version = (enum asyncdl_http_version)options->http_version;
    out->http.ip_version = (enum asyncdl_ip_version)options->ip_version;
    out->http.tls_min = (enum asyncdl_tls_version)options->tls_min;
    out->fsync = (enum asyncdl_fsync)options->fsync;
    out->journal = choose_journal(options);
    if (!options->is_discarding) {
        out->flags |= ASYNCDL_CLIENT_ALONE;
    }
    if (options->is_dry) {
        out->flags |= ASYNCDL_CLIENT_PLAN;
    }
    bool tells_hashes = options->manifest != NULL || options->wants_json;
    if (tells_hashes && !options->is_dry) {
        out->flags |= ASYNCDL_CLIENT_SHA256;
    }
}
