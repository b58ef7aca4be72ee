/* SPDX-License-Identifier: MIT */
/* What is shown of a run: on standard output as it goes on and at its end, and
 * on standard error to who asks where it stands. */
#ifndef ADL_CLI_SHOW_H
#define ADL_CLI_SHOW_H

#include "asyncdl/client.h"
#include "cli/bar.h"
#include "cli/json.h"
#include "cli/msg.h"
#include "cli/options.h"
#include "cli/out.h"
#include "cli/plain.h"
#include "cli/plan.h"
#include "cli/progress.h"
#include "cli/tally.h"

/* On standard output, while it goes on. */
enum adl_shown {
    ADL_SHOWN_NOTHING,
    ADL_SHOWN_LINES,
    ADL_SHOWN_OBJECTS, /* of JSON */
    ADL_SHOWN_BAR,
    ADL_SHOWN_PLAN,
};

struct adl_show {
    const struct adl_options *options;
    const struct adl_tally *tally;
    struct adl_msg_drawer *drawer; /* of the messages; NULL: nothing is drawn */
    enum adl_shown shown;
    struct adl_out out;
    struct adl_plain plain;
    struct adl_json json;
    struct adl_plan plan;
    struct adl_bar bar;
    struct adl_progress progress;
};

/* options and tally are borrowed; term is what $TERM says. 0 or what libuv
 * says. */
int adl_show_init(struct adl_show *show, uv_loop_t *loop,
                  const struct adl_options *options,
                  const struct adl_tally *tally, const char *term);

/*
 * Where a bar is to be shown, begin to draw it, from what get_facts tells, and
 * have it taken away before each message of msg. 0 or what libuv says.
 */
int adl_show_draw(struct adl_show *show, uv_loop_t *loop,
                  void (*get_facts)(struct adl_progress_facts *out, void *data),
                  void *data, const struct adl_msg *msg);

/* 0 or -ENOMEM. */
int adl_show_observe(struct adl_show *show, struct asyncdl_client *client);

/* Say on msg where the run stands. */
void adl_show_tell(const struct adl_show *show,
                   const struct adl_progress_facts *facts,
                   const struct adl_msg *msg);

/* Add what came of the run to what is to be written, where that is for people.
 */
void adl_show_add_summary(struct adl_show *show, double elapsed_s);

/* Else say it on msg, when all is written. */
void adl_show_tell_summary(const struct adl_show *show, double elapsed_s,
                           const struct adl_msg *msg);

/* Nothing comes any more; on the loop's next turn what it has there is gone. */
void adl_show_stop(struct adl_show *show);

void adl_show_finish(struct adl_show *show);

#endif
