/* SPDX-License-Identifier: MIT */
#include "support/loop.h"

#include <stdlib.h>

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

int loop_teardown(void **state)
{
    uv_loop_t *loop = *state;

    uv_run(loop, UV_RUN_DEFAULT);
    int err = uv_loop_close(loop);
    if (err == 0) {
        free(loop);
    }
    return err;
}
