/* SPDX-License-Identifier: MIT */
/*
 * The files that the program writes beside the downloads (--failed,
 * --manifest, --cookie-jar, --trace, --timeline, --report), kept away from each
 * other, from lists, from the journal, and from the files of the lines.
 *
 *     adl_outputs_init(&outputs, options, sources, &error);
 *     asyncdl_client_observe(client, adl_outputs_on_event, &outputs);
 *     if (outputs.err < 0) ...                       (after each event)
 *     if (outputs.files[ADL_OUTPUT_FAILED].is_taken) ... do not write it
 *     adl_outputs_finish(&outputs);
 */
#ifndef ADL_CLI_OUTPUTS_H
#define ADL_CLI_OUTPUTS_H

#include <stdbool.h>

#include "asyncdl/event.h"
#include "cli/msg.h"
#include "cli/options.h"
#include "cli/source.h"
#include "util/buf.h"

enum adl_output {
    ADL_OUTPUT_FAILED,
    ADL_OUTPUT_MANIFEST,
    ADL_OUTPUT_COOKIE_JAR,
    ADL_OUTPUT_CHARTS, /* and one for each of enum adl_chart */
    ADL_N_OUTPUTS = ADL_OUTPUT_CHARTS + ADL_N_CHARTS,
};

struct adl_output_file {
    const char *path; /* as it was given, borrowed; NULL: none is written */
    char *full;       /* absolute, links followed; NULL: its folder is missing,
                       * or it is a device or a pipe */
    const char *name; /* in full: below DIR, NULL where it is elsewhere */
    bool is_taken;    /* a line's file has that name: leave it alone */
};

/* Zero has no files. */
struct adl_outputs {
    const struct adl_msg *msg;
    struct adl_output_file files[ADL_N_OUTPUTS];
    int err; /* -EEXIST once a file is taken: the run is to stop */
};

/*
 * Look where they would be written, without touching them. What is refused:
 * one in the folder of the journal, one that is a list (but for --failed), two
 * that are one file, a cookie jar in DIR where another file is. DIR is looked
 * for once: make it before if an output is to be in it. 0; -ENOMEM; or -EINVAL
 * with what is wrong in error. The strings of options and msg must outlive it.
 */
int adl_outputs_init(struct adl_outputs *outputs,
                     const struct adl_options *options,
                     const struct adl_sources *sources,
                     const struct adl_msg *msg, struct adl_buf *error);

/* Is the folder of one of them missing? */
bool adl_outputs_lack_folder(const struct adl_options *options);

/* The same as adl_outputs_init(), and tell what is wrong. 0 or a negative code.
 */
int adl_outputs_begin(struct adl_outputs *outputs,
                      const struct adl_options *options,
                      const struct adl_sources *sources,
                      const struct adl_msg *msg);

/* An observer, data is the outputs: sees whether a line's file is one of them,
 * and says so once. */
void adl_outputs_on_event(const struct asyncdl_event *event, void *data);

void adl_outputs_finish(struct adl_outputs *outputs);

#endif
