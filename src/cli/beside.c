/* SPDX-License-Identifier: MIT */
#include "cli/beside.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "cli/tally.h"

/*
 * --dir is made by who saves the first file; what is written aside in it needs
 * it before. 0 or a negative code, which is told.
 */
static int make_dir(struct adl_beside *beside,
                    const struct adl_options *options,
                    const struct adl_msg *msg)
{
    const char *dir = options->client.dir;
    bool is_needed =
        (options->failed != NULL && adl_aside_lacks_folder(options->failed)) ||
        (options->manifest != NULL &&
         adl_aside_lacks_folder(options->manifest));
    int err =
        is_needed && dir != NULL ? adl_folder_make(&beside->folder, dir) : 0;

    if (err < 0) {
        adl_msg_error(msg, "cannot make --dir %s: %s", dir, strerror(-err));
    }
    return err;
}

/* Answers err, which text explains. */
static int tell(const struct adl_msg *msg, const struct adl_buf *text, int err)
{
    if (err < 0) {
        adl_msg_error(msg, "%s",
                      err == -ENOMEM ? strerror(ENOMEM) : adl_buf_str(text));
    }
    return err;
}

static int open_failed(struct adl_beside *beside,
                       const struct adl_options *options,
                       const struct adl_sources *sources, struct adl_buf *error)
{
    const char *path = options->failed;

    if (path == NULL) {
        return 0;
    }
    return options->is_dry
               ? adl_failed_check(path, options->client.dir, error)
               : adl_failed_open(&beside->failed, path, sources, error);
}

static int open_manifest(struct adl_beside *beside,
                         const struct adl_options *options,
                         const struct adl_msg *msg)
{
    const char *path = options->manifest;

    if (path == NULL) {
        return 0;
    }
    return options->is_dry ? adl_manifest_check(path, options->client.dir, msg)
                           : adl_manifest_begin(&beside->manifest, path, msg);
}

int adl_beside_open(struct adl_beside *beside,
                    const struct adl_options *options,
                    const struct adl_sources *sources,
                    const struct adl_msg *msg)
{
    struct adl_buf text = {0};

    if (!options->is_dry && make_dir(beside, options, msg) < 0) {
        return ADL_EXIT_LOCAL;
    }
    int err = adl_outputs_init(&beside->outputs, options, sources, msg, &text);
    if (err == 0) {
        err = open_failed(beside, options, sources, &text);
    }
    err = tell(msg, &text, err);
    adl_buf_finish(&text);
    if (err == 0) {
        err = open_manifest(beside, options, msg);
    }
    return err < 0 ? ADL_EXIT_USAGE : ADL_EXIT_DONE;
}

void adl_beside_abort(struct adl_beside *beside)
{
    adl_manifest_abort(&beside->manifest);
    adl_failed_abort(&beside->failed);
    adl_outputs_finish(&beside->outputs);
    adl_folder_unmake(&beside->folder);
}
