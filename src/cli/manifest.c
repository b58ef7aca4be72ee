/* SPDX-License-Identifier: MIT */
#include "cli/manifest.h"

#include <errno.h>
#include <string.h>

/* How it writes what a line cannot hold; NULL: as it is. */
static const char *escape(char c)
{
    switch (c) {
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    default:
        return NULL;
    }
}

int adl_manifest_add_line(struct adl_buf *buf, const char *sha256,
                          const char *path)
{
    bool is_escaped = strpbrk(path, "\\\n\r") != NULL;
    int err = adl_buf_addf(buf, "%s%s  ", is_escaped ? "\\" : "", sha256);

    for (const char *c = path; *c != '\0' && err == 0; c++) {
        const char *escaped = escape(*c);

        err = escaped != NULL ? adl_buf_add_str(buf, escaped)
                              : adl_buf_add(buf, c, 1);
    }
    return err == 0 ? adl_buf_add_str(buf, "\n") : err;
}

static const struct adl_aside_options aside_options = {
    .mode = 0666,
    .takes_devices = true,
};

int adl_manifest_open(struct adl_manifest *manifest, const char *path)
{
    return adl_aside_open(&manifest->aside, path, &aside_options);
}

void adl_manifest_on_event(const struct asyncdl_event *event, void *data)
{
    struct adl_manifest *manifest = data;
    const struct asyncdl_result *result = event->result;

    if (event->type != ASYNCDL_EVENT_DONE || result->state == ASYNCDL_FAILED ||
        result->sha256 == NULL || result->path == NULL) {
        return;
    }
    struct adl_aside *aside = &manifest->aside;
    adl_aside_note(aside, adl_manifest_add_line(&aside->text, result->sha256,
                                                result->path));
    adl_aside_added(aside);
}

int adl_manifest_commit(struct adl_manifest *manifest, enum adl_aside_end end)
{
    return adl_aside_commit(&manifest->aside, end);
}

static int tell(const struct adl_msg *msg, const char *path, int err)
{
    if (err < 0) {
        adl_msg_error(msg, "cannot write --manifest %s: %s", path,
                      err == -ENXIO ? "nobody reads it: start its reader first"
                                    : strerror(-err));
    }
    return err;
}

int adl_manifest_begin(struct adl_manifest *manifest, const char *path,
                       const struct adl_msg *msg)
{
    return path != NULL ? tell(msg, path, adl_manifest_open(manifest, path))
                        : 0;
}

int adl_manifest_check(const char *path, const char *dir,
                       const struct adl_msg *msg)
{
    return tell(msg, path, adl_aside_check(path, dir, &aside_options));
}

int adl_manifest_finish(struct adl_manifest *manifest, const char *path,
                        const struct adl_msg *msg, enum adl_aside_end end)
{
    return tell(msg, path, adl_manifest_commit(manifest, end));
}

void adl_manifest_abort(struct adl_manifest *manifest)
{
    adl_aside_abort(&manifest->aside);
}
