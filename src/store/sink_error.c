/* SPDX-License-Identifier: MIT */
#include "store/sink_error.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "asyncdl/error.h"

void adl_sink_error_explain(struct adl_sink_error *error, const char *what,
                            const char *path, const char *why)
{
    size_t room = sizeof(error->text) - 1;
    size_t taken = strlen(what) + strlen(why) + sizeof(" : ") - 1;
    size_t left = taken < room ? room - taken : 0;
    size_t len = strlen(path);
    bool is_cut = len > left && left > 3;

    if (is_cut) {
        len = left - 3;
        while (len > 0 && ((unsigned char)path[len] & 0xC0) == 0x80) {
            len--; /* not inside a UTF-8 sequence */
        }
    }
    (void)snprintf(error->text, sizeof(error->text), "%s %.*s%s: %s", what,
                   (int)len, path, is_cut ? "..." : "", why);
}

int adl_sink_error_report(struct adl_sink_error *error, int err,
                          const char *what, const char *path)
{
    if (err == -EEXIST) {
        err = ASYNCDL_EEXISTS;
    }
    if (err == -EISDIR) {
        adl_sink_error_explain(error, what, path, "a folder has that name");
        return ASYNCDL_EINWAY;
    }
    adl_sink_error_explain(error, what, path, asyncdl_strerror(err));
    return err;
}
