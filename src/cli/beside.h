/* SPDX-License-Identifier: MIT */
/* What is written beside the downloads, and has to be there before anything
 * starts: --failed, --manifest, --trace, --timeline and --report, and --dir
 * where they are in it. */
#ifndef ADL_CLI_BESIDE_H
#define ADL_CLI_BESIDE_H

#include "cli/charts.h"
#include "cli/failed.h"
#include "cli/folder.h"
#include "cli/manifest.h"
#include "cli/msg.h"
#include "cli/options.h"
#include "cli/outputs.h"
#include "cli/source.h"

/* Zero is nothing. */
struct adl_beside {
    struct adl_folder folder; /* --dir, where it was made here */
    struct adl_outputs outputs;
    struct adl_failed failed;
    struct adl_manifest manifest;
    struct adl_charts charts;
};

/*
 * Open it all. With --dry-run only see whether it would open; nothing is
 * written then. An exit status, with what is wrong told. The strings of options
 * and msg must outlive it.
 */
int adl_beside_open(struct adl_beside *beside,
                    const struct adl_options *options,
                    const struct adl_sources *sources,
                    const struct adl_msg *msg);

/* Nothing started: leave nothing behind, also after a failure. */
void adl_beside_abort(struct adl_beside *beside);

#endif
