/* SPDX-License-Identifier: MIT */
#include "support/loop.h"

#include <stdlib.h>

#define PATIENCE_MS 20000 /* for what a failed test left on its loop */

int loop_setup(void **state)
{
    uv_loop_t *loop = malloc(sizeof(*loop));

    if (loop == NULL || uv_loop_init(loop) < 0) {
        free(loop);
        return -1;
    }
    *state = loop;
    return 0;
}

static void on_overdue(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

int loop_teardown(void **state)
{
    static uv_timer_t overdue; /* outlives a loop that does not close */
    uv_loop_t *loop = *state;

    (void)uv_timer_init(loop, &overdue); /* always 0 */
    (void)uv_timer_start(&overdue, on_overdue, PATIENCE_MS, 0);
    uv_unref((uv_handle_t *)&overdue);
    uv_run(loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&overdue, NULL);
    uv_run(loop, UV_RUN_NOWAIT);
    int err = uv_loop_close(loop);
    if (err == 0) {
        free(loop);
    }
    return err;
}
