/* SPDX-License-Identifier: MIT */
#include "downloads.h"

#include <stdio.h>

#include "session.h"

static void on_done(const struct asyncdl_result *result, void *data)
{
    struct downloads *d = data;
    char name[NAME_BYTES];
    struct stay stay = {d->began_ns, asyncdl_trace_get_now_ns()};
    struct answer answer;
    uint64_t row;

    session_read_result(&answer, result, &stay, 1);
    (void)snprintf(name, sizeof(name), "download %u", (unsigned)result->index);
    if (answer.err < 0 && d->err == 0) {
        d->err = way_fail(d->run, answer.err, "%.80s: %.100s", result->url,
                          answer.error);
    } else if (asyncdl_trace_add_row(&row, d->run->trace,
                                     &(struct asyncdl_trace_row){
                                         .name = name, .note = result->url}) ==
               0) {
        (void)session_add_spans(d->run->trace, row, &answer.phases);
    }
    if (--d->n_left == 0) {
        d->done_ns = asyncdl_trace_get_now_ns();
    }
}

int downloads_start(struct downloads *downloads, struct run *run,
                    uv_loop_t *loop)
{
    size_t n = run->n_urls < DOWNLOADS_N ? run->n_urls : DOWNLOADS_N;
    int err;

    *downloads =
        (struct downloads){.run = run, .began_ns = asyncdl_trace_get_now_ns()};
    err = session_open_client(&downloads->client, loop, &run->work->net,
                              (unsigned)n);
    for (size_t i = 0; err == 0 && i < n; i++) {
        struct asyncdl_request request = ASYNCDL_REQUEST_INIT;

        request.url = run->work->urls.items[i].text;
        request.body = ASYNCDL_BODY_MEMORY;
        request.index = i + 1;
        err = asyncdl_fetch(NULL, downloads->client, &request, on_done,
                            downloads);
        downloads->n_left += err == 0;
    }
    return err;
}

void downloads_close(struct downloads *downloads)
{
    if (downloads->client == NULL) {
        return;
    }
    asyncdl_client_close(downloads->client, NULL, NULL);
    downloads->client = NULL;
    if (downloads->done_ns > 0) {
        downloads->run->outcome->beside_ns =
            downloads->done_ns - downloads->began_ns;
    }
}
