/* SPDX-License-Identifier: MIT */
/*
 * A run of asyncdl over a list that a test writes, with the lines read as they
 * come: what goes to stderr goes to stdout, too.
 *
 *     live_init(&live);
 *     cmd_add(&live.cmd, "--retry", "1", NULL);
 *     live_add_url(&live, "127.0.0.1", port, 1);
 *     live_start(&live);
 *     live_wait_for(&live, "Read 100 from ");
 *     cmd_need_text(live_wait(&live, 0), "Downloaded 1 ");
 *     live_finish(&live);
 */
#ifndef SUPPORT_LIVE_H
#define SUPPORT_LIVE_H

#include <stdint.h>

#include "support/cmd.h"
#include "util/buf.h"

struct live {
    struct cmd cmd;
    struct adl_buf list; /* to be written */
    struct adl_buf said; /* lines that were read */
    struct proc *proc;
};

/* Whatever goes wrong in these fails the test. */

void live_init(struct live *live);
void live_finish(struct live *live);

/* Add the i-th URL, of 100 bytes, to the list. */
void live_add_url(struct live *live, const char *host, uint16_t port, int i);

/* Start it with the options of cmd. The list comes with live_write(), and ends
 * with proc_close_input(). */
void live_open(struct live *live);
void live_write(struct live *live);

/* The same with all of the list at once. */
void live_start(struct live *live);

/* Read lines until one begins with text. */
void live_wait_for(struct live *live, const char *text);

/* Wait for its end. All that it said, borrowed until the finish. */
const char *live_wait(struct live *live, int status);

#endif
