/* SPDX-License-Identifier: MIT */
/*
 * Each of two doors is a libmicrohttpd daemon in its epoll mode: its own epoll
 * descriptor is polled by the loop, its timeout is a timer of the loop, and
 * every call of MHD_run() serves what is ready and returns.
 */
#include "site/site.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <microhttpd.h>
#include <utlist.h>

#include "site/answer.h"
#include "site/exchange.h"
#include "site/pages.h"
#include "site/routes.h"
#include "site/stats.h"

#define MAX_CONNECTIONS 16384
#define BACKLOG         4096
#define MAX_DELAY_MS    (3600 * 1000)
#define RUNS_IN_A_TURN  8

enum { PLAIN, TLS, N_DOORS };

struct door {
    struct MHD_Daemon *daemon; /* NULL: not open, and neither are its handles */
    uv_poll_t poll;
    uv_timer_t timer;
    struct adl_site *site;
};

struct adl_site {
    uv_loop_t *loop;
    struct door doors[N_DOORS];
    struct adl_pages pages;
    struct adl_stats *stats;
    struct adl_exchange *exchanges;
    uint32_t latency_ms;
    unsigned n_closing;
};

static bool is_get(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static enum MHD_Result serve(struct adl_site *site, struct adl_exchange *ex,
                             const char *path)
{
    const char *host = adl_exchange_get_header(ex, "Host");
    struct MHD_Response *page =
        adl_pages_find(&site->pages, host != NULL ? host : "", path);
    const char *rest = NULL;
    const struct adl_route *route = adl_routes_find(path, &rest);

    if (!is_get(ex->method) && !(route != NULL && route->takes_any_method)) {
        return adl_answer_text(ex, MHD_HTTP_METHOD_NOT_ALLOWED,
                               "only GET and HEAD\n", "Allow", "GET, HEAD");
    }
    if (page != NULL) {
        return MHD_queue_response(ex->connection, MHD_HTTP_OK, page);
    }
    if (route == NULL) {
        return adl_answer_text(ex, MHD_HTTP_NOT_FOUND, "no such page\n", NULL,
                               NULL);
    }
    return route->serve(ex, rest);
}

static bool is_control(const char *path)
{
    const char *rest = NULL;
    const struct adl_route *route = adl_routes_find(path, &rest);

    return route != NULL && route->is_control;
}

/* How long the answer waits; a delay that is no number is none. */
static uint64_t get_delay(const struct adl_site *site,
                          const struct adl_exchange *ex)
{
    uint64_t delay_ms = 0;

    if (!ex->is_counted) {
        return 0;
    }
    (void)adl_exchange_get_number(ex, "delay", MAX_DELAY_MS, &delay_ms);
    return site->latency_ms + delay_ms;
}

static void on_timer(uv_timer_t *timer);

/* Serve what is ready, and come back when the daemon wants to. */
static void run(struct door *door)
{
    MHD_UNSIGNED_LONG_LONG ms = 0;
    bool has_timeout = true;

    for (int i = 0; i < RUNS_IN_A_TURN && has_timeout && ms == 0; i++) {
        (void)MHD_run(door->daemon); /* fails only for other modes */
        has_timeout = MHD_get_timeout(door->daemon, &ms) == MHD_YES;
    }
    if (has_timeout) {
        (void)uv_timer_start(&door->timer, on_timer, ms, 0);
    } else {
        (void)uv_timer_stop(&door->timer);
    }
}

static void on_timer(uv_timer_t *timer)
{
    run(timer->data);
}

static void on_resumed(void *data)
{
    struct door *door = data;

    (void)uv_timer_start(&door->timer, on_timer, 0, 0);
}

/* Called with the first line of each request, before anything else. */
static void *on_target(void *cls, const char *target,
                       struct MHD_Connection *connection)
{
    struct door *door = cls;
    struct adl_site *site = door->site;
    struct adl_exchange *ex = NULL;

    (void)connection; /* its headers are not here yet */
    if (adl_exchange_open(&ex, site->loop, site->stats, target) < 0) {
        return NULL;
    }
    ex->on_resumed = on_resumed;
    ex->data = door;
    DL_APPEND(site->exchanges, ex);
    return ex;
}

/*
 * Called when the headers are here, for each piece of an upload, when the
 * request is whole, and again after each pause until an answer is queued.
 */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection,
                                  const char *path, const char *method,
                                  const char *version, const char *upload,
                                  size_t *upload_len, void **state)
{
    struct adl_site *site = cls;
    struct adl_exchange *ex = *state;

    (void)upload; /* dropped */
    if (ex == NULL) {
        return MHD_NO;
    }
    if (ex->connection == NULL) {
        ex->is_counted = !is_control(path);
        return adl_exchange_begin(ex, connection, method, version) == 0
                   ? MHD_YES
                   : MHD_NO;
    }
    if (*upload_len > 0) {
        *upload_len = 0;
        return MHD_YES;
    }
    uint64_t delay_ms = ex->has_waited ? 0 : get_delay(site, ex);

    ex->has_waited = true;
    if (delay_ms > 0) {
        adl_exchange_pause(ex, delay_ms);
        return MHD_YES;
    }
    return serve(site, ex, path);
}

static void on_completed(void *cls, struct MHD_Connection *connection,
                         void **state, enum MHD_RequestTerminationCode why)
{
    struct adl_site *site = cls;
    struct adl_exchange *ex = *state;

    (void)connection;
    (void)why; /* sent, cut or gone: it is over */
    if (ex != NULL) {
        DL_DELETE(site->exchanges, ex);
        adl_exchange_close(ex);
        *state = NULL;
    }
}

static void on_connection(void *cls, struct MHD_Connection *connection,
                          void **state,
                          enum MHD_ConnectionNotificationCode what)
{
    struct adl_site *site = cls;

    (void)connection;
    (void)state;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        adl_stats_count_connection(site->stats);
    }
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    (void)status; /* an epoll descriptor has no errors of its own */
    (void)events;
    run(poll->data);
}

static struct MHD_Daemon *start_daemon(struct door *door,
                                       const struct sockaddr *addr,
                                       const struct adl_cert *cert)
{
    struct adl_site *site = door->site;
    /* Options for TLS must not be given to a plain daemon. */
    const struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_KEY, 0, cert != NULL ? cert->key : NULL},
        {MHD_OPTION_HTTPS_MEM_CERT, 0, cert != NULL ? cert->cert : NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME |
                     (cert != NULL ? MHD_USE_TLS : 0) |
                     (addr->sa_family == AF_INET6 ? MHD_USE_IPv6 : 0);

    return MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, site, MHD_OPTION_SOCK_ADDR, addr,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)MAX_CONNECTIONS,
        MHD_OPTION_LISTEN_BACKLOG_SIZE, (unsigned)BACKLOG,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, door,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, site,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, site, MHD_OPTION_ARRAY,
        cert != NULL ? tls : tls + 2, MHD_OPTION_END);
}

static int parse_address(struct sockaddr_storage *out, const char *bind,
                         uint16_t port)
{
    *out = (struct sockaddr_storage){0};
    return strchr(bind, ':') != NULL
               ? uv_ip6_addr(bind, port, (struct sockaddr_in6 *)out)
               : uv_ip4_addr(bind, port, (struct sockaddr_in *)out);
}

static int open_door(struct door *door, struct adl_site *site, const char *bind,
                     uint16_t port, const struct adl_cert *cert)
{
    struct sockaddr_storage addr;
    int err = parse_address(&addr, bind, port);

    if (err < 0) {
        return err;
    }
    door->site = site;
    errno = 0;
    struct MHD_Daemon *daemon =
        start_daemon(door, (const struct sockaddr *)&addr, cert);
    if (daemon == NULL) {
        return errno != 0 ? -errno : -EIO;
    }
    const union MHD_DaemonInfo *fd =
        MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);

    err =
        fd != NULL ? uv_poll_init(site->loop, &door->poll, fd->epoll_fd) : -EIO;
    if (err < 0) {
        MHD_stop_daemon(daemon);
        return err;
    }
    (void)uv_timer_init(site->loop, &door->timer); /* cannot fail */
    door->poll.data = door;
    door->timer.data = door;
    door->daemon = daemon;
    return uv_poll_start(&door->poll, UV_READABLE, on_ready);
}

int adl_site_open(struct adl_site **out, uv_loop_t *loop, const char *bind,
                  const uint16_t ports[2], const struct adl_cert *cert)
{
    struct adl_site *site = calloc(1, sizeof(*site));
    int err = -ENOMEM;

    if (site == NULL) {
        return err;
    }
    site->loop = loop;
    if ((err = adl_pages_init(&site->pages)) < 0 ||
        (err = adl_stats_create(&site->stats)) < 0 ||
        (err = open_door(&site->doors[PLAIN], site, bind, ports[PLAIN], NULL)) <
            0 ||
        (err = open_door(&site->doors[TLS], site, bind, ports[TLS], cert)) <
            0) {
        adl_site_close(site);
        return err;
    }
    *out = site;
    return 0;
}

void adl_site_set_latency(struct adl_site *site, uint32_t ms)
{
    site->latency_ms = ms;
}

static uint16_t get_port(const struct door *door)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(door->daemon, MHD_DAEMON_INFO_BIND_PORT);

    return info != NULL ? info->port : 0;
}

uint16_t adl_site_get_port(const struct adl_site *site)
{
    return get_port(&site->doors[PLAIN]);
}

uint16_t adl_site_get_tls_port(const struct adl_site *site)
{
    return get_port(&site->doors[TLS]);
}

static void free_if_closed(struct adl_site *site)
{
    if (site->n_closing == 0) {
        adl_pages_finish(&site->pages);
        adl_stats_destroy(site->stats);
        free(site);
    }
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct door *door = handle->data;

    door->site->n_closing--;
    free_if_closed(door->site);
}

/* The poll goes first: the daemon closes the descriptor under it. */
static void close_door(struct door *door)
{
    if (door->daemon == NULL) {
        return;
    }
    door->site->n_closing += 2;
    uv_close((uv_handle_t *)&door->poll, on_handle_closed);
    uv_close((uv_handle_t *)&door->timer, on_handle_closed);
    MHD_stop_daemon(door->daemon);
    door->daemon = NULL;
}

void adl_site_close(struct adl_site *site)
{
    struct adl_exchange *ex = NULL;

    /* A daemon cannot be stopped while connections are suspended. */
    DL_FOREACH (site->exchanges, ex) {
        adl_exchange_release(ex);
    }
    for (int i = 0; i < N_DOORS; i++) {
        close_door(&site->doors[i]);
    }
    free_if_closed(site);
}
