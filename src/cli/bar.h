/* SPDX-License-Identifier: MIT */
/*
 * A live line at the bottom of a terminal. It is drawn again a few times a
 * second, and taken away before anything else is said there.
 */
#ifndef ADL_CLI_BAR_H
#define ADL_CLI_BAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "cli/out.h"
#include "cli/progress.h"
#include "util/buf.h"

struct adl_bar {
    uv_timer_t timer;
    struct adl_out *out;
    const struct adl_progress *progress;
    void (*get_facts)(struct adl_progress_facts *out, void *data);
    void *data;
    struct adl_buf line;
    struct adl_bar_rate {
        double bps;       /* of late */
        double bytes;     /* when it was last looked */
        double elapsed_s; /* likewise */
    } rate;
    bool is_shown;
    bool is_on;
};

/* Begin to draw on out, a terminal or what was taken for one; out and progress
 * are borrowed. Zero has not begun. 0 or what libuv says. */
int adl_bar_start(struct adl_bar *bar, uv_loop_t *loop, struct adl_out *out,
                  const struct adl_progress *progress);

/* Take it away until it is next drawn. */
void adl_bar_hide(struct adl_bar *bar);

/* Take it away for good; on the loop's next turn its timer is gone. */
void adl_bar_stop(struct adl_bar *bar);

void adl_bar_finish(struct adl_bar *bar);

/* The rate of the last seconds, after so many bytes in all. */
void adl_bar_note_rate(struct adl_bar_rate *rate, double bytes,
                       double elapsed_s);

/* What the line says. */
struct adl_bar_state {
    uint64_t n_done;
    uint64_t n_read;
    bool is_read; /* no more follow */
    double share; /* that is over, from 0 to 1; below 0: not known */
    double bytes;
    double bps;
    double left_s; /* below 0: not known */
    uint64_t n_active;
    uint64_t n_retrying;
    uint64_t n_failed;
};

void adl_bar_get_state(struct adl_bar_state *out,
                       const struct adl_progress *progress,
                       const struct adl_progress_facts *facts,
                       const struct adl_bar_rate *rate);

/* Append the line, of at most width bytes: what does not fit is left out, the
 * least important first. 0 or -ENOMEM. */
int adl_bar_add_line(struct adl_buf *buf, const struct adl_bar_state *state,
                     size_t width);

#endif
