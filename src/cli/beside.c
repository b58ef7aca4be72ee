/* SPDX-License-Identifier: MIT */
#include "cli/beside.h"

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
    int err = dir != NULL && adl_outputs_lack_folder(options)
                  ? adl_folder_make(&beside->folder, dir)
                  : 0;

    if (err < 0) {
        adl_msg_error(msg, "cannot make --dir %s: %s", dir, strerror(-err));
    }
    return err;
}

static int open_failed(struct adl_beside *beside,
                       const struct adl_options *options,
                       const struct adl_sources *sources,
                       const struct adl_msg *msg)
{
    const char *path = options->failed;

    if (path == NULL) {
        return 0;
    }
    return options->is_dry
               ? adl_failed_check(path, options->client.dir, msg)
               : adl_failed_begin(&beside->failed, path, sources, msg);
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

static int open_charts(struct adl_beside *beside,
                       const struct adl_options *options,
                       const struct adl_msg *msg)
{
    return options->is_dry ? adl_charts_check(options, msg)
                           : adl_charts_begin(&beside->charts, options, msg);
}

int adl_beside_open(struct adl_beside *beside,
                    const struct adl_options *options,
                    const struct adl_sources *sources,
                    const struct adl_msg *msg)
{
    if (!options->is_dry && make_dir(beside, options, msg) < 0) {
        return ADL_EXIT_LOCAL;
    }
    int err = adl_outputs_begin(&beside->outputs, options, sources, msg);
    if (err == 0) {
        err = open_failed(beside, options, sources, msg);
    }
    if (err == 0) {
        err = open_manifest(beside, options, msg);
    }
    if (err == 0) {
        err = open_charts(beside, options, msg);
    }
    return err < 0 ? ADL_EXIT_USAGE : ADL_EXIT_DONE;
}

void adl_beside_abort(struct adl_beside *beside)
{
    adl_charts_close(&beside->charts);
    adl_manifest_abort(&beside->manifest);
    adl_failed_abort(&beside->failed);
    adl_outputs_finish(&beside->outputs);
    adl_folder_unmake(&beside->folder);
}
