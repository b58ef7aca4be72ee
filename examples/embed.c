/* SPDX-License-Identifier: MIT */
/*
 * A program with a loop and a timer of its own that downloads beside them:
 *
 *     embed URL...
 */
#include <stdio.h>

#include <asyncdl/asyncdl.h>
#include <uv.h>

static void on_tick(uv_timer_t *timer)
{
    int *n_ticks = timer->data;

    ++*n_ticks;
}

static void on_done(const struct asyncdl_result *result, void *data)
{
    int *n_failed = data;

    if (result->state == ASYNCDL_DONE) {
        printf("%s: %llu bytes\n", result->url,
               (unsigned long long)result->bytes);
    } else {
        fprintf(stderr, "%s: %s\n", result->url, result->error);
        ++*n_failed;
    }
}

int main(int argc, char **argv)
{
    uv_loop_t *loop = uv_default_loop();
    struct asyncdl_client *client;
    uv_timer_t timer;
    int n_ticks = 0;
    int n_failed = 0;

    if (argc < 2) {
        fprintf(stderr, "usage: embed URL...\n");
        return 2;
    }
    uv_timer_init(loop, &timer);
    timer.data = &n_ticks;
    uv_timer_start(&timer, on_tick, 10, 10);
    uv_unref((uv_handle_t *)&timer); /* the downloads decide when it ends */

    int err = asyncdl_client_open(&client, loop, NULL);

    if (err < 0) {
        fprintf(stderr, "asyncdl: %s\n", asyncdl_strerror(err));
        return 1;
    }
    for (int i = 1; i < argc; i++) {
        struct asyncdl_request request = ASYNCDL_REQUEST_INIT;

        request.url = argv[i];
        request.body = ASYNCDL_BODY_MEMORY;
        err = asyncdl_fetch(NULL, client, &request, on_done, &n_failed);
        if (err < 0) {
            fprintf(stderr, "%s: %s\n", argv[i], asyncdl_strerror(err));
            n_failed++;
        }
    }
    uv_run(loop, UV_RUN_DEFAULT);
    asyncdl_client_close(client, NULL, NULL);
    uv_run(loop, UV_RUN_DEFAULT);

    printf("the timer ran %d times meanwhile\n", n_ticks);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    uv_loop_close(loop);
    return n_failed ? 1 : 0;
}
