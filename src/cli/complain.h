/* SPDX-License-Identifier: MIT */
/*
 * An observer: says on stderr what did not work, as it comes, and all of it
 * once more at the end, grouped.
 */
#ifndef ADL_CLI_COMPLAIN_H
#define ADL_CLI_COMPLAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "asyncdl/event.h"
#include "cli/failures.h"
#include "cli/listparse.h"
#include "cli/msg.h"
#include "cli/strlist.h"
#include "util/buf.h"

struct adl_complain {
    const struct adl_msg *msg;
    const char *dir; /* borrowed: where files go, for messages */
    bool is_quiet;   /* errors only */
    bool is_verbose;
    struct adl_failures failures;
    struct adl_strlist unknown; /* options that were mentioned */
    struct adl_buf url;
    struct adl_buf place;
    uint64_t n_in_way;    /* files that were there already */
    bool is_journal_told; /* that it is damaged */
    bool is_in_use_told;  /* that another run works in dir */
};

void adl_complain_init(struct adl_complain *c, const struct adl_msg *msg,
                       const char *dir);
void adl_complain_finish(struct adl_complain *c);

/* What there is to say of a folder, "%s", in which another run works. */
#define ADL_COMPLAIN_IN_USE \
    "%s: another run is at work there: wait for its end, or use another --dir"

/* data is the struct adl_complain. */
void adl_complain_on_event(const struct asyncdl_event *event, void *data);

/* A line of a list is wrong. */
void adl_complain_of_line(struct adl_complain *c, const struct adl_place *place,
                          const char *why);

/* The library does not accept what a line asks for. */
void adl_complain_of_url(struct adl_complain *c, const struct adl_place *place,
                         const char *url, int err);

/* An option in a list means nothing here; said once for each name. */
void adl_complain_of_option(struct adl_complain *c,
                            const struct adl_place *place, const char *name);

/* Say what there is to say at the end. */
void adl_complain_end(struct adl_complain *c);

#endif
