/* SPDX-License-Identifier: MIT */
/*
 * A name goes from queued to asked to ended, and is then kept or freed. c-ares'
 * callbacks, which may come inside any call to it, only record; what follows
 * from them is done after the call, in go_on().
 *
 * c-ares cannot take back one question of several: a name that nobody waits
 * for any more keeps its place until it is answered, or its tries are over.
 */
#include "fetch/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>

#include <ares.h>
#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#include "asyncdl/error.h"
#include "util/buf.h"
#include "util/nameserver.h"

/* A server that says nothing is asked again after 2, then 4 s, and given up
 * after 8 more. */
#define TIMEOUT_MS 2000
#define TRIES      3

#define TTL_MIN_S 1
#define TTL_MAX_S 300

/* A name that is asked for, or whose answer is kept. */
struct adl_resolve_name {
    UT_hash_handle hh;                    /* resolve.pending or .known */
    struct adl_resolve_name *prev, *next; /* resolve.queue or .ended */
    struct adl_resolve *resolve;
    struct adl_resolve_lookup *lookups;
    bool is_queued;
    int err;
    char *text; /* the addresses, or why there are none; NULL for neither */
    uint64_t fresh_until_ms;
    char host[];
};

struct watched_socket {
    uv_poll_t poll;
    struct watched_socket *prev, *next; /* resolve.sockets */
    struct adl_resolve *resolve;
    ares_socket_t fd;
};

struct adl_resolve {
    uv_loop_t *loop;
    ares_channel channel;
    int family;
    struct adl_resolve_name *pending; /* queued, asked or ended */
    struct adl_resolve_name *known;   /* in order of their answers */
    struct adl_resolve_name *queue;
    struct adl_resolve_name *ended;
    unsigned n_asked;
    struct watched_socket *sockets;
    uv_timer_t timer;
    bool has_timer;
    size_t n_open; /* handles */
    adl_resolve_cb on_activity;
    adl_resolve_cb on_closed;
    void *data;
};

static void destroy_name(struct adl_resolve_name *name)
{
    free(name->text);
    free(name);
}

static void add_address(struct adl_buf *buf, const struct sockaddr *addr,
                        int *err)
{
    char text[INET6_ADDRSTRLEN] = "";
    bool is_v6 = addr->sa_family == AF_INET6;
    const void *bytes =
        is_v6 ? (const void *)&((const struct sockaddr_in6 *)(const void *)addr)
                    ->sin6_addr
              : (const void *)&((const struct sockaddr_in *)(const void *)addr)
                    ->sin_addr;

    (void)inet_ntop(addr->sa_family, bytes, text, sizeof(text)); /* has room */
    if (*err == 0) {
        *err = adl_buf_addf(buf, is_v6 ? "%s[%s]" : "%s%s",
                            buf->len > 0 ? "," : "", text);
    }
}

/* The addresses, and for how long they are good. */
static int read_answer(struct adl_resolve_name *name,
                       const struct ares_addrinfo *answer)
{
    const struct ares_addrinfo_cname *alias;
    const struct ares_addrinfo_node *node;
    struct adl_buf buf = {0};
    int ttl_s = TTL_MAX_S;
    int n = 0;
    int err = 0;

    for (node = answer->nodes; node != NULL && n < ADL_RESOLVE_ADDRESSES;
         node = node->ai_next, n++) {
        add_address(&buf, node->ai_addr, &err);
        ttl_s = node->ai_ttl < ttl_s ? node->ai_ttl : ttl_s;
    }
    for (alias = answer->cnames; alias != NULL; alias = alias->next) {
        ttl_s = alias->ttl < ttl_s ? alias->ttl : ttl_s;
    }
    if (err == 0 && buf.len == 0) {
        err = ASYNCDL_ERESOLVE;
    }
    if (err < 0) {
        adl_buf_finish(&buf);
        return err;
    }
    ttl_s = ttl_s > TTL_MIN_S ? ttl_s : TTL_MIN_S;
    name->fresh_until_ms = uv_now(name->resolve->loop) + (uint64_t)ttl_s * 1000;
    name->text = adl_buf_take(&buf);
    return 0;
}

/* Inside c-ares: only records. */
static void on_answer(void *data, int status, int n_timeouts,
                      struct ares_addrinfo *answer)
{
    struct adl_resolve_name *name = data;
    struct adl_resolve *r = name->resolve;

    (void)n_timeouts;
    r->n_asked--;
    if (status == ARES_SUCCESS) {
        name->err = read_answer(name, answer);
        status = name->err == ASYNCDL_ERESOLVE ? ARES_ENODATA : status;
    } else {
        name->err = status == ARES_ENOMEM ? -ENOMEM : ASYNCDL_ERESOLVE;
    }
    if (name->err == ASYNCDL_ERESOLVE) {
        name->text = strdup(ares_strerror(status)); /* can do without */
    }
    if (answer != NULL) {
        ares_freeaddrinfo(answer);
    }
    DL_APPEND(r->ended, name);
}

static void ask_queued(struct adl_resolve *r)
{
    struct ares_addrinfo_hints hints = {.ai_family = r->family,
                                        .ai_socktype = SOCK_STREAM};

    while (r->queue != NULL && r->n_asked < ADL_RESOLVE_ACTIVE) {
        struct adl_resolve_name *name = r->queue;

        DL_DELETE(r->queue, name);
        name->is_queued = false;
        r->n_asked++;
        ares_getaddrinfo(r->channel, name->host, NULL, &hints, on_answer, name);
    }
}

static void on_timer(uv_timer_t *timer);

static void set_timer(struct adl_resolve *r)
{
    struct timeval left;

    if (ares_timeout(r->channel, NULL, &left) == NULL) {
        (void)uv_timer_stop(&r->timer); /* always 0 */
        return;
    }
    uint64_t ms =
        (uint64_t)left.tv_sec * 1000 + ((uint64_t)left.tv_usec + 999) / 1000;
    (void)uv_timer_start(&r->timer, on_timer, ms, 0); /* it is not closing */
}

/* What is to be done after c-ares was called. */
static void go_on(struct adl_resolve *r)
{
    ask_queued(r);
    set_timer(r);
    if (r->ended != NULL) {
        r->on_activity(r->data);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct adl_resolve *r = timer->data;

    ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    go_on(r);
}

static void on_socket_ready(uv_poll_t *poll, int status, int events)
{
    struct watched_socket *s = poll->data;
    struct adl_resolve *r = s->resolve;
    bool reads = status < 0 || (events & UV_READABLE) != 0;
    bool writes = status < 0 || (events & UV_WRITABLE) != 0;

    ares_process_fd(r->channel, reads ? s->fd : ARES_SOCKET_BAD,
                    writes ? s->fd : ARES_SOCKET_BAD);
    go_on(r);
}

static void note_closed(struct adl_resolve *r)
{
    adl_resolve_cb on_closed = r->on_closed;
    void *data = r->data;

    r->n_open--;
    if (r->n_open > 0 || r->channel != NULL) {
        return; /* else it is being closed, and this was the last */
    }
    free(r);
    if (on_closed != NULL) {
        on_closed(data);
    }
}

static void on_socket_unwatched(uv_handle_t *handle)
{
    struct watched_socket *s = handle->data;
    struct adl_resolve *r = s->resolve;

    free(s);
    note_closed(r);
}

static void on_timer_closed(uv_handle_t *handle)
{
    note_closed(handle->data);
}

/* One that cannot be watched makes its question time out. */
static struct watched_socket *watch(struct adl_resolve *r, ares_socket_t fd)
{
    struct watched_socket *s = calloc(1, sizeof(*s));

    if (s == NULL) {
        return NULL;
    }
    if (uv_poll_init_socket(r->loop, &s->poll, fd) < 0) {
        free(s);
        return NULL;
    }
    uv_unref((uv_handle_t *)&s->poll);
    s->poll.data = s;
    s->resolve = r;
    s->fd = fd;
    r->n_open++;
    DL_APPEND(r->sockets, s);
    return s;
}

/* Inside c-ares, which is about to close what it neither reads nor writes. */
static void on_socket_state(void *data, ares_socket_t fd, int reads, int writes)
{
    struct adl_resolve *r = data;
    struct watched_socket *s;
    int events = (reads ? UV_READABLE : 0) | (writes ? UV_WRITABLE : 0);

    DL_FOREACH (r->sockets, s) {
        if (s->fd == fd) {
            break;
        }
    }
    if (events == 0) {
        if (s != NULL) {
            DL_DELETE(r->sockets, s);
            uv_close((uv_handle_t *)&s->poll, on_socket_unwatched);
        }
        return;
    }
    s = s != NULL ? s : watch(r, fd);
    if (s != NULL) {
        (void)uv_poll_start(&s->poll, events, on_socket_ready);
    }
}

static int set_servers(struct adl_resolve *r, const char *text)
{
    struct adl_nameserver servers[ADL_NAMESERVERS_MAX];
    struct ares_addr_port_node nodes[ADL_NAMESERVERS_MAX];
    int n = adl_nameserver_parse(servers, text);

    if (n < 0) {
        return n;
    }
    memset(nodes, 0, sizeof(nodes));
    for (int i = 0; i < n; i++) {
        nodes[i].next = i + 1 < n ? &nodes[i + 1] : NULL;
        nodes[i].family = servers[i].family;
        nodes[i].udp_port = servers[i].port;
        nodes[i].tcp_port = servers[i].port;
        memcpy(&nodes[i].addr, servers[i].addr,
               servers[i].family == AF_INET ? 4 : 16);
    }
    return ares_set_servers_ports(r->channel, nodes) == ARES_SUCCESS ? 0
                                                                     : -ENOMEM;
}

static int open_channel(struct adl_resolve *r, const char *servers)
{
    struct ares_options options = {
        .timeout = TIMEOUT_MS,
        .tries = TRIES,
        .sock_state_cb = on_socket_state,
        .sock_state_cb_data = r,
    };
    int what = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;

    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) { /* counted */
        return -ENOMEM;
    }
    if (ares_init_options(&r->channel, &options, what) != ARES_SUCCESS) {
        ares_library_cleanup();
        return -ENOMEM;
    }
    int err = set_servers(r, servers);
    if (err < 0) {
        ares_destroy(r->channel);
        ares_library_cleanup();
    }
    return err;
}

int adl_resolve_open(struct adl_resolve **out, uv_loop_t *loop,
                     const char *servers, enum asyncdl_ip_version ip_version,
                     adl_resolve_cb on_activity, void *data)
{
    static const int families[] = {AF_UNSPEC, AF_INET, AF_INET6};
    struct adl_resolve *r = calloc(1, sizeof(*r));

    if (r == NULL) {
        return -ENOMEM;
    }
    r->loop = loop;
    r->family = families[ip_version];
    r->on_activity = on_activity;
    r->data = data;
    int err = open_channel(r, servers);
    if (err < 0) {
        free(r);
        return err;
    }
    *out = r;
    return 0;
}

const char *adl_resolve_get(struct adl_resolve *resolve, const char *host)
{
    struct adl_resolve_name *name;

    HASH_FIND_STR(resolve->known, host, name);
    if (name == NULL || name->fresh_until_ms > uv_now(resolve->loop)) {
        return name != NULL ? name->text : NULL;
    }
    HASH_DEL(resolve->known, name);
    destroy_name(name);
    return NULL;
}

static struct adl_resolve_name *add_name(struct adl_resolve *r,
                                         const char *host)
{
    size_t len = strlen(host);
    struct adl_resolve_name *name = calloc(1, sizeof(*name) + len + 1);

    if (name == NULL) {
        return NULL;
    }
    memcpy(name->host, host, len + 1);
    name->resolve = r;
    name->is_queued = true;
    HASH_ADD_STR(r->pending, host, name);
    if (name->hh.tbl == NULL) {
        free(name);
        return NULL;
    }
    DL_APPEND(r->queue, name);
    return name;
}

int adl_resolve_start(struct adl_resolve *resolve,
                      struct adl_resolve_lookup *lookup, const char *host)
{
    struct adl_resolve_name *name;

    HASH_FIND_STR(resolve->pending, host, name);
    if (name == NULL) {
        name = add_name(resolve, host);
    }
    if (name == NULL) {
        return -ENOMEM;
    }
    lookup->name = name;
    DL_APPEND(name->lookups, lookup);
    if (!resolve->has_timer) {
        resolve->has_timer = true;
        (void)uv_timer_init(resolve->loop, &resolve->timer); /* always 0 */
        resolve->timer.data = resolve;
        uv_unref((uv_handle_t *)&resolve->timer);
        resolve->n_open++;
    }
    go_on(resolve);
    return 0;
}

void adl_resolve_cancel(struct adl_resolve_lookup *lookup)
{
    struct adl_resolve_name *name = lookup->name;

    if (name == NULL) {
        return;
    }
    DL_DELETE(name->lookups, lookup);
    lookup->name = NULL;
    if (name->lookups == NULL && name->is_queued) {
        DL_DELETE(name->resolve->queue, name);
        HASH_DEL(name->resolve->pending, name);
        destroy_name(name);
    }
}

static void keep(struct adl_resolve *r, struct adl_resolve_name *name)
{
    struct adl_resolve_name *old;

    HASH_FIND_STR(r->known, name->host, old);
    if (old == NULL && HASH_COUNT(r->known) >= ADL_RESOLVE_KEPT) {
        old = r->known; /* the first that was answered */
    }
    if (old != NULL) {
        HASH_DEL(r->known, old);
        destroy_name(old);
    }
    HASH_ADD_STR(r->known, host, name);
    if (name->hh.tbl == NULL) {
        destroy_name(name); /* no memory: it will be asked for again */
    }
}

void adl_resolve_deliver(struct adl_resolve *resolve,
                         adl_resolve_done_cb on_done)
{
    while (resolve->ended != NULL) {
        struct adl_resolve_name *name = resolve->ended;

        DL_DELETE(resolve->ended, name);
        HASH_DEL(resolve->pending, name); /* who comes now asks again */
        while (name->lookups != NULL) {
            struct adl_resolve_lookup *lookup = name->lookups;

            DL_DELETE(name->lookups, lookup);
            lookup->name = NULL;
            on_done(lookup, name->err, name->text != NULL ? name->text : "");
        }
        if (name->err == 0) {
            keep(resolve, name);
        } else {
            destroy_name(name);
        }
    }
}

static void destroy_names(struct adl_resolve_name **names)
{
    struct adl_resolve_name *name, *next;

    HASH_ITER (hh, *names, name, next) {
        HASH_DEL(*names, name);
        destroy_name(name);
    }
}

void adl_resolve_close(struct adl_resolve *resolve, adl_resolve_cb on_closed)
{
    resolve->on_closed = on_closed;
    resolve->n_open++;              /* until all of them are being closed */
    ares_destroy(resolve->channel); /* ends what was asked, closes sockets */
    ares_library_cleanup();
    resolve->channel = NULL;
    destroy_names(&resolve->pending);
    destroy_names(&resolve->known);
    if (resolve->has_timer) {
        uv_close((uv_handle_t *)&resolve->timer, on_timer_closed);
    }
    note_closed(resolve);
}
