/* SPDX-License-Identifier: MIT */
#include "asyncdl/error.h"

#include <errno.h>
#include <stddef.h>

#include <uv.h>

struct entry {
    int err;
    const char *name;
    const char *text;
};

static const struct entry entries[] = {
    {ASYNCDL_EHTTP, "EHTTP", "the server answered with an error"},
    {ASYNCDL_EURL, "EURL", "not a URL that can be fetched"},
    {ASYNCDL_ESCHEME, "ESCHEME", "scheme not allowed"},
    {ASYNCDL_ERESOLVE, "ERESOLVE", "host name not found"},
    {ASYNCDL_ECONNECT, "ECONNECT", "connection refused or host unreachable"},
    {ASYNCDL_ECONNTIMEOUT, "ECONNTIMEOUT", "not connected in time"},
    {ASYNCDL_ETLS, "ETLS", "TLS handshake failed"},
    {ASYNCDL_ECERT, "ECERT", "certificate not trusted"},
    {ASYNCDL_EPINNED, "EPINNED", "not the public key that was pinned"},
    {ASYNCDL_EOWNCERT, "EOWNCERT", "no client certificate that will do"},
    {ASYNCDL_EPROXY, "EPROXY", "the proxy refused or failed"},
    {ASYNCDL_ERESET, "ERESET", "connection broke"},
    {ASYNCDL_ECUT, "ECUT", "body ended before its length"},
    {ASYNCDL_ESTALL, "ESTALL", "no byte within the stall timeout"},
    {ASYNCDL_EMAXTIME, "EMAXTIME", "took longer than allowed"},
    {ASYNCDL_EPROTOCOL, "EPROTOCOL", "answer is not valid HTTP"},
    {ASYNCDL_EHEADERS, "EHEADERS", "headers too large or too many"},
    {ASYNCDL_ETOOBIG, "ETOOBIG", "body larger than allowed"},
    {ASYNCDL_EENCODING, "EENCODING", "content encoding broken"},
    {ASYNCDL_EREDIRECT, "EREDIRECT", "redirect to a refused target"},
    {ASYNCDL_EREDIRECTS, "EREDIRECTS", "too many redirects"},
    {ASYNCDL_ERANGE, "ERANGE", "wrong answer to a range request"},
    {ASYNCDL_ECHECKSUM, "ECHECKSUM", "body differs from its checksum"},
    {ASYNCDL_EEXISTS, "EEXISTS", "a file of that name is there already"},
    {ASYNCDL_EHELD, "EHELD", "host asks for too long a quiet"},
    {ASYNCDL_ENOTBUILT, "ENOTBUILT", "not in this build or its libcurl"},
    {ASYNCDL_EINWAY, "EINWAY", "a file, link or folder is in the way"},
    {ASYNCDL_EINUSE, "EINUSE", "another run works in that folder"},
    {ASYNCDL_EJOURNAL, "EJOURNAL", "the journal is damaged, or is none"},
    {ASYNCDL_EJOURNALNEW, "EJOURNALNEW", "the journal is of a newer asyncdl"},
    {ASYNCDL_ECHANGED, "ECHANGED", "its file was changed since it was saved"},
    {ASYNCDL_ECLOSED, "ECLOSED", "closed: takes nothing any more"},
    {ASYNCDL_EDIED, "EDIED", "the worker died in the task"},
    {ASYNCDL_ETASKTIME, "ETASKTIME", "task ran longer than allowed"},
    {ASYNCDL_ERESULT, "ERESULT", "result larger than allowed"},
    {ASYNCDL_EFRAME, "EFRAME", "a helper sent what makes no sense"},
    {ASYNCDL_ENOHOOK, "ENOHOOK", "asyncdl_main_hook() was never called"},
    {ASYNCDL_ENOFUNC, "ENOFUNC", "function that no helper can find"},
    {ASYNCDL_EOWNERDIED, "EOWNERDIED", "the last holder of the lock died"},
    /* of pools, for which libuv has no words, or those of sockets */
    {-EDEADLK, "EDEADLK", "would wait for itself"},
    {-EALREADY, "EALREADY", "done already"},
    {-ENOTSUP, "ENOTSUP", "not supported here"},
    /* disks' own, which libuv does not know */
    {-EDQUOT, "EDQUOT", "disk quota exceeded"},
    {-ESTALE, "ESTALE", "stale file handle"},
    {-EUCLEAN, "EUCLEAN", "the file system is damaged"},
};

static const struct entry *find(int err)
{
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        if (entries[i].err == err) {
            return &entries[i];
        }
    }
    return NULL;
}

/* libuv answers unknown codes with a string it leaks: keep it from that. */
static const char *find_uv_name(int err)
{
#define UV_CASE(name, text) \
    case UV_##name:         \
        return #name;
    switch (err) {
        UV_ERRNO_MAP(UV_CASE)
    default:
        return NULL;
    }
#undef UV_CASE
}

const char *asyncdl_strerror(int err)
{
    const struct entry *entry = find(err);

    if (entry != NULL) {
        return entry->text;
    }
    if (err == 0) {
        return "no error";
    }
    return find_uv_name(err) != NULL ? uv_strerror(err) : "unknown error";
}

const char *asyncdl_err_name(int err)
{
    const struct entry *entry = find(err);
    const char *name = entry != NULL ? entry->name : find_uv_name(err);

    if (err == 0) {
        return "OK";
    }
    return name != NULL ? name : "UNKNOWN";
}
