/* SPDX-License-Identifier: MIT */
#include "cli/conflict.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct conflict {
    bool is_there;
    const char *words; /* which options, and why */
};

static bool is_stdout(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

int adl_conflict_check(const struct adl_options *options, struct adl_buf *error)
{
    bool verifies = (options->client.flags & ASYNCDL_CLIENT_VERIFY) != 0;
    bool forgets = !options->keeps_journal;
    bool discards = options->is_discarding;
    const struct conflict conflicts[] = {
        {verifies && forgets,
         "--verify with --no-journal: what was done before is not remembered"},
        {verifies && discards,
         "--verify with --discard: there are no files to hash"},
        {options->restarts && forgets,
         "--restart with --no-journal: there is no memory to begin anew"},
        {options->restarts && discards,
         "--restart with --discard: there are no files to replace"},
        {options->manifest != NULL && discards,
         "--manifest with --discard: there are no files to list"},
        {options->is_dry && options->is_quiet,
         "--dry-run with --quiet: there is nothing but what is printed"},
        {options->is_dry && options->wants_json,
         "--dry-run with --json: no URL is finished"},
        {options->is_dry && (options->progress == ADL_PROGRESS_BAR ||
                             options->progress == ADL_PROGRESS_NONE),
         "--dry-run with --progress bar or none: nothing is under way, and the "
         "plan is all there is"},
        {options->wants_json && (options->progress == ADL_PROGRESS_BAR ||
                                 options->progress == ADL_PROGRESS_PLAIN),
         "--json with --progress bar or plain: standard output has the "
         "objects"},
        {options->is_quiet && (options->progress == ADL_PROGRESS_BAR ||
                               options->progress == ADL_PROGRESS_PLAIN),
         "--quiet with --progress bar or plain: say one of them"},
        {is_stdout(options->failed),
         "--failed -: must be a file; standard output has the lines of URLs "
         "(./- is a file of that name)"},
        {is_stdout(options->manifest),
         "--manifest -: must be a file; standard output has the lines of URLs "
         "(./- is a file of that name)"},
        {is_stdout(options->charts[ADL_CHART_TRACE]),
         "--trace -: must be a file; standard output has the lines of URLs "
         "(./- is a file of that name)"},
        {is_stdout(options->charts[ADL_CHART_TIMELINE]),
         "--timeline -: must be a file; standard output has the lines of URLs "
         "(./- is a file of that name)"},
        {is_stdout(options->charts[ADL_CHART_REPORT]),
         "--report -: must be a file; standard output has the lines of URLs "
         "(./- is a file of that name)"},
    };

    for (size_t i = 0; i < sizeof(conflicts) / sizeof(conflicts[0]); i++) {
        if (conflicts[i].is_there) {
            int err = adl_buf_add_str(error, conflicts[i].words);

            return err < 0 ? err : -EINVAL;
        }
    }
    return 0;
}
