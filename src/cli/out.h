/* SPDX-License-Identifier: MIT */
/*
 * Text for standard output: gathered, and written at the latest 100 ms after
 * it came. A reader that is slow does not hold up the loop until a mebibyte
 * waits for it, and not when a signal has come that stops the run.
 */
#ifndef ADL_CLI_OUT_H
#define ADL_CLI_OUT_H

#include <stdbool.h>

#include <uv.h>

#include "util/buf.h"

struct adl_out {
    uv_timer_t timer;
    struct adl_buf text;
    size_t n_written; /* of text */
    int fd;
    int err;      /* of writing; after it everything is dropped */
    bool is_file; /* takes anything at once */
};

/* fd is borrowed. 0 or what libuv says. */
int adl_out_init(struct adl_out *out, uv_loop_t *loop, int fd);

/* Add text that is in out->text already: see to its being written. */
void adl_out_added(struct adl_out *out);

/*
 * Write all there is. 0; -errno of any write; -ETIMEDOUT when some is left
 * after that time, or when a signal came.
 */
int adl_out_flush(struct adl_out *out, int timeout_ms);

/* Close the timer; on the loop's next turn it is gone. Text stays. */
void adl_out_stop(struct adl_out *out);

void adl_out_finish(struct adl_out *out);

#endif
