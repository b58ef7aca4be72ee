/* SPDX-License-Identifier: MIT */
#include "site/exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/tcp.h>
#include <netinet/in.h>

#include "site/number.h"

#define WATCH_MS              100
#define TCP_STATE_ESTABLISHED 1 /* as tcp_info numbers it */

int adl_exchange_open(struct adl_exchange **out, uv_loop_t *loop,
                      struct adl_stats *stats, const char *target)
{
    struct adl_exchange *ex = malloc(sizeof(*ex));
    char *copy = strdup(target);

    if (ex == NULL || copy == NULL) {
        free(ex);
        free(copy);
        return -ENOMEM;
    }
    *ex = (struct adl_exchange){.stats = stats, .target = copy};
    (void)uv_timer_init(loop, &ex->timer); /* cannot fail */
    ex->timer.data = ex;
    *out = ex;
    return 0;
}

int adl_exchange_begin(struct adl_exchange *ex,
                       struct MHD_Connection *connection, const char *method,
                       const char *version)
{
    ex->connection = connection;
    ex->method = method;
    ex->version = version;
    if (!ex->is_counted) {
        return 0;
    }
    const char *host = adl_exchange_get_header(ex, "Host");
    int err = adl_stats_begin(ex->stats, &ex->url, &ex->host, ex->target,
                              host != NULL ? host : "");
    if (err < 0) {
        return err;
    }
    ex->nth = ex->url->n_requests;
    return 0;
}

/* A suspended connection is watched by nobody, so the kernel is asked. */
static bool is_client_gone(const struct adl_exchange *ex)
{
    const union MHD_ConnectionInfo *fd = MHD_get_connection_info(
        ex->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);

    return fd == NULL ||
           getsockopt(fd->connect_fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0 ||
           info.tcpi_state != TCP_STATE_ESTABLISHED;
}

static void on_pause_over(uv_timer_t *timer)
{
    struct adl_exchange *ex = timer->data;

    if (ex->is_hung && !is_client_gone(ex)) {
        return;
    }
    adl_exchange_release(ex);
}

static void suspend(struct adl_exchange *ex, uint64_t ms, uint64_t repeat_ms)
{
    ex->is_paused = true;
    MHD_suspend_connection(ex->connection);
    (void)uv_timer_start(&ex->timer, on_pause_over, ms, repeat_ms);
}

void adl_exchange_pause(struct adl_exchange *ex, uint64_t ms)
{
    suspend(ex, ms, 0);
}

void adl_exchange_hang(struct adl_exchange *ex)
{
    ex->is_hung = true;
    suspend(ex, WATCH_MS, WATCH_MS);
}

bool adl_exchange_is_abandoned(const struct adl_exchange *ex)
{
    return ex->is_hung;
}

void adl_exchange_release(struct adl_exchange *ex)
{
    (void)uv_timer_stop(&ex->timer); /* cannot fail */
    if (ex->is_paused) {
        ex->is_paused = false;
        MHD_resume_connection(ex->connection);
        ex->on_resumed(ex->data);
    }
}

static void on_closed(uv_handle_t *handle)
{
    struct adl_exchange *ex = handle->data;

    free(ex->target);
    free(ex);
}

void adl_exchange_close(struct adl_exchange *ex)
{
    if (ex->url != NULL) {
        adl_stats_end(ex->stats, ex->url, ex->host);
    }
    uv_close((uv_handle_t *)&ex->timer, on_closed);
}

const char *adl_exchange_get_header(const struct adl_exchange *ex,
                                    const char *name)
{
    return MHD_lookup_connection_value(ex->connection, MHD_HEADER_KIND, name);
}

const char *adl_exchange_get_query(const struct adl_exchange *ex,
                                   const char *name)
{
    const char *value = NULL;

    if (MHD_lookup_connection_value_n(ex->connection, MHD_GET_ARGUMENT_KIND,
                                      name, strlen(name), &value,
                                      NULL) == MHD_NO) {
        return NULL;
    }
    return value != NULL ? value : "";
}

int adl_exchange_get_number(const struct adl_exchange *ex, const char *name,
                            uint64_t max, uint64_t *out)
{
    const char *text = adl_exchange_get_query(ex, name);

    return text != NULL ? adl_number_parse(out, text, max) : 0;
}
