/* SPDX-License-Identifier: MIT */
/*
 * From lists to the client: the client asks for work, the reader gives entries
 * out, each becomes a request. What cannot become one is told to complain,
 * counted in the tally and written to the list of what failed.
 */
#ifndef ADL_CLI_FEED_H
#define ADL_CLI_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "asyncdl/client.h"
#include "cli/complain.h"
#include "cli/failed.h"
#include "cli/msg.h"
#include "cli/options.h"
#include "cli/reader.h"
#include "cli/seen.h"
#include "cli/source.h"
#include "cli/tally.h"

struct adl_feed {
    /* Of the caller, set before; all borrowed. */
    const struct adl_options *options;
    const struct adl_msg *msg;
    struct adl_complain *complain;
    struct adl_tally *tally;
    struct adl_failed *failed;
    struct asyncdl_client *client;
    void (*on_fault)(int err, void *data); /* of this machine; was told */
    void (*on_end)(void *data);            /* no more entries follow */
    void *data;                            /* for both */

    struct adl_reader reader;
    struct adl_seen seen;
    uint64_t n_read;     /* entries and bad lines */
    uint64_t n_accepted; /* requests */
    bool is_read;        /* no more entries follow */
};

/* sources are borrowed. 0 or what libuv says. */
int adl_feed_init(struct adl_feed *feed, uv_loop_t *loop,
                  struct adl_sources *sources);

/* Give the client work whenever it asks. */
void adl_feed_start(struct adl_feed *feed);

/* Give it no more. On the loop's next turn what was open is gone. */
void adl_feed_close(struct adl_feed *feed);

void adl_feed_finish(struct adl_feed *feed);

#endif
