/* SPDX-License-Identifier: MIT */
#include "fetch/turn.h"

static void run(struct adl_turn *turn)
{
    turn->is_marked = false; /* first, because on_turn() may mark the next */
    (void)uv_idle_stop(&turn->idle);   /* always 0 */
    (void)uv_check_stop(&turn->check); /* always 0 */
    turn->on_turn(turn->data);
}

static void on_idle(uv_idle_t *idle)
{
    run(idle->data);
}

static void on_check(uv_check_t *check)
{
    run(check->data);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct adl_turn *turn = handle->data;

    if (--turn->n_closing == 0) {
        turn->on_closed(turn->data); /* may free turn */
    }
}

void adl_turn_init(struct adl_turn *turn, uv_loop_t *loop, adl_turn_cb cb,
                   void *data)
{
    *turn = (struct adl_turn){.on_turn = cb, .data = data};
    turn->idle.data = turn;
    turn->check.data = turn;
    (void)uv_idle_init(loop, &turn->idle);   /* always 0 */
    (void)uv_check_init(loop, &turn->check); /* always 0 */
}

void adl_turn_mark(struct adl_turn *turn)
{
    if (turn->is_marked || turn->on_closed != NULL) {
        return;
    }
    turn->is_marked = true;
    (void)uv_idle_start(&turn->idle, on_idle);    /* fails without callback */
    (void)uv_check_start(&turn->check, on_check); /* likewise */
}

void adl_turn_close(struct adl_turn *turn, adl_turn_cb on_closed)
{
    turn->on_closed = on_closed;
    turn->n_closing = 2;
    uv_close((uv_handle_t *)&turn->idle, on_handle_closed);
    uv_close((uv_handle_t *)&turn->check, on_handle_closed);
}
