/* SPDX-License-Identifier: MIT */
/*
 * Work once a loop turn. Whatever happens in a turn marks it; the work is done
 * after the turn's I/O (uv_check), or before the next wait (uv_idle) where the
 * mark came from a timer, or from outside the loop. An idle handle that is
 * started keeps the loop from waiting, so a mark is never slept over.
 */
#ifndef ADL_FETCH_TURN_H
#define ADL_FETCH_TURN_H

#include <stdbool.h>

#include <uv.h>

typedef void (*adl_turn_cb)(void *data);

struct adl_turn {
    uv_idle_t idle;
    uv_check_t check;
    bool is_marked;
    int n_closing;
    adl_turn_cb on_turn;
    adl_turn_cb on_closed;
    void *data;
};

void adl_turn_init(struct adl_turn *turn, uv_loop_t *loop, adl_turn_cb cb,
                   void *data);

/* Have on_turn called soon, once for any number of marks; never once it is
 * being closed. */
void adl_turn_mark(struct adl_turn *turn);

/* on_closed may free turn. */
void adl_turn_close(struct adl_turn *turn, adl_turn_cb on_closed);

#endif
